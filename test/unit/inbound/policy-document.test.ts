import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { InvalidInputError } from '../../../shared/app/errors';
import { MINUTE, parseIsoDuration, SECOND } from '../../../shared/conversation/time';
import { DEVICE_CLASSES } from '../../../shared/conversation/conversation';
import { channelOf, type PolicyDocument, type PolicyName, policyFor } from '../../../shared/policies/policy';
import {
  parsePolicyDocument,
  parseStoredPolicies,
  policyDocumentView,
} from '../../../shared/policies/policy-document-parser';
import { DEFAULTS } from '../../support/domain/policies';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const ruleWith = (set: unknown, more: object = {}) => ({ id: 'rule', when: {}, set, ...more });
const withSet = (set: unknown) => ({ rules: [ruleWith(set)] });
const withWhen = (when: unknown) => ({ rules: [ruleWith({ grace: 'PT1M' }, { when })] });
const withId = (id: unknown) => ({ rules: [ruleWith({ grace: 'PT1M' }, { id })] });
const rulesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ruleWith({ grace: 'PT1M' }, { id: `${i}` }));
const setIn = (document: unknown) => parsePolicyDocument(document).rules[0]!.set;

/** What the parser refuses with. */
function refusalOf(document: unknown): InvalidInputError {
  try {
    parsePolicyDocument(document);
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return thrown;
    throw thrown;
  }
  throw new Error('was accepted');
}

/** A document with every condition and every value. */
const WRITTEN = {
  channels: { async: 'persistent-chat', sales: 'live-chat' },
  rules: [
    {
      id: 'every-thing_1',
      when: {
        channel: ['live-chat', 'persistent-chat'],
        workstream: ['async', 'sales'],
        channelInstance: ['shop'],
        state: ['Open', 'Offered', 'Active', 'Waiting', 'WrapUp'],
        device: ['phone', 'tablet', 'desktop', 'unknown'],
      },
      set: {
        grace: 'PT5M',
        agentGrace: 'PT1M30S',
        offerTimeout: 'PT45S',
        outageAllowance: 'PT30S',
        lossNewsAfter: 'PT5S',
        connections: 12,
        maxExtension: 'PT0S',
        openAutoClose: 'never',
        openAutoCloseWhileConnected: true,
        wrapUpAutoClose: 'PT10M',
        waitingAutoClose: 'never',
        wrapUpCapacity: 'PT45S',
        capacityUnits: 30,
        reconnect: true,
        reconnectTimeLimit: 'PT20M',
        reconnectPortalUrl: 'https://shop.example/chat?lang=en#top',
        reconnectRedirectUrl: null,
        readAfterEnd: 'PT40M',
        retention: 'P30D',
      },
    },
    { id: 'second', when: {}, set: { wrapUpCapacity: 'none' } },
  ],
};
const [EVERYTHING, SECOND_RULE] = WRITTEN.rules;
const READ = {
  ...WRITTEN,
  rules: [
    {
      ...EVERYTHING,
      set: {
        ...EVERYTHING!.set,
        grace: 5 * MINUTE,
        agentGrace: 90 * SECOND,
        offerTimeout: 45 * SECOND,
        outageAllowance: 30 * SECOND,
        lossNewsAfter: 5 * SECOND,
        maxExtension: 0,
        wrapUpAutoClose: 10 * MINUTE,
        wrapUpCapacity: 45 * SECOND,
        reconnectTimeLimit: 20 * MINUTE,
        reconnectRedirectUrl: undefined,
        readAfterEnd: 40 * MINUTE,
        retention: 30 * DAY,
      },
    },
    SECOND_RULE,
  ],
} as PolicyDocument;

describe('a policy document', () => {
  it('is read with everything it can say', () => {
    expect(Object.keys(WRITTEN.rules[0]!.set).sort()).toEqual(Object.keys(DEFAULTS).sort());
    expect(parsePolicyDocument(WRITTEN)).toStrictEqual(READ);
  });

  it('is written as it is read', () => {
    expect(JSON.parse(JSON.stringify(policyDocumentView(READ)))).toStrictEqual(WRITTEN);
  });

  it('can be empty', () => {
    expect(parsePolicyDocument({})).toStrictEqual({ channels: {}, rules: [] });
  });

  it('keeps a value that is not set apart from a URL that is set to none', () => {
    const document = parsePolicyDocument(withSet({ reconnectPortalUrl: null }));
    expect(document.rules[0]!.set).toStrictEqual({ reconnectPortalUrl: undefined });
    expect(policyDocumentView(document).rules?.[0]?.set).toStrictEqual({ reconnectPortalUrl: null });
  });

  it('may have 100 rules, and names of 64 characters', () => {
    expect(parsePolicyDocument({ rules: rulesOf(100) }).rules).toHaveLength(100);
    expect(parsePolicyDocument(withId('x'.repeat(64))).rules).toHaveLength(1);
  });

  it.each(['Default', 'default-1', 'not-built-in'])('may have a rule with the name "%s"', (id) => {
    expect(parsePolicyDocument(withId(id)).rules[0]!.id).toBe(id);
  });
});

/** Both ends of what a length may be, and what lies just beyond them. */
const LENGTHS: readonly (readonly [string, string, number, string, number, string, string])[] = [
  ['grace', 'PT1S', SECOND, 'P7D', 7 * DAY, 'PT0.999S', 'P7DT0.001S'],
  ['agentGrace', 'PT1S', SECOND, 'PT24H', DAY, 'PT0.999S', 'PT24H1S'],
  ['offerTimeout', 'PT1S', SECOND, 'PT24H', DAY, 'PT0.999S', 'PT24H1S'],
  ['outageAllowance', 'PT0S', 0, 'PT1H', 60 * MINUTE, 'PT-1S', 'PT1H1S'],
  ['lossNewsAfter', 'PT0S', 0, 'PT1M', MINUTE, 'PT-1S', 'PT1M1S'],
  ['maxExtension', 'PT0S', 0, 'PT24H', DAY, 'PT-1S', 'P1DT1S'],
  ['openAutoClose', 'PT1S', SECOND, 'P60D', 60 * DAY, 'PT0S', 'P60DT1S'],
  ['wrapUpAutoClose', 'PT1S', SECOND, 'P60D', 60 * DAY, 'PT0S', 'P61D'],
  ['waitingAutoClose', 'PT1S', SECOND, 'P60D', 60 * DAY, 'PT0S', 'P60DT1S'],
  ['wrapUpCapacity', 'PT30S', 30 * SECOND, 'PT60M', HOUR, 'PT29.999S', 'PT1H1S'],
  ['readAfterEnd', 'PT0S', 0, 'P30D', 30 * DAY, 'PT-1S', 'P30DT1S'],
  ['retention', 'P1D', DAY, 'P3650D', 3_650 * DAY, 'PT23H59M59S', 'P3650DT1S'],
  ['reconnectTimeLimit', 'PT1M', MINUTE, 'P7D', 7 * DAY, 'PT59S', 'P7DT1S'],
];

describe('a length of time', () => {
  it.each(LENGTHS)('%s is from %s (%d ms) to %s (%d ms) [R25 R41 R55 R83]', (name, least, min, most, max) => {
    expect(setIn(withSet({ [name]: least }))).toEqual({ [name]: min });
    expect(setIn(withSet({ [name]: most }))).toEqual({ [name]: max });
  });

  it.each(LENGTHS)('%s is nothing else [R41]', (name, _least, _min, _most, _max, less, more) => {
    for (const text of [less, more, '', 'P1W', '5', 'soon', 60_000, null, ['PT1M'], true]) {
      expect(refusalOf(withSet({ [name]: text })).field).toBe(`body.rules.0.set.${name}`);
    }
  });

  it.each([
    ...LENGTHS.flatMap(([name, least, , most]) => [
      [name, least],
      [name, most],
    ]),
    ...['PT1440M', 'PT86400S', 'PT24H', 'P1D', 'P0DT24H', 'PT36H', 'PT023H60M', 'PT1H0M0.50S'].flatMap(
      (text) => [
        ['grace', text],
        ['openAutoClose', text],
      ],
    ),
    ['maxExtension', 'P0D'],
    ['readAfterEnd', 'PT0.000S'],
    ['wrapUpCapacity', 'PT3600S'],
    ['waitingAutoClose', 'never'],
  ])('%s of %s reads back as it was written [R215]', (name, text) => {
    const document = parsePolicyDocument(withSet({ [name]: text }));
    const length = document.rules[0]!.set[name as PolicyName];
    expect(length).toBe(text === 'never' ? text : parseIsoDuration(text));
    expect(policyDocumentView(document).rules?.[0]?.set).toStrictEqual({ [name]: text });
  });

  it.each([
    ['grace', 'never'],
    ['agentGrace', 'never'],
    ['reconnectTimeLimit', 'never'],
    ['openAutoClose', 'always'],
    ['wrapUpCapacity', 'never'],
  ])('%s cannot be "%s"', (name, word) => {
    expect(refusalOf(withSet({ [name]: word })).field).toBe(`body.rules.0.set.${name}`);
  });

  it.each(['always', 'none'])('can be "%s" for the capacity that a wrap-up blocks', (wrapUpCapacity) => {
    expect(setIn(withSet({ wrapUpCapacity }))).toEqual({ wrapUpCapacity });
  });

  it.each(['openAutoClose', 'wrapUpAutoClose', 'waitingAutoClose', 'retention'])(
    'can be "never" for %s [R55 R194]',
    (name) => {
      expect(setIn(withSet({ [name]: 'never' }))).toEqual({ [name]: 'never' });
    },
  );
});

describe('a number of units', () => {
  it.each([0, 100])('can be %d', (capacityUnits) => {
    expect(setIn(withSet({ capacityUnits }))).toEqual({ capacityUnits });
  });

  it.each([-1, 101, 0.5, '20', null, NaN])('cannot be %p', (capacityUnits) => {
    expect(refusalOf(withSet({ capacityUnits })).field).toBe('body.rules.0.set.capacityUnits');
  });
});

describe.each(['reconnectPortalUrl', 'reconnectRedirectUrl'] as const)('%s [R192]', (name) => {
  const longest = `https://x.example/${'x'.repeat(2_000 - 'https://x.example/'.length)}`;

  it.each([
    'https://shop.example',
    'https://shop.example:8443/chat?a=b&c=d#e',
    'http://localhost/chat',
    'http://localhost:3000/chat',
    'HTTPS://Shop.Example/a@b?c=d@e#f',
    'https://bücher.example/straße',
    longest,
  ])('can be %s', (url) => {
    expect(setIn(withSet({ [name]: url }))).toEqual({ [name]: url });
  });

  it.each([
    '',
    'shop.example',
    '/chat',
    '//shop.example/chat',
    'https://',
    'https://[',
    'http://shop.example/chat',
    'http://localhost.shop.example/chat',
    'http://127.0.0.1/chat',
    'http://localhost:x@host.example/',
    'http://localhost@host.example/',
    'http://localhost:80@host.example/',
    'https://shop.example@host.example/',
    'https://shop.example:443@host.example/',
    'https://@host.example/',
    'https://:@host.example/',
    'http://localhost\\@host.example/',
    'http:\\\\localhost\\chat',
    'https:/host.example/',
    'https:host.example/',
    'https:///host.example/',
    'https://shop.example\\@host.example/',
    ' https://shop.example/',
    'https://shop.example/ chat',
    'https://shop.ex\tample/',
    'ht\ntps://shop.example/',
    'https://shop.example/\u202egpj.exe',
    'https://shop.example/\u0000',
    'http://localhost./chat',
    'https://shop.example:99999/',
    'javascript:alert(1)',
    'javascript://shop.example/%0Aalert(1)',
    'data:text/html,x',
    `${longest}x`,
    4711,
    ['https://shop.example'],
  ])('cannot be %j', (url) => {
    expect(refusalOf(withSet({ [name]: url })).field).toBe(`body.rules.0.set.${name}`);
  });
});

it('an address that is stored and no longer taken leads nowhere, and the other rules still hold [R192]', () => {
  const stored = {
    channels: { reconnectPortalUrl: 'persistent-chat' },
    rules: [
      {
        id: 'a',
        when: {},
        set: { grace: 'PT5M', reconnectRedirectUrl: 'https://shop.example@host.example/' },
      },
      { id: 'b', when: {}, set: { reconnectPortalUrl: 'https://shop.example/' } },
    ],
  };
  expect(parseStoredPolicies(stored)).toEqual({
    channels: { reconnectPortalUrl: 'persistent-chat' },
    rules: [
      { id: 'a', when: {}, set: { grace: 300_000, reconnectRedirectUrl: undefined } },
      { id: 'b', when: {}, set: { reconnectPortalUrl: 'https://shop.example/' } },
    ],
  });
  expect(() => parseStoredPolicies({ rules: [null] })).toThrow(/^document\.rules\.0: /);
});

describe('what is refused', () => {
  it.each<[string, string, unknown]>([
    ['no object', 'body', 'text'],
    ['nothing at all', 'body', undefined],
    ['a list', 'body', []],
    ['an unknown part', 'body.base', { rules: [], base: {} }],
    ['channels that are a list', 'body.channels', { channels: ['async'] }],
    ['an unknown channel', 'body.channels.async', { channels: { async: 'sms' } }],
    ['rules that are no list', 'body.rules', { rules: { 0: ruleWith({ grace: 'PT1M' }) } }],
    ['101 rules', 'body.rules', { rules: rulesOf(101) }],
    ['two rules of one name', 'body.rules', { rules: [...rulesOf(3), ...rulesOf(1)] }],
    ['a rule that is null', 'body.rules.0', { rules: [null] }],
    [
      'an unknown part of a rule',
      'body.rules.0.note',
      { rules: [ruleWith({ grace: 'PT1M' }, { note: 'x' })] },
    ],
    ['a rule without a name', 'body.rules.0.id', { rules: [{ when: {}, set: { grace: 'PT1M' } }] }],
    ['an empty name', 'body.rules.0.id', withId('')],
    ['a name with a space', 'body.rules.0.id', withId('a b')],
    ['a long name', 'body.rules.0.id', withId('x'.repeat(65))],
    ['the name that explanations have for the base', 'body.rules.0.id', withId('default')],
    ['the name of a built-in rule', 'body.rules.0.id', withId('built-in-persistent-chat')],
    ['a name like that of a built-in rule', 'body.rules.0.id', withId('built-in')],
    ['a rule without conditions', 'body.rules.0.when', { rules: [{ id: 'a', set: { grace: 'PT1M' } }] }],
    ['an unknown condition', 'body.rules.0.when.queue', withWhen({ queue: ['sales'] })],
    ['a condition that nothing meets', 'body.rules.0.when.device', withWhen({ device: [] })],
    ['a condition that is no list', 'body.rules.0.when.device', withWhen({ device: 'phone' })],
    ['an unknown device', 'body.rules.0.when.device.1', withWhen({ device: ['phone', 'watch'] })],
    ['an unknown channel of a rule', 'body.rules.0.when.channel.0', withWhen({ channel: ['sms'] })],
    ['a state that no rule can name', 'body.rules.0.when.state.0', withWhen({ state: ['Closed'] })],
    ['a malformed workstream', 'body.rules.0.when.workstream.0', withWhen({ workstream: ['a b'] })],
    ['a malformed widget', 'body.rules.0.when.channelInstance.0', withWhen({ channelInstance: [''] })],
    ['a rule that sets nothing', 'body.rules.0.set', withSet({})],
    ['an unknown value', 'body.rules.0.set.gracePeriod', withSet({ grace: 'PT1M', gracePeriod: 'PT1M' })],
    ['a flag that is a text', 'body.rules.0.set.reconnect', withSet({ reconnect: 'true' })],
    [
      'a flag that is a number',
      'body.rules.0.set.openAutoCloseWhileConnected',
      withSet({ openAutoCloseWhileConnected: 1 }),
    ],
  ])('%s', (_, field, document) => {
    expect(refusalOf(document)).toMatchObject({ code: 'invalid-input', field, status: 400 });
  });

  it('a malformed workstream among the channels', () => {
    expect(refusalOf({ channels: { 'a b': 'live-chat' } }).field).toMatch(/^body\.channels\b/);
  });

  it('by the number of the rule', () => {
    const rules = [...rulesOf(2), ruleWith({ grace: 'soon' })];
    expect(refusalOf({ rules }).field).toBe('body.rules.2.set.grace');
  });

  it('under the name of what is read', () => {
    expect(() => parsePolicyDocument({ rules: [null] }, 'document')).toThrow(/^document\.rules\.0: /);
  });

  it('without repeating the value', () => {
    const url = withSet({ reconnectPortalUrl: 'https://Secret4711@[' });
    expect(refusalOf(url).message).not.toContain('Secret4711');
    expect(refusalOf(withSet({ grace: 'Secret4711' })).message).not.toContain('Secret4711');
  });
});

it('the example of docs/API.md leaves the 3 minutes of a widget that says nothing of itself', () => {
  const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'API.md'), 'utf8');
  const [, example = ''] = /\/v1\/policies" [^']*'If-None-Match: \*' -d '(\{[^']*\})'/.exec(page) ?? [];
  const table = { ...parsePolicyDocument(JSON.parse(example)), base: DEFAULTS };
  const widget = { channel: channelOf(table, 'default'), workstream: 'default', channelInstance: 'default' };
  for (const device of DEVICE_CLASSES) {
    const situation = { ...widget, state: 'Active', device } as const;
    expect(policyFor(table, 'reconnect', situation)).toBe(false);
    expect(policyFor(table, 'grace', situation)).toBe(3 * MINUTE);
  }
});
