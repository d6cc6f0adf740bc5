import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const TYPES = { 'index.html': 'text/html', 'widget.js': 'text/javascript' } as const;

export interface WidgetServer {
  readonly origin: string;
  stop(): Promise<void>;
}

/** Serves the widget as a shop would: from an origin of its own, so that the browser insists on CORS. */
export async function startWidgetServer(): Promise<WidgetServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const name = Object.keys(TYPES).find((file) => pathname === `/${file}`) as keyof typeof TYPES | undefined;
    if (name === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[name] });
    response.end(readFileSync(join(__dirname, 'widget', name)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
