import { expect, test } from '@jest/globals';
import { StoredRowError } from '../../../shared/app/errors';
import { encodeEntry, entryRowKey } from '../../../shared/conversation/conversation-table';
import { workListKeys } from '../../../shared/conversation/work-list-table';
import { messageOf } from './samples';

test('the order of entry keys is the order of sequence numbers', () => {
  const keys = [1, 2, 9, 10, 99, 100, 123_456, 999_999_999_999].map(entryRowKey);
  expect([...keys].sort()).toEqual(keys);
  expect(keys[0]).toBe('entry.000000000001');
});

test.each([0, -1, 1.5, 1e12])(
  'an entry with sequence %d is refused, for its key would be out of order',
  (n) => {
    expect(() => encodeEntry('c-00000001', messageOf(n))).toThrow(StoredRowError);
  },
);

test('the work list spreads conversations over 16 partitions, always the same one for a conversation', () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `conversation-${i}`);
  const shards = new Set(ids.map((id) => workListKeys(id).partitionKey));
  expect([...shards].sort()).toEqual([...'0123456789abcdef'].map((digit) => `shard-${digit}`));
  // Rows written by one version must be found by the next.
  expect(workListKeys('c-00000001')).toEqual({ partitionKey: 'shard-1', rowKey: 'c-00000001' });
});
