import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from '../../local/stack/stack';
import { ensureWebBuilt, WEB_FOLDER } from '../../scripts/web/build';
import { FAST } from './chat-page';

/** Pages, and their scripts as a browser takes them: what a script imports is put into it. */
const PAGES = { '/': 'widget', '/example/': 'example' } as const;

export interface WidgetServer {
  readonly origin: string;
  stop(): Promise<void>;
}

/** As strict as a page can be: nothing from elsewhere, nothing inline, no text that becomes markup or a script. */
const STRICT =
  "default-src 'none'; script-src 'self'; img-src data:; connect-src http: ws:; require-trusted-types-for 'script'; trusted-types 'none'";

/** Counts what the policy forbids, before anything else runs. */
const VIOLATIONS = `globalThis.violations = [];
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => violations.push(violatedDirective + ' ' + blockedURI));
Object.assign(globalThis, { emptyCallback: () => undefined });`;

/** The module, with the short times of the tests. */
const FAST_MODULE = `import { Conversation as Real } from '/chat/widget.mjs';
export class Conversation extends Real {
  constructor(options) { super({ ...options, pace: ${JSON.stringify(FAST)} }); }
}`;

const escaped = (text: string): string => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

/** A page of a shop with the built widget. What the query says, beside `lang` and `dir`, are the attributes of the widget. */
function shopPage(query: URLSearchParams): string {
  const { lang = 'en', dir = 'ltr', tag, ...more } = Object.fromEntries(query);
  const attributes = (prefix = '') =>
    Object.entries(more)
      .map(([name, value]) => ` ${prefix}${escaped(name)}="${escaped(value)}"`)
      .join('');
  return `<!doctype html><html lang="${lang}" dir="${dir}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Shop</title><link rel="icon" href="data:,">
<script src="/violations.js"></script><script type="module" src="/chat/chat.js"${tag ? attributes('data-') : ''}></script></head>
<body><main><h1>Shop</h1><p>Parcels of all sizes.</p><a href="/shop?${escaped(query.toString())}">Another page</a></main>
${tag ? '' : `<chat-widget${attributes()}></chat-widget>`}</body></html>`;
}

/** What `npm run web` makes. */
function builtWidget(): Map<string, readonly [type: string, content: string]> {
  const folder = join(ROOT, WEB_FOLDER);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    names
      .filter((name) => /^(chat\.js|widget\.mjs|widget\/.+\.js)$/.test(name))
      .map((name) => [`/chat/${name}`, ['text/javascript', readFileSync(join(folder, name), 'utf8')]]),
  );
}

/**
 * Serves the widgets as a shop would: from an origin of its own, so that the browser insists on CORS. `/index.html` has the
 * one of browser means only, `/example/index.html` has examples/widget.js with the service's own client, `/shop` has
 * `<chat-widget>`, `/own/index.html` has examples/own-widget.
 */
export async function startWidgetServer(): Promise<WidgetServer> {
  const files = new Map<string, readonly [type: string, content: string]>([
    ['/elsewhere', ['text/html', '<title>Elsewhere</title>']],
    ['/violations.js', ['text/javascript', VIOLATIONS]],
    ['/own/widget.mjs', ['text/javascript', FAST_MODULE]],
  ]);
  await ensureWebBuilt(ROOT);
  for (const [name, file] of builtWidget()) files.set(name, file);
  for (const name of ['index.html', 'own-widget.js']) {
    const content = readFileSync(join(ROOT, 'examples', 'own-widget', name), 'utf8');
    files.set(`/own/${name}`, [extname(name) === '.html' ? 'text/html' : 'text/javascript', content]);
  }
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
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop');
    if (pathname === '/shop') {
      const headers = { 'content-type': 'text/html', 'content-security-policy': STRICT };
      return void response.writeHead(200, headers).end(shopPage(searchParams));
    }
    const [type, content] = files.get(pathname) ?? [];
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
