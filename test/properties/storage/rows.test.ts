import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeCustomer, encodeCustomer } from '../../../shared/access/customers-table';
import type { MessageOverride } from '../../../shared/automated-messages/automated-message';
import {
  decodeAgent,
  decodeHolding,
  encodeAgent,
  encodeHolding,
} from '../../../shared/capacity/capacity-table';
import {
  decodeConversation,
  decodeEntry,
  encodeConversation,
  encodeEntry,
} from '../../../shared/conversation/conversation-table';
import { decodeWorkListItem, encodeWorkListItem } from '../../../shared/conversation/work-list-table';
import { decodeDeadLetter, encodeDeadLetter } from '../../../shared/dead-letters/dead-letters-table';
import {
  decodeOverride,
  decodePolicies,
  encodeOverride,
  encodePolicies,
  overrideKeys,
} from '../../../shared/policies/settings-table';
import { RUNS } from '../../support/domain/runs';
import { asRead } from '../../unit/storage/samples';
import * as arbitrary from './arbitraries';

/** A kind of row, and what may stand in it. */
interface Kind<T> {
  readonly values: fc.Arbitrary<T>;
  readonly encode: (value: T) => object;
  readonly decode: (row: object) => T;
}
const kind = <T>(values: fc.Arbitrary<T>, encode: (value: T) => object, decode: (row: object) => T) =>
  ({ values, encode, decode }) as Kind<unknown>;
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const KINDS: readonly [string, Kind<unknown>][] = [
  ['conversation', kind(arbitrary.conversation, encodeConversation, decodeConversation)],
  ['transcript entry', kind(arbitrary.entry, (value) => encodeEntry('c-00000001', value), decodeEntry)],
  ['work-list item', kind(arbitrary.workListItem, encodeWorkListItem, decodeWorkListItem)],
  ['agent', kind(arbitrary.agentTotal, ({ totalUnits }) => encodeAgent('ann', totalUnits), decodeAgent)],
  [
    'holding',
    kind(
      arbitrary.holding,
      ({ units, reservedAt, ...claim }) => encodeHolding({ agentId: 'ann', ...claim }, units, reservedAt),
      decodeHolding,
    ),
  ],
  ['policy document', kind(json, encodePolicies, (row) => decodePolicies(row, (document) => document))],
  ['override', kind(arbitrary.override, encodeOverride, decodeOverride)],
  ['dead letter', kind(arbitrary.deadLetter, encodeDeadLetter, decodeDeadLetter)],
  ['customer', kind(arbitrary.id, (id) => encodeCustomer('erika@example.org', id), decodeCustomer)],
];

test.each(KINDS)(
  'the row of a(n) %s gives back exactly what was written, and holds only what Table Storage can hold',
  (_, { values, encode, decode }) => {
    fc.assert(
      fc.property(values, (value) => {
        const row = asRead(encode(value));
        expect(decode(row)).toStrictEqual(value);
        for (const [column, content] of Object.entries(row)) {
          expect(column).toMatch(/^([A-Za-z_][A-Za-z0-9_]*|odata\.metadata)$/);
          expect(['string', 'number', 'boolean']).toContain(typeof content);
        }
      }),
    );
  },
);

describe('the row of an override', () => {
  const identityOf = ({ trigger, channel, channelInstance, locale }: MessageOverride) =>
    JSON.stringify([trigger, channel, channelInstance, locale?.toLowerCase()]);

  test('is the same for two overrides exactly when they say something about the same place', () => {
    const pair = fc
      .tuple(arbitrary.override, arbitrary.override)
      .chain(([one, other]) => fc.constantFrom([one, other], [one, { ...other, ...one }] as const));
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const isSameRow = overrideKeys(one).rowKey === overrideKeys(other).rowKey;
        expect(isSameRow).toBe(identityOf(one) === identityOf(other));
      }),
      RUNS,
    );
  });

  test('has a key that Table Storage takes', () => {
    fc.assert(
      fc.property(arbitrary.override, (value) => {
        expect(overrideKeys(value).rowKey).toMatch(/^[A-Za-z0-9_*|-]{1,1024}$/);
      }),
      RUNS,
    );
  });
});
