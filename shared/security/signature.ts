import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `ce-signature` was made with one of the access keys: `sha256=<hex>` per key of the service, separated by
 * commas, each the HMAC-SHA256 of the connection id under the key's text ("CloudEvents extension for Azure Web
 * PubSub", section ce-signature). Every candidate is compared with every key in constant time.
 *
 * It covers the connection id only: it proves that the caller knows a key, not that the body is the service's.
 */
export function isSignedWith(
  keys: readonly string[],
  connectionId: string,
  signatureHeader: string,
): boolean {
  const candidates = signatureHeader
    .split(',')
    .slice(0, 8)
    .map((part) => part.trim().toLowerCase());
  let valid = false;
  for (const key of keys) {
    const expected = Buffer.from(`sha256=${createHmac('sha256', key).update(connectionId).digest('hex')}`);
    for (const candidate of candidates) {
      const given = Buffer.from(candidate);
      if (given.length === expected.length && timingSafeEqual(given, expected)) valid = true;
    }
  }
  return valid;
}
