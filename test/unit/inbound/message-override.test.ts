import { describe, expect, it } from '@jest/globals';
import { MemorySettings } from '../../support/memory-settings';
import { silent } from '../../support/silent';
import { bodyOf, call, request } from '../handlers/request';

/** What the route answers, and what it has stored. */
async function written(trigger: string, body: unknown) {
  const settingsStore = new MemorySettings();
  const services = { settingsStore, settings: { forget: () => undefined }, loggerOf: () => silent };
  const headers = { 'if-none-match': '*' };
  const answer = await call(
    'write-automated-message',
    request({ method: 'PUT', params: { trigger }, headers, body }),
    services,
  );
  const { overrides } = await settingsStore.listOverrides();
  return { answer: bodyOf(answer), stored: overrides.map(({ override }) => override) };
}
const storedAs = async (trigger: string, body: unknown) => (await written(trigger, body)).stored[0];

/** What is refused, and stored nowhere. */
async function refusalOf(body: unknown, trigger = 'agent-joined') {
  const { answer, stored } = await written(trigger, body);
  expect(stored).toEqual([]);
  return answer;
}

describe('an override of an automated message', () => {
  it('is read with everything it can say', async () => {
    const body = {
      channel: 'persistent-chat',
      channelInstance: 'Shop_1-a',
      locale: 'pt-BR',
      text: 'Olá,\n{AgentName} {$OrderId$}',
      active: false,
    };
    expect(await storedAs('agent-joined', body)).toEqual({ trigger: 'agent-joined', ...body });
  });

  it('with a text alone is active, and holds everywhere', async () => {
    expect(await storedAs('session-ended', { text: 'Bye' })).toEqual({
      trigger: 'session-ended',
      text: 'Bye',
      active: true,
    });
  });

  it.each([true, false])('may say nothing but active: %s', async (active) => {
    expect(await storedAs('agent-left', { active })).toEqual({ trigger: 'agent-left', active });
  });

  it.each([1, 1_000])('may have a text of %i characters', async (length) => {
    expect((await storedAs('agent-left', { text: 'x'.repeat(length) }))?.text).toHaveLength(length);
  });
});

describe('what is refused', () => {
  it.each(['nope', '', 'Agent-Joined', 'toString', '__proto__'])(
    'an unknown trigger: "%s"',
    async (trigger) => {
      expect(await refusalOf({ text: 'Hi' }, trigger)).toMatchObject({ field: 'trigger', status: 404 });
    },
  );

  it.each<[string, string, unknown]>([
    ['no object', 'body', 'text'],
    ['nothing at all', 'body', ''],
    ['a list', 'body', [{ text: 'Hi' }]],
    ['an object that says nothing', 'body', {}],
    ['a place alone', 'body', { channel: 'live-chat', locale: 'de' }],
    ['an unknown field', 'body.trigger', { text: 'Hi', trigger: 'agent-joined' }],
    ['an empty text', 'body.text', { text: '' }],
    ['a text of 1,001 characters', 'body.text', { text: 'x'.repeat(1_001) }],
    ['a text with control characters', 'body.text', { text: 'a\u0000b' }],
    ['a text that is no well-formed Unicode', 'body.text', { text: 'a\ud800b' }],
    ['a text that is null', 'body.text', { text: null }],
    ['a flag that is a text', 'body.active', { active: 'false' }],
    ['an unknown channel', 'body.channel', { text: 'Hi', channel: 'sms' }],
    ['an empty channel instance', 'body.channelInstance', { text: 'Hi', channelInstance: '' }],
    ['a channel instance with a slash', 'body.channelInstance', { text: 'Hi', channelInstance: 'a/b' }],
    ['a long channel instance', 'body.channelInstance', { text: 'Hi', channelInstance: 'x'.repeat(65) }],
    ['a locale that is none', 'body.locale', { text: 'Hi', locale: 'de_AT' }],
    ['an empty locale', 'body.locale', { text: 'Hi', locale: '' }],
  ])('%s', async (_, field, body) => {
    expect(await refusalOf(body)).toMatchObject({ code: 'invalid-input', field, status: 400 });
  });

  it('a malformed text, by the position of its mistake [R81]', async () => {
    const refusal = await refusalOf({ text: 'Hello {CustomerName}' });
    expect(refusal).toMatchObject({ field: 'body.text', status: 400 });
    expect(refusal['detail']).toMatch(/^body\.text: character 7: /);
  });

  it('without repeating what was sent', async () => {
    expect((await refusalOf({ text: 'Hello {Secret4711}' }))['detail']).not.toContain('Secret4711');
    expect((await refusalOf({ text: 'Hi', channelInstance: 'Secret 4711' }))['detail']).not.toContain(
      'Secret',
    );
  });
});
