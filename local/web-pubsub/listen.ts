import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Called as soon as a server has its port, and before it can have accepted anybody. */
export type Attach = (server: http.Server, port: number) => void;

/** Servers on the loopback addresses, IPv4 and IPv6 where there is one: `localhost` may mean either. */
export async function listenOnLoopback(port: number, attach: Attach): Promise<http.Server[]> {
  const first = await listen(port, '127.0.0.1', attach);
  const { port: taken } = first.address() as AddressInfo;
  try {
    return [first, await listen(taken, '::1', attach)];
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') return [first];
    first.close();
    throw error;
  }
}

function listen(port: number, host: string, attach: Attach): Promise<http.Server> {
  return new Promise((resolve, reject) => {
    const server = http.createServer();
    // Longer than callers keep a connection for later: one that closes while a request is under way costs the request.
    server.keepAliveTimeout = 65_000;
    server.once('error', (error) => reject(codeOf(error) === 'EADDRINUSE' ? portInUse(port, error) : error));
    server.listen(port, host, () => {
      attach(server, (server.address() as AddressInfo).port);
      resolve(server);
    });
  });
}

function portInUse(port: number, cause: Error): Error {
  const error = new Error(`Port ${port} is in use. Choose another with --port (0 takes a free one).`, {
    cause,
  });
  return Object.assign(error, { code: 'EADDRINUSE' });
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
