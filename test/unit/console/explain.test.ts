import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toIsoDuration } from '../../../shared/conversation/time';
import {
  BUILT_IN_RULES,
  explainPolicy,
  type PolicyRule,
  type PolicyTable,
  type PolicyValues,
  type Situation,
} from '../../../shared/policies/policy';
import type { PolicyValue } from '../../../web/console/core/model';
import { explain, explainGrace } from '../../../web/console/operator/explain';

const BASE = { grace: 180_000, reconnect: false, reconnectTimeLimit: 1_800_000 } as PolicyValues;
const VALUES = {
  channel: ['live-chat', 'persistent-chat'],
  workstream: ['default', 'vip'],
  channelInstance: ['default', 'shop'],
  state: ['Open', 'Offered', 'Active', 'Waiting', 'WrapUp'],
  device: ['phone', 'tablet', 'desktop', 'unknown'],
} as const;
const conditions = fc.record(
  {
    channel: fc.subarray([...VALUES.channel], { minLength: 1 }),
    workstream: fc.subarray([...VALUES.workstream], { minLength: 1 }),
    channelInstance: fc.subarray([...VALUES.channelInstance], { minLength: 1 }),
    state: fc.subarray([...VALUES.state], { minLength: 1 }),
    device: fc.subarray([...VALUES.device], { minLength: 1 }),
  },
  { requiredKeys: [] },
);
const values = fc.record(
  {
    grace: fc.constantFrom(1_000, 90_000, 300_000),
    reconnect: fc.boolean(),
    reconnectTimeLimit: fc.constantFrom(60_000, 600_000),
    openAutoClose: fc.constantFrom('never' as const, 60_000),
  },
  { requiredKeys: [] },
);
const situations = fc.record({
  channel: fc.constantFrom(...VALUES.channel),
  workstream: fc.constantFrom(...VALUES.workstream),
  channelInstance: fc.constantFrom(...VALUES.channelInstance),
  state: fc.constantFrom(...VALUES.state),
  device: fc.constantFrom(...VALUES.device),
}) satisfies fc.Arbitrary<Situation>;

/** As the API writes them. */
const shown = (set: object): Record<string, PolicyValue> =>
  Object.fromEntries(
    Object.entries(set as Record<string, PolicyValue>).map(([name, value]) => [
      name,
      typeof value === 'number' ? toIsoDuration(value) : value,
    ]),
  );
const shownRule = (rule: PolicyRule) => ({ ...rule, set: shown(rule.set) });

describe('which policy applies, as the console tells it before rules are saved', () => {
  it('is what the app would decide, for the same reasons [R276]', () => {
    const rules = fc.array(fc.tuple(conditions, values), { maxLength: 6 });
    fc.assert(
      fc.property(rules, situations, (made, situation) => {
        const table: PolicyTable = {
          channels: {},
          base: BASE,
          rules: made.map(([when, set], n) => ({ id: `rule-${n}`, when, set })),
        };
        const onPage = {
          channels: {},
          base: shown(BASE),
          rules: table.rules.map(shownRule),
          builtIn: BUILT_IN_RULES.map(shownRule),
        };
        const byApp = (name: 'grace' | 'reconnect' | 'reconnectTimeLimit' | 'openAutoClose') => {
          const told = explainPolicy(table, name, situation);
          const value = typeof told.value === 'number' ? toIsoDuration(told.value) : told.value;
          return { ...told, value };
        };
        for (const name of ['grace', 'reconnect', 'openAutoClose'] as const) {
          expect(explain(onPage, name, situation)).toEqual(byApp(name));
        }
        const reconnects = situation.state === 'Active' && byApp('reconnect').value === true;
        expect(explainGrace(onPage, situation)).toEqual(byApp(reconnects ? 'reconnectTimeLimit' : 'grace'));
      }),
    );
  });
});
