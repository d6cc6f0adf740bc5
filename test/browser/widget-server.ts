import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Pages, and their scripts as a browser takes them: what a script imports is put into it. */
const PAGES = { '/': 'widget', '/example/': 'example' } as const;

export interface WidgetServer {
  readonly origin: string;
  stop(): Promise<void>;
}

/**
 * Serves the widgets as a shop would: from an origin of its own, so that the browser insists on CORS. `/index.html` has the
 * one of browser means only, `/example/index.html` has examples/widget.js with the service's own client.
 */
export async function startWidgetServer(): Promise<WidgetServer> {
  const files = new Map<string, readonly [type: string, content: string]>([
    ['/elsewhere', ['text/html', '<title>Elsewhere</title>']],
  ]);
  for (const [path, folder] of Object.entries(PAGES)) {
    files.set(`${path}index.html`, [
      'text/html',
      readFileSync(join(__dirname, folder, 'index.html'), 'utf8'),
    ]);
    const script = folder === 'widget' ? 'widget.js' : 'page.js';
    const { outputFiles } = await build({
      entryPoints: [join(__dirname, folder, script)],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      write: false,
    });
    files.set(`${path}${script}`, ['text/javascript', outputFiles[0]?.text ?? '']);
  }
  const server = createServer((request, response) => {
    const [type, content] = files.get((request.url ?? '').split('?')[0] ?? '') ?? [];
    if (type === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': type }).end(content);
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
