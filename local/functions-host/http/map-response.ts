import type { ServerResponse } from 'node:http';
import { toBytes, type HttpCookie, type TypedData } from '../worker/typed-data';

const sameSite: Record<string, string> = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' };

/** One Set-Cookie line; members left out in the protocol stay out. */
export function formatCookie(cookie: HttpCookie): string {
  const seconds = cookie.expires?.value?.seconds;
  const site = sameSite[cookie.sameSite ?? ''];
  return [
    `${cookie.name ?? ''}=${encodeURIComponent(cookie.value ?? '')}`,
    cookie.domain?.value && `Domain=${cookie.domain.value}`,
    cookie.path?.value && `Path=${cookie.path.value}`,
    seconds !== undefined && `Expires=${new Date(seconds * 1000).toUTCString()}`,
    cookie.maxAge?.value !== undefined && `Max-Age=${cookie.maxAge.value}`,
    cookie.secure?.value && 'Secure',
    cookie.httpOnly?.value && 'HttpOnly',
    site && `SameSite=${site}`,
  ]
    .filter(Boolean)
    .join('; ');
}

/** Sends a body as the host does: in chunks, without a length. Status and headers must have been set. */
export function endWithBody(response: ServerResponse, body: Uint8Array | string): void {
  // Once the headers are out, node knows no length to send.
  if (body.length > 0) response.flushHeaders();
  response.end(body);
}

/** Sends what the function returned. Nothing returned means 204; say so in the log, because Azure's answer may differ. */
export function sendResponse(response: ServerResponse, data: TypedData | null | undefined): void {
  const http = data?.http;
  if (!http) {
    response.writeHead(204).end();
    return;
  }
  response.statusCode = Number(http.statusCode ?? 200);
  for (const [name, value] of Object.entries(http.headers ?? {})) {
    // Both are the host's: it sends chunks.
    if (!['content-length', 'transfer-encoding'].includes(name.toLowerCase()))
      response.setHeader(name, value);
  }
  const cookies = (http.cookies ?? []).map(formatCookie);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  endWithBody(response, toBytes(http.body));
}
