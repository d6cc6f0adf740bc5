import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HostError } from '../cli/host-error';
import type { Log } from '../cli/log';
import { toError } from '../cli/to-error';
import type { Handle } from './function-endpoint';

export interface RunningServer {
  readonly port: number;
  /** Accepts no more, and resolves when the requests under way have been answered. */
  close(): Promise<void>;
}

/** Concatenated, not resolved: a path such as `//elsewhere/x` must not change the host. */
function absoluteUrl({ url = '/', headers }: IncomingMessage): URL | undefined {
  try {
    return url.startsWith('/') ? new URL(`http://${headers.host ?? 'localhost'}${url}`) : undefined;
  } catch {
    return undefined;
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new HostError(`Port ${port} is in use. Choose another one with --port (0 takes any free one).`)
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Starts a server on a port of the loopback interface: a development tool is not offered to the network. */
export async function startServer(options: {
  port: number;
  handle: Handle;
  log: Log;
}): Promise<RunningServer> {
  const { handle, log } = options;
  const server = createServer((request, response) => {
    const url = absoluteUrl(request);
    if (!url) {
      response.writeHead(400).end();
      return;
    }
    handle(request, response, url).catch((thrown: unknown) => {
      log('error', 'http', `${request.method} ${url.pathname}: ${toError(thrown).message}`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  // Longer than callers keep a connection for later: one that closes while a request is under way costs the request.
  server.keepAliveTimeout = 65_000;
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
