import { createHmac } from 'node:crypto';

/**
 * `ce-signature`: for each access key the HMAC-SHA256 of the connection id. It covers nothing else, so it is the
 * same for all events of a connection.
 */
export function signature(connectionId: string, accessKeys: readonly string[]): string {
  return accessKeys
    .map((key) => `sha256=${createHmac('sha256', key).update(connectionId, 'utf8').digest('hex')}`)
    .join(',');
}
