import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeConversation, encodeConversation } from '../../../shared/conversation/conversation-table';
import { decodeEntry, encodeEntry } from '../../../shared/conversation/conversation-table';
import { decodeWorkListItem, encodeWorkListItem } from '../../../shared/conversation/work-list-table';
import { asRead } from '../../unit/storage/samples';
import { conversation, entry, workListItem } from './arbitraries';

/** The readers and writers of the three kinds of row. */
interface Codec<T> {
  readonly values: fc.Arbitrary<T>;
  readonly encode: (value: T) => object;
  readonly decode: (row: object) => T;
}

describe.each<[string, Codec<unknown>]>([
  ['conversation', codec(conversation, encodeConversation, decodeConversation)],
  ['transcript entry', codec(entry, (value) => encodeEntry('c-00000001', value), decodeEntry)],
  ['work-list item', codec(workListItem, encodeWorkListItem, decodeWorkListItem)],
])('the row of a %s', (_, { values, encode, decode }) => {
  test('gives back exactly what was written', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(asRead(encode(value)))).toStrictEqual(value);
      }),
    );
  });

  test('holds only what Table Storage can hold', () => {
    fc.assert(
      fc.property(values, (value) => {
        for (const [column, content] of Object.entries(asRead(encode(value)))) {
          expect(column).toMatch(/^([A-Za-z_][A-Za-z0-9_]*|odata\.metadata)$/);
          expect(['string', 'number', 'boolean']).toContain(typeof content);
        }
      }),
    );
  });
});

function codec<T>(
  values: fc.Arbitrary<T>,
  encode: (value: T) => object,
  decode: (row: object) => T,
): Codec<unknown> {
  return { values, encode: (value) => encode(value as T), decode };
}
