import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  AUTOMATED_MESSAGE_TRIGGERS,
  type MessageOverride,
} from '../../../shared/automated-messages/automated-message';
import { CHANNELS } from '../../../shared/conversation/conversation';
import { decodeOverride, encodeOverride, overrideKeys } from '../../../shared/policies/settings-table';
import { RUNS } from '../../support/domain/runs';
import { asRead } from '../../unit/storage/samples';

/** Few values, so that places are often the same or nearly so. */
const place = {
  channel: fc.constantFrom(...CHANNELS),
  channelInstance: fc.oneof(
    fc.constantFrom('live-chat', 'de', '_', '-'),
    fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  ),
  locale: fc.constantFrom('de', 'DE', 'de-AT', 'De-at', 'zh-Hant-TW'),
};
const override: fc.Arbitrary<MessageOverride> = fc.record(
  {
    ...place,
    trigger: fc.constantFrom(...AUTOMATED_MESSAGE_TRIGGERS),
    text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
    active: fc.boolean(),
  },
  { requiredKeys: ['trigger', 'active'], noNullPrototype: true },
);

const identityOf = ({ trigger, channel, channelInstance, locale }: MessageOverride) =>
  JSON.stringify([trigger, channel, channelInstance, locale?.toLowerCase()]);

describe('the row of an override', () => {
  test('gives back exactly what was written', () => {
    fc.assert(
      fc.property(override, (value) => {
        expect(decodeOverride(asRead(encodeOverride(value)))).toStrictEqual(value);
      }),
      RUNS,
    );
  });

  test('is the same for two overrides exactly when they say something about the same place', () => {
    const pair = fc
      .tuple(override, override)
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
      fc.property(override, (value) => {
        expect(overrideKeys(value).rowKey).toMatch(/^[A-Za-z0-9_*|-]{1,1024}$/);
      }),
      RUNS,
    );
  });
});
