import { createHmac } from 'node:crypto';
import type { HttpData } from '../local/functions-host/worker/typed-data';
import { DEVELOPMENT_ACCESS_KEY } from '../local/web-pubsub';
import type { Order } from './protocol';

export type Event = Order['events'][number];

/** An event of a customer's socket, as the service sends it. */
export function webhook(conversationId: string, name: string, connectionId: string, data?: unknown): Event {
  const isUser = name === 'message';
  const signature = createHmac('sha256', DEVELOPMENT_ACCESS_KEY).update(connectionId).digest('hex');
  return call(
    'web-pubsub-events',
    'POST',
    'web-pubsub/events',
    {
      'ce-type': isUser ? `azure.webpubsub.user.${name}` : `azure.webpubsub.sys.${name}`,
      'ce-eventname': name,
      'ce-id': '1',
      'ce-time': new Date().toISOString(),
      'ce-hub': 'chat',
      'ce-userid': `customer.${conversationId}`,
      'ce-connectionid': connectionId,
      'ce-signature': `sha256=${signature}`,
    },
    data ?? {},
  );
}

/** A request to a route. */
export function call(
  functionName: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  data?: unknown,
  params: Readonly<Record<string, string>> = {},
): Event {
  const bytes = data === undefined ? undefined : JSON.stringify(data);
  const all = {
    ...headers,
    ...(bytes !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(bytes)),
    }),
  };
  const nullable = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
  const http: HttpData = {
    url: `http://localhost/api/${path}`,
    method,
    nullableHeaders: nullable(all),
    nullableQuery: {},
    nullableParams: nullable(params),
    ...(bytes !== undefined && { body: { string: bytes } }),
  };
  return { functionName, http };
}

export const textOf = (body: { string?: string; json?: string; bytes?: unknown } | undefined): string =>
  body?.string ?? body?.json ?? Buffer.from((body?.bytes ?? []) as Uint8Array).toString();
