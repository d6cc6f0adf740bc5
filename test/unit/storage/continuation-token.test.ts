import { expect, test } from '@jest/globals';
import { InvalidInputError } from '../../../shared/app/errors';
import { fromPublicToken, toPublicToken } from '../../../shared/storage/pages';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const SDK_TOKEN = base64('{"nextPartitionKey":"1!8!c2hhcmQtMw--","nextRowKey":"1!12!YWJjZMO-Pz8/"}');

test('a token survives the way to the client and back, and needs no escaping', () => {
  expect(fromPublicToken(toPublicToken(SDK_TOKEN))).toBe(SDK_TOKEN);
  expect(toPublicToken(SDK_TOKEN)).toMatch(/^[A-Za-z0-9_-]+$/);
});

test.each([
  ['nothing', ''],
  ['other characters', '%00'],
  ['no JSON', toPublicToken(base64('x'))],
  ['no object', toPublicToken(base64('"shard-3"'))],
  ['a foreign field', toPublicToken(base64('{"nextPartitionKey":"p","filter":"x"}'))],
  ['a missing partition', toPublicToken(base64('{"nextRowKey":"r"}'))],
  ['an endless token', toPublicToken(base64(`{"nextPartitionKey":"${'p'.repeat(4_000)}"}`))],
])('%s is refused as invalid input', (_, token) => {
  expect(() => fromPublicToken(token)).toThrow(InvalidInputError);
  expect(() => fromPublicToken(token)).toThrow('continuationToken: ');
});
