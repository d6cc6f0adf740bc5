import { describe, expect, it } from '@jest/globals';
import { MINUTE } from '../../../../shared/conversation/time';
import {
  BUILT_IN_RULES,
  channelOf,
  isForEverybody,
  policyFor,
  type PolicyName,
  type PolicyRule,
  type PolicyTable,
  type Situation,
} from '../../../../shared/policies/policy';
import { DEFAULTS, policies } from '../../../support/domain/policies';

const DAY = 24 * 60 * MINUTE;
const SITUATION: Situation = {
  channel: 'live-chat',
  workstream: 'sales',
  channelInstance: 'shop',
  state: 'Active',
  device: 'phone',
};
const PERSISTENT: Situation = { ...SITUATION, channel: 'persistent-chat' };
const NAMES = Object.keys(DEFAULTS) as PolicyName[];

const withRules = (...rules: readonly PolicyRule[]): PolicyTable => ({ ...policies(), rules });
const graceOf = (when: PolicyRule['when'], situation = SITUATION) =>
  policyFor(withRules({ id: 'a', when, set: { grace: MINUTE } }), 'grace', situation);

describe('without a rule of the operator', () => {
  it.each(NAMES)('the base says what applies to a live chat: %s', (name) => {
    expect(policyFor(policies(), name, SITUATION)).toBe(DEFAULTS[name]);
  });

  it('a persistent chat is closed after 30 days in the queue, and after a day of wrap-up [R51]', () => {
    expect(policyFor(policies(), 'openAutoClose', PERSISTENT)).toBe(30 * DAY);
    expect(policyFor(policies(), 'wrapUpAutoClose', PERSISTENT)).toBe(DAY);
  });

  it('everything else applies to a persistent chat as it does to a live chat', () => {
    const builtIn = new Set(BUILT_IN_RULES.flatMap(({ set }) => Object.keys(set)));
    const others = NAMES.filter((name) => !builtIn.has(name));
    expect(others).toHaveLength(NAMES.length - 2);
    for (const name of others) expect(policyFor(policies(), name, PERSISTENT)).toBe(DEFAULTS[name]);
  });
});

describe('a rule applies', () => {
  it('everywhere, if it has no condition', () => {
    expect(graceOf({})).toBe(MINUTE);
    expect(graceOf({}, { ...PERSISTENT, state: 'WrapUp', device: 'unknown' })).toBe(MINUTE);
  });

  it.each<PolicyRule['when']>([
    { channel: ['live-chat'] },
    { workstream: ['sales'] },
    { channelInstance: ['shop'] },
    { state: ['Active'] },
    { device: ['phone'] },
    { device: ['tablet', 'phone'] },
    { channel: ['live-chat'], workstream: ['sales'], state: ['Open', 'Active'], device: ['phone'] },
  ])('where all its conditions hold: %j [R97]', (when) => {
    expect(graceOf(when)).toBe(MINUTE);
  });

  it.each<PolicyRule['when']>([
    { channel: ['persistent-chat'] },
    { workstream: ['Sales'] },
    { channelInstance: ['shop2'] },
    { state: ['Offered'] },
    { device: ['tablet', 'desktop', 'unknown'] },
    { channel: ['live-chat'], workstream: ['sales'], state: ['Open', 'Active'], device: ['desktop'] },
    { device: ['phone'], channel: ['persistent-chat'] },
  ])('nowhere else: %j', (when) => {
    expect(graceOf(when)).toBe(DEFAULTS.grace);
  });
});

describe('of several rules', () => {
  const SALES: PolicyRule = {
    id: 'sales',
    when: { workstream: ['sales'] },
    set: { grace: 4 * MINUTE, capacityUnits: 0 },
  };
  const PHONES: PolicyRule = {
    id: 'phones',
    when: { device: ['phone'] },
    set: { grace: 5 * MINUTE, agentGrace: 2 * MINUTE },
  };

  it('the first one that fits wins [R100]', () => {
    expect(policyFor(withRules(SALES, PHONES), 'grace', SITUATION)).toBe(4 * MINUTE);
    expect(policyFor(withRules(PHONES, SALES), 'grace', SITUATION)).toBe(5 * MINUTE);
    const elsewhere = { ...SITUATION, workstream: 'support' };
    expect(policyFor(withRules(SALES, PHONES), 'grace', elsewhere)).toBe(5 * MINUTE);
  });

  it('each says only what it sets: other values come from rules further down', () => {
    const table = withRules(SALES, PHONES);
    expect(policyFor(table, 'agentGrace', SITUATION)).toBe(2 * MINUTE);
    expect(policyFor(table, 'maxExtension', SITUATION)).toBe(DEFAULTS.maxExtension);
  });

  it("the operator's come before those that are built in [R55 R100]", () => {
    const never = withRules({ id: 'never', when: {}, set: { openAutoClose: 'never' } });
    expect(policyFor(never, 'openAutoClose', PERSISTENT)).toBe('never');
    expect(policyFor(never, 'wrapUpAutoClose', PERSISTENT)).toBe(DAY);
  });

  it('a value of nothing is a value: 0 units, no extension, no closing while connected', () => {
    const set = { capacityUnits: 0, maxExtension: 0, openAutoCloseWhileConnected: false };
    const table: PolicyTable = {
      ...policies({ openAutoCloseWhileConnected: true }),
      rules: [{ id: 'none', when: {}, set }],
    };
    expect(policyFor(table, 'capacityUnits', SITUATION)).toBe(0);
    expect(policyFor(table, 'maxExtension', SITUATION)).toBe(0);
    expect(policyFor(table, 'openAutoCloseWhileConnected', SITUATION)).toBe(false);
  });

  it('one can take a URL away that the base has', () => {
    const table: PolicyTable = {
      ...policies({
        reconnectPortalUrl: 'https://shop.example/',
        reconnectRedirectUrl: 'https://bye.example/',
      }),
      rules: [{ id: 'none', when: {}, set: { reconnectPortalUrl: undefined } }],
    };
    expect(policyFor(table, 'reconnectPortalUrl', SITUATION)).toBeUndefined();
    expect(policyFor(table, 'reconnectRedirectUrl', SITUATION)).toBe('https://bye.example/');
  });
});

describe('the channel of a workstream', () => {
  it('is what the table says', () => {
    expect(channelOf(policies(), 'persistent')).toBe('persistent-chat');
  });

  it.each(['sales', '', 'constructor', 'toString', '__proto__'])(
    'is live chat where the table says nothing: "%s"',
    (workstream) => {
      expect(channelOf(policies(), workstream)).toBe('live-chat');
    },
  );
});

describe('a workstream that a customer may choose of whom nothing is known', () => {
  const table = policies();
  const rule = (workstream: string[]): PolicyRule => ({ id: 'r', when: { workstream }, set: { grace: 1 } });

  it.each<[boolean, string, Partial<PolicyTable>, string]>([
    [true, 'nobody has ever named', {}, 'anything'],
    [true, 'is the default', { rules: [rule(['vip'])] }, 'default'],
    [false, 'a rule names', { rules: [rule(['vip'])] }, 'vip'],
    [true, 'a rule names together with the default', { rules: [rule(['vip', 'default'])] }, 'vip'],
    [false, 'is spared by the rule of the default', { rules: [rule(['default'])] }, 'anything'],
    [false, 'is persistent chat', { channels: { archive: 'persistent-chat' } }, 'archive'],
    [
      false,
      'is the default, where that is persistent chat',
      { channels: { default: 'persistent-chat' } },
      'default',
    ],
    [false, 'is live chat, where the default is not', { channels: { default: 'persistent-chat' } }, 'sales'],
  ])('is one (%s) that %s [R144]', (isForAll, _what, changes, workstream) => {
    expect(isForEverybody({ ...table, rules: [], channels: {}, ...changes }, workstream)).toBe(isForAll);
  });
});
