import type { Server } from 'node:http';
import type { Log } from './log';

/** A refusal by the stand-in itself says why, in plain text; one by the app does not. */
const OWN_REFUSAL = /^HTTP\/1\.1 (4\d\d|501) [^]*?\r\nContent-Type: text\/plain[^]*?\r\n\r\n([^]+)$/i;
const CALLS_THAT_ARE_WRONG: readonly number[] = [400, 401, 501];

/** Whoever is refused may not show the answer to anybody: a browser hides it from its page. */
export function logRefusals(server: Server, log: Log): void {
  server.on('upgrade', (_request, socket) => {
    const end = socket.end.bind(socket) as (...args: unknown[]) => typeof socket;
    socket.end = (...args: unknown[]) => {
      const [, status, why] = OWN_REFUSAL.exec(args[0] instanceof Uint8Array ? String(args[0]) : '') ?? [];
      if (status !== undefined) log('warning', `refused a client with ${status}: ${why}`);
      return end(...args);
    };
  });
  server.on('request', ({ method, url = '' }, response) => {
    response.once('finish', () => {
      if (!CALLS_THAT_ARE_WRONG.includes(response.statusCode)) return;
      log('warning', `refused ${method} ${url.split('?')[0]} with ${response.statusCode}`);
    });
  });
}
