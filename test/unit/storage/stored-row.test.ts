import { expect, test } from '@jest/globals';
import { StoredRowError } from '../../../shared/app/errors';
import { checkFits } from '../../../shared/storage/rows';

const rowOf = (columns: number) => ({
  partitionKey: 'p',
  rowKey: 'r',
  ...Object.fromEntries(Array.from({ length: columns }, (_, i) => [`column${i}`, 'x'.repeat(32 * 1024)])),
});

test('a row of 14 full columns fits, one of 15 is refused before the service refuses it', () => {
  expect(checkFits(rowOf(14))).toHaveProperty('column13');
  expect(() => checkFits(rowOf(15))).toThrow(StoredRowError);
  expect(() => checkFits(rowOf(15))).toThrow(/^p\/r: /);
});
