import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MessageOverride } from '../../../shared/automated-messages/automated-message';
import { decodePolicies, encodePolicies, overrideKeys } from '../../../shared/policies/settings-table';
import { RUNS } from '../../support/domain/runs';
import { asRead } from '../../unit/storage/samples';
import { ROWS } from '../fuzz/targets/rows';
import * as arbitrary from './arbitraries';

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const ANY_DOCUMENT = {
  name: 'document of any JSON',
  values: json,
  encode: encodePolicies,
  decode: (row: object) => decodePolicies(row, (document) => document),
};

test.each([...ROWS.map(({ kind }) => kind), ANY_DOCUMENT])(
  'the row of a(n) $name gives back exactly what was written, and holds only what Table Storage can hold',
  ({ values, encode, decode }) => {
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
