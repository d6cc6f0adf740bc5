import type { IncomingMessage } from 'node:http';
import type { TypedData } from '../worker/typed-data';

function nullable(entries: Iterable<[string, string]>): Record<string, { value: string }> {
  return Object.fromEntries([...entries].map(([name, value]) => [name, { value }]));
}

/** A request as the 4.x host hands it to a Node worker: absolute url, lower-case header names, body as bytes. */
export function mapRequest(
  request: IncomingMessage,
  url: URL,
  parameters: Record<string, string>,
  body: Buffer,
): TypedData {
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(',') : (value ?? ''),
  ]);
  return {
    http: {
      url: url.href,
      method: request.method,
      nullableHeaders: nullable(headers),
      nullableQuery: nullable(url.searchParams),
      nullableParams: nullable(Object.entries(parameters)),
      ...(body.length > 0 && { body: { bytes: body } }),
    },
  };
}
