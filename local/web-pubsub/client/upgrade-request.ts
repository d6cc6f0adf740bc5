import type { IncomingMessage } from 'node:http';

/** Where a client wants to go: its hub, and the connection it wants to continue, if any. */
export interface UpgradeTarget {
  url: URL;
  hub: string;
  recovery: { connectionId: string; reconnectionToken: string } | undefined;
}

/** @returns undefined when the path is not one that clients connect to. */
export function upgradeTarget(request: IncomingMessage): UpgradeTarget | undefined {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const inPath = /^\/client\/hubs\/([^/]+)\/?$/.exec(url.pathname)?.[1];
  const inQuery = /^\/client\/?$/.test(url.pathname) ? url.searchParams.get('hub') : null;
  const hub = inPath === undefined ? inQuery : decodeURIComponent(inPath);
  if (!hub) return undefined;
  const connectionId = url.searchParams.get('awps_connection_id');
  const reconnectionToken = url.searchParams.get('awps_reconnection_token');
  return {
    url,
    hub,
    recovery: connectionId && reconnectionToken ? { connectionId, reconnectionToken } : undefined,
  };
}

/** Checked before the app is asked, so that `connect` is raised only for what can become a WebSocket. */
export function isWebSocketRequest(request: IncomingMessage): boolean {
  return (
    request.method === 'GET' &&
    request.headers.upgrade?.toLowerCase() === 'websocket' &&
    request.headers['sec-websocket-version'] === '13' &&
    /^[+/0-9A-Za-z]{22}==$/.test(request.headers['sec-websocket-key'] ?? '')
  );
}

/** The host by which the client has reached the service, without its port: that is what the app is told as the origin. */
export const hostOf = (request: IncomingMessage): string =>
  (request.headers.host ?? 'localhost').replace(/:\d*$/, '');

/** The query parameters as `connect` reports them: without the token. */
export function queryOf(url: URL): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    if (name !== 'access_token') query[name] = url.searchParams.getAll(name);
  }
  return query;
}

/** The request headers as `connect` reports them: without the token. */
export function headersOf(request: IncomingMessage): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (name !== 'authorization' && values) headers[name] = values;
  }
  return headers;
}

/** The token's claims as `connect` reports them: every value a list of strings. */
export function claimsOf(claims: Record<string, unknown>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, strings(value)] as const));
}

/** A claim that may be one string or a list of them. */
export function strings(claim: unknown): string[] {
  return [claim].flat().flatMap((value) => {
    if (value === undefined || value === null) return [];
    return typeof value === 'string' ? [value] : [JSON.stringify(value)];
  });
}
