import { describe, expect, it } from '@jest/globals';
import {
  automatedMessage,
  messageInForce,
  type MessageOverride,
  type MessageScene,
} from '../../../../shared/automated-messages/automated-message';
import { DEFAULT_TEXTS } from '../../../../shared/automated-messages/default-texts';

const TRIGGER = 'agent-joined';
const scene: MessageScene = {
  channel: 'live-chat',
  channelInstance: 'shop',
  locale: 'de-AT',
  agentName: 'Bob',
  queueName: 'sales',
  context: { OrderId: '4711' },
};
const override = (more: Partial<MessageOverride> = {}): MessageOverride => ({
  trigger: TRIGGER,
  active: true,
  ...more,
});
const textOf = (overrides: readonly MessageOverride[], more: Partial<MessageScene> = {}) =>
  automatedMessage(overrides, TRIGGER, { ...scene, ...more })?.text;

describe('without overrides', () => {
  it.each([
    ['de-AT', 'Bob ist der Unterhaltung beigetreten.'],
    ['FR', 'Bob a rejoint la conversation.'],
    ['es-419', 'Bob se ha unido a la conversación.'],
    ['ja-JP', 'Bobが会話に参加しました。'],
    ['en-GB', 'Bob has joined the conversation.'],
    ['pt-BR', 'Bob has joined the conversation.'],
    ['constructor', 'Bob has joined the conversation.'],
    ['', 'Bob has joined the conversation.'],
  ])('the message for the locale "%s" is built in [R74]', (locale, text) => {
    expect(textOf([], { locale })).toBe(text);
  });

  it('it is for whom the trigger is', () => {
    expect(automatedMessage([], 'customer-disconnected', scene)?.recipient).toBe('agent');
    expect(automatedMessage([], 'agent-joined', scene)?.recipient).toBe('customer');
  });

  it('it tells the position in the queue', () => {
    const position = automatedMessage([], 'customer-position-in-queue', {
      ...scene,
      locale: 'en',
      queuePosition: 2,
    });
    expect(position?.text).toBe('You are number 2 in the queue.');
  });
});

describe('an override', () => {
  it('words the message, with what the conversation is about [R71]', () => {
    const text = '{AgentName} of {QueueName} sees order {$OrderId$}{$Nothing$}';
    expect(textOf([override({ text })])).toBe('Bob of sales sees order 4711');
  });

  it.each<[string, Partial<MessageOverride>]>([
    ['trigger', { trigger: 'agent-left' }],
    ['channel', { channel: 'persistent-chat' }],
    ['channel instance', { channelInstance: 'other' }],
    ['locale', { locale: 'fr' }],
    ['region', { locale: 'de-CH' }],
  ])('for another %s changes nothing [R71 R74]', (_, more) => {
    const others = [override({ text: 'other', active: false, ...more })];
    expect(messageInForce(others, TRIGGER, scene)).toEqual(messageInForce([], TRIGGER, scene));
  });

  it('for a region does not hold for its whole language [R74]', () => {
    expect(textOf([override({ locale: 'de-AT', text: 'Servus' })], { locale: 'de' })).toBe(
      'Bob ist der Unterhaltung beigetreten.',
    );
  });

  it('without a channel holds for its channel instance in any channel', () => {
    const overrides = [override({ channelInstance: 'shop', text: 'shop' })];
    expect(textOf(overrides, { channel: 'persistent-chat' })).toBe('shop');
  });

  it('is found in whatever case its locale is written', () => {
    expect(textOf([override({ locale: 'DE-at', text: 'Servus' })])).toBe('Servus');
    expect(textOf([override({ locale: 'DE', text: 'Hallo' })])).toBe('Hallo');
  });
});

describe('of several overrides the most specific one counts', () => {
  // Most specific first: each one beats all that follow it.
  const ranking: readonly MessageOverride[] = [
    { channelInstance: 'shop', channel: 'live-chat' } as const,
    { channelInstance: 'shop' } as const,
    { channel: 'live-chat' } as const,
    {},
  ].flatMap((level) =>
    [{ locale: 'de-AT' }, { locale: 'de' }, {}].map((locale) => {
      const place = { ...level, ...locale };
      return override({ ...place, text: JSON.stringify(place).replaceAll(/[{}]/g, ' ') });
    }),
  );

  it.each(ranking.map((one, rank) => [one.text, rank] as const))('%s [R74]', (text, rank) => {
    const thisAndLess = ranking.slice(rank);
    expect(textOf(thisAndLess)).toBe(text);
    expect(textOf([...thisAndLess].reverse())).toBe(text);
  });

  it('so that a widget’s text without a locale beats a channel’s text in the customer’s locale [R72]', () => {
    const overrides = [
      override({ channel: 'live-chat', locale: 'de-AT', text: 'channel' }),
      override({ channelInstance: 'shop', text: 'widget' }),
    ];
    expect(textOf(overrides)).toBe('widget');
  });
});

describe('a message', () => {
  it('is not written where it is deactivated [R70]', () => {
    expect(automatedMessage([override({ active: false, text: 'never' })], TRIGGER, scene)).toBeUndefined();
  });

  it('can be deactivated for all and activated for one widget [R70]', () => {
    const overrides = [override({ active: false }), override({ channelInstance: 'shop' })];
    expect(textOf(overrides)).toBe('Bob ist der Unterhaltung beigetreten.');
    expect(textOf(overrides, { channelInstance: 'other' })).toBeUndefined();
  });

  it('takes its text from the most specific override that has one, and not from the one that activates [R73]', () => {
    const overrides = [
      override({ active: false, text: 'general' }),
      override({ channel: 'live-chat', text: 'channel', active: false }),
      override({ channelInstance: 'shop' }),
    ];
    expect(textOf(overrides)).toBe('channel');
  });

  it('stays deactivated by the most specific override even if a less specific one has a text', () => {
    const overrides = [override({ text: 'general' }), override({ channelInstance: 'shop', active: false })];
    expect(textOf(overrides)).toBeUndefined();
  });
});

describe('what is in force', () => {
  it('tells the override that the text is from, with its placeholders', () => {
    const widget = override({ channelInstance: 'shop', locale: 'de', text: '{AgentName}!' });
    const silent = override({ channelInstance: 'shop', locale: 'de-AT', active: false });
    expect(messageInForce([override({ text: 'general' }), widget, silent], TRIGGER, scene)).toEqual({
      active: false,
      text: '{AgentName}!',
      textFrom: widget,
    });
  });

  it('names no override where the text is built in', () => {
    const inForce = messageInForce([override({ active: false })], TRIGGER, scene);
    expect(inForce).toEqual({ active: false, text: DEFAULT_TEXTS['de']?.[TRIGGER] });
  });

  it('is found without changing the order of the overrides given', () => {
    const overrides = Object.freeze([override({ text: 'general' }), override({ locale: 'de', text: 'de' })]);
    expect(messageInForce(overrides, TRIGGER, scene).text).toBe('de');
  });
});
