import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WEB_FOLDER } from '../../scripts/web/build';
import { startSystem, type System } from './bad-input/system';

const MANIFEST = JSON.parse(
  readFileSync(join(__dirname, '..', '..', WEB_FOLDER, 'manifest.json'), 'utf8'),
) as Record<string, { readonly type: string; readonly encodings: readonly string[] }>;

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.stop());

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${system.stack.functionsUrl}/api/site/${path}`, { method, headers, redirect: 'manual' });

describe('the running app', () => {
  it.each(['console/', 'shop/', 'side-by-side/', 'api/'])('serves the page %s [R245]', async (page) => {
    const { status, headers } = await ask(page);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    const { port } = new URL(system.stack.webPubSub.endpoint);
    expect(headers.get('content-security-policy')).toContain(`connect-src 'self' ws://localhost:${port}`);
    const bare = await ask(page.slice(0, -1));
    expect([bare.status, bare.headers.get('location')]).toEqual([308, page]);
  });

  it('serves every file that was built, in each form, once for each caller [R245]', async () => {
    expect(Object.keys(MANIFEST)).toEqual(
      expect.arrayContaining(['chat.js', 'widget.mjs', 'console/index.html']),
    );
    for (const [name, { type, encodings }] of Object.entries(MANIFEST)) {
      const path = name.replace(/\/index\.html$/, '/');
      const plain = Buffer.from(await (await ask(path, { 'accept-encoding': 'identity' })).arrayBuffer());
      for (const [ending, coding] of [
        ['br', 'br'],
        ['gz', 'gzip'],
      ] as const) {
        const answered = await ask(path, { 'accept-encoding': coding });
        const { status, headers } = answered;
        // The client has decoded it.
        expect([name, status, Buffer.from(await answered.arrayBuffer()).equals(plain)]).toEqual([
          name,
          200,
          true,
        ]);
        expect([name, headers.get('content-type'), headers.get('content-encoding')]).toEqual([
          name,
          type,
          encodings.includes(ending) ? coding : null,
        ]);
        const again = await ask(path, {
          'accept-encoding': coding,
          'if-none-match': headers.get('etag') ?? '',
        });
        expect([name, again.status]).toEqual([name, 304]);
        const head = await ask(path, { 'accept-encoding': coding }, 'HEAD');
        expect([name, head.status, head.headers.get('etag')]).toEqual([name, 200, headers.get('etag')]);
      }
    }
  });

  it('has something in place of every part of the widget, for pages that are of another build [R354]', async () => {
    const parts = Object.keys(MANIFEST).filter((name) => name.startsWith('widget/'));
    expect(parts.map((name) => name.replace(/-\w+\.js$/, ''))).toEqual(
      expect.arrayContaining(['widget/panel', 'widget/around', 'widget/advice', 'widget/en']),
    );
    for (const name of parts) {
      const { status, headers } = await ask(name.replace(/-\w+(?=\.js$)/, '-AAAAAAAA'));
      expect([name, status, headers.get('location')]).toEqual([name, 307, name.replace('widget/', '')]);
    }
  });

  it.each(['nothing', 'manifest.json', '%2e%2e/%2e%2e/package.json', '..%2f..%2fhost.json'])(
    'has no file %s, and says so as a problem [R245]',
    async (name) => {
      const answered = await ask(name);
      expect(answered.status).toBe(404);
      const text = await answered.text();
      // What leads out of the folder is no route of the app at all: the host answers.
      if (text !== '') expect(JSON.parse(text)).toMatchObject({ code: 'page-not-found' });
    },
  );
});
