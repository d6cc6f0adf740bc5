import { describe, expect, it } from '@jest/globals';
import { InvalidInputError } from '../../../shared/app/errors';
import { parseMessageOverride } from '../../../shared/automated-messages/automated-messages-routes';

/** What the parser refuses with. */
function refusalOf(body: unknown, trigger = 'agent-joined'): InvalidInputError {
  try {
    parseMessageOverride(trigger, body);
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return thrown;
    throw thrown;
  }
  throw new Error('was accepted');
}

describe('an override of an automated message', () => {
  it('is read with everything it can say', () => {
    const body = {
      channel: 'persistent-chat',
      channelInstance: 'Shop_1-a',
      locale: 'pt-BR',
      text: 'Olá,\n{AgentName} {$OrderId$}',
      active: false,
    };
    expect(parseMessageOverride('agent-joined', body)).toEqual({ trigger: 'agent-joined', ...body });
  });

  it('with a text alone is active, and holds everywhere', () => {
    expect(parseMessageOverride('session-ended', { text: 'Bye' })).toEqual({
      trigger: 'session-ended',
      text: 'Bye',
      active: true,
    });
  });

  it.each([true, false])('may say nothing but active: %s', (active) => {
    expect(parseMessageOverride('agent-left', { active })).toEqual({ trigger: 'agent-left', active });
  });

  it.each([1, 1_000])('may have a text of %i characters', (length) => {
    expect(parseMessageOverride('agent-left', { text: 'x'.repeat(length) }).text).toHaveLength(length);
  });
});

describe('what is refused', () => {
  it.each(['nope', '', 'Agent-Joined', 'toString', '__proto__'])('an unknown trigger: "%s"', (trigger) => {
    expect(refusalOf({ text: 'Hi' }, trigger)).toMatchObject({ field: 'trigger', status: 404 });
  });

  it.each<[string, string, unknown]>([
    ['no object', 'body', 'text'],
    ['nothing at all', 'body', undefined],
    ['a list', 'body', [{ text: 'Hi' }]],
    ['an object that says nothing', 'body', {}],
    ['a place alone', 'body', { channel: 'live-chat', locale: 'de' }],
    ['an unknown field', 'body', { text: 'Hi', trigger: 'agent-joined' }],
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
  ])('%s', (_, field, body) => {
    expect(refusalOf(body)).toMatchObject({ code: 'invalid-input', field, status: 400 });
  });

  it('a malformed text, by the position of its mistake', () => {
    const refusal = refusalOf({ text: 'Hello {CustomerName}' });
    expect(refusal).toMatchObject({ field: 'body.text', status: 400 });
    expect(refusal.message).toMatch(/^body\.text: character 7: /);
  });

  it('without repeating what was sent', () => {
    expect(refusalOf({ text: 'Hello {Secret4711}' }).message).not.toContain('Secret4711');
    expect(refusalOf({ text: 'Hi', channelInstance: 'Secret 4711' }).message).not.toContain('Secret');
  });
});
