import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHANNELS, DEVICE_CLASSES } from '../../../shared/conversation/conversation';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import {
  BUILT_IN_RULES,
  channelOf,
  explainPolicy,
  POLICY_STATES,
  type PolicyDocument,
  policyFor,
  type PolicyName,
  type PolicyRule,
  type PolicyTable,
  type PolicyValues,
  type Situation,
} from '../../../shared/policies/policy';
import { parsePolicyDocument, policyDocumentView } from '../../../shared/policies/policy-document-parser';
import { DEFAULTS } from '../../support/domain/policies';
import { RUNS } from '../../support/domain/runs';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NAMES = Object.keys(DEFAULTS) as PolicyName[];
const policyName = fc.constantFrom(...NAMES);

/** Few names, so that rules fit often; names of `Object.prototype` among them. */
const name = fc.constantFrom('sales', 'support', 'async', 'constructor', 'toString');
const FIELDS: { readonly [C in keyof Situation]: fc.Arbitrary<Situation[C]> } = {
  channel: fc.constantFrom(...CHANNELS),
  workstream: name,
  channelInstance: name,
  state: fc.constantFrom(...POLICY_STATES),
  device: fc.constantFrom(...DEVICE_CLASSES),
};
const PLAIN = { noNullPrototype: true } as const;
const OPTIONAL: { requiredKeys: []; noNullPrototype: true } = { requiredKeys: [], ...PLAIN };
const situation: fc.Arbitrary<Situation> = fc.record(FIELDS, PLAIN);

const length = (min: number, max: number) => fc.integer({ min, max });
const closing = fc.oneof(length(SECOND, 60 * DAY), fc.constant('never' as const));
const url = fc.oneof(fc.webUrl({ validSchemes: ['https'] }), fc.constant(undefined));
const VALUES: { readonly [K in PolicyName]: fc.Arbitrary<PolicyValues[K]> } = {
  grace: length(SECOND, 7 * DAY),
  agentGrace: length(SECOND, DAY),
  offerTimeout: fc.oneof(length(SECOND, DAY), fc.constant('never' as const)),
  outageAllowance: length(0, 60 * MINUTE),
  lossNewsAfter: length(0, MINUTE),
  connections: fc.integer({ min: 1, max: 200 }),
  maxExtension: length(0, DAY),
  openAutoClose: closing,
  openAutoCloseWhileConnected: fc.boolean(),
  wrapUpAutoClose: closing,
  waitingAutoClose: closing,
  wrapUpCapacity: fc.oneof(length(30 * SECOND, HOUR), fc.constantFrom('always' as const, 'none' as const)),
  capacityUnits: fc.integer({ min: 0, max: 100 }),
  reconnect: fc.boolean(),
  reconnectTimeLimit: length(MINUTE, 7 * DAY),
  reconnectPortalUrl: url,
  reconnectRedirectUrl: url,
  readAfterEnd: length(0, 30 * DAY),
  retention: fc.oneof(length(DAY, 3_650 * DAY), fc.constant('never' as const)),
};

const listOf = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 });
const when: fc.Arbitrary<PolicyRule['when']> = fc.record(
  {
    channel: listOf(FIELDS.channel),
    workstream: listOf(FIELDS.workstream),
    channelInstance: listOf(FIELDS.channelInstance),
    state: listOf(FIELDS.state),
    device: listOf(FIELDS.device),
  },
  OPTIONAL,
);
/** A rule with many conditions hardly ever fits. */
const oneCondition = when.map((all): PolicyRule['when'] =>
  Object.fromEntries(Object.entries(all).slice(0, 1)),
);
const rule: fc.Arbitrary<PolicyRule> = fc.record(
  {
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/).filter((id) => !/^(built-in|default$)/.test(id)),
    when: fc.oneof(when, oneCondition),
    set: fc.record(VALUES, OPTIONAL).filter((values) => Object.keys(values).length > 0),
  },
  PLAIN,
);
const policyDocument: fc.Arbitrary<PolicyDocument> = fc.record(
  {
    channels: fc.dictionary(name, FIELDS.channel, PLAIN),
    rules: fc.uniqueArray(rule, { maxLength: 8, selector: ({ id }) => id }),
  },
  PLAIN,
);
const table: fc.Arbitrary<PolicyTable> = fc
  .tuple(policyDocument, fc.record(VALUES, PLAIN))
  .map(([written, base]) => ({ ...written, base }));

const allRulesOf = ({ rules }: PolicyTable) => [...rules, ...BUILT_IN_RULES];
const fits = ({ when: given }: PolicyRule, here: Situation) =>
  (given.channel ?? [here.channel]).includes(here.channel) &&
  (given.workstream ?? [here.workstream]).includes(here.workstream) &&
  (given.channelInstance ?? [here.channelInstance]).includes(here.channelInstance) &&
  (given.state ?? [here.state]).includes(here.state) &&
  (given.device ?? [here.device]).includes(here.device);

/** The same another way: from the last rule to the first, each one that fits overwrites what it sets. */
const valuesIn = (given: PolicyTable, here: Situation): PolicyValues =>
  allRulesOf(given)
    .filter((each) => fits(each, here))
    .reduceRight<PolicyValues>((values, { set }) => ({ ...values, ...set }), given.base);

describe('policies', () => {
  it('are what is left when every rule that fits overwrites those after it', () => {
    fc.assert(
      fc.property(table, situation, (given, here) => {
        const values = Object.fromEntries(NAMES.map((policy) => [policy, policyFor(given, policy, here)]));
        expect(values).toStrictEqual(valuesIn(given, here));
      }),
      RUNS,
    );
  });

  it("are decided by the operator's rules, by those that are built in, and by the base", () => {
    const draws = fc.sample(fc.tuple(table, situation, policyName), { numRuns: 450, seed: 1 });
    const kinds = draws.map(([given, here, policy]) => {
      const { from } = explainPolicy(given, policy, here);
      return /^(default|built-in)/.exec(from)?.[0] ?? 'operator';
    });
    expect([...new Set(kinds)].sort()).toEqual(['built-in', 'default', 'operator']);
  });
});

describe('an explanation', () => {
  it('has the value that applies, and names the one rule that says so, or the base', () => {
    fc.assert(
      fc.property(table, situation, policyName, (given, here, policy) => {
        const { value, from, considered } = explainPolicy(given, policy, here);
        expect(value).toBe(policyFor(given, policy, here));
        const deciding = considered.filter(({ because }) => because === 'applies').map(({ rule: id }) => id);
        expect(deciding).toEqual(from === 'default' ? [] : [from]);
        const source = allRulesOf(given).find(({ id }) => id === from)?.set ?? given.base;
        expect(source[policy]).toBe(value);
      }),
      RUNS,
    );
  });

  it('goes through all rules that set the value, in order, and says which of them do not fit', () => {
    fc.assert(
      fc.property(table, situation, policyName, (given, here, policy) => {
        const setting = allRulesOf(given).filter(({ set }) => Object.hasOwn(set, policy));
        const { considered } = explainPolicy(given, policy, here);
        expect(considered.map(({ rule: id }) => id)).toEqual(setting.map(({ id }) => id));
        const unfit = considered.filter(({ because }) => !/applies$/.test(because));
        const expected = setting.filter((each) => !fits(each, here));
        expect(unfit.map(({ rule: id }) => id)).toEqual(expected.map(({ id }) => id));
        for (const [at, { because }] of unfit.entries()) {
          const [condition, found] = because.split(' is ') as [keyof Situation, string];
          expect(here[condition]).toBe(found);
          expect(expected[at]!.when[condition]).not.toContain(found);
        }
      }),
      RUNS,
    );
  });
});

describe('the channel of a workstream', () => {
  it('is the one in the table, or live chat', () => {
    fc.assert(
      fc.property(table, fc.oneof(name, fc.constant('__proto__')), (given, workstream) => {
        const written = new Map(Object.entries(given.channels)).get(workstream);
        expect(channelOf(given, workstream)).toBe(written ?? 'live-chat');
      }),
      RUNS,
    );
  });
});

describe('a policy document', () => {
  it('that was sent as JSON and read again is the same', () => {
    fc.assert(
      fc.property(policyDocument, (written) => {
        const sent = JSON.stringify(policyDocumentView(written));
        expect(parsePolicyDocument(JSON.parse(sent))).toStrictEqual(written);
      }),
      RUNS,
    );
  });

  it('is written the same after it was read', () => {
    fc.assert(
      fc.property(policyDocument, (written) => {
        const view = policyDocumentView(written);
        expect(policyDocumentView(parsePolicyDocument(view))).toStrictEqual(view);
      }),
      RUNS,
    );
  });
});
