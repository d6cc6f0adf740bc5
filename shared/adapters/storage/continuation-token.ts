import { z } from 'zod';
import { InvalidInputError } from '../../errors';

const key = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed());

/** What the SDK puts into its tokens, and reads without looking. */
const position = z.strictObject({
  nextPartitionKey: key,
  nextRowKey: key.optional(),
});

/** Our form of the SDK's token: base64url, so that it needs no escaping in a query string. */
export const toPublicToken = (sdkToken: string): string =>
  Buffer.from(sdkToken, 'base64').toString('base64url');

/** The SDK's token in one of ours. @throws InvalidInputError when it is not one: it comes from the network. */
export function fromPublicToken(token: string): string {
  try {
    if (token.length > 2_048 || !/^[A-Za-z0-9_-]+$/.test(token)) throw refused();
    position.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
    return Buffer.from(token, 'base64url').toString('base64');
  } catch {
    throw refused();
  }
}

export const refused = (): InvalidInputError =>
  new InvalidInputError('continuationToken', 'not a token that this list has given');
