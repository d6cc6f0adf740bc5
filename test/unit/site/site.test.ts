import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildWeb, smaller } from '../../../scripts/web/build';
import { BUDGETS, countedIn, report } from '../../../scripts/web/size';
import type { HttpInput, HttpOutput } from '../../../shared/http/route';
import type { SiteFiles, SitePart } from '../../../shared/site/site';
import { createSiteFiles } from '../../../shared/site/site-files';
import { SITE_FILE_ROUTES, SITE_SETTINGS_ROUTE, type SiteServices } from '../../../shared/site/site-routes';
import { silent } from '../../support/silent';

/** A console and a widget, each with a part that is loaded later. */
const SOURCES = {
  'web/console/index.html':
    '<!doctype html><link rel="stylesheet" href="console.css"><script type="module" src="./console.ts"></script>',
  'web/console/console.css': `body { color: red; } ${'.a { color: blue; }'.repeat(40)}`,
  'web/console/console.ts': `document.title = 'Console'; addEventListener('click', () => void import('./later'));
    const html = (strings: TemplateStringsArray, ...values: string[]) => strings.join(values[0]);
    console.log(html\`<p>
      \${document.title}
    </p>\`, html\`<hr>\`, 'first\\nsecond');`,
  'web/console/later.ts': `export const later = '${'later '.repeat(200)}';\nconsole.log(later);`,
  'web/api/index.html': '<!doctype html><script type="module" src="api.ts"></script>',
  'web/api/api.ts': `document.title = 'API';`,
  'web/shop/index.html': '<!doctype html><title>Shop</title>',
  'web/side-by-side/index.html': '<!doctype html><title>Both</title>',
  'web/widget/embed.ts': `addEventListener('load', () => void import('./panel'));`,
  'web/widget/panel.ts': `export const panel: string = '${'panel '.repeat(200)}';\nconsole.log(panel);`,
};

const ORIGINS = { sockets: ['wss://chat.example'], signIn: ['https://login.example'] };
const SIGN_IN = {
  authority: 'https://login.example',
  tenantId: '11111111-2222-3333-4444-555555555555',
  audience: 'api://66666666-7777-8888-9999-000000000000',
};

let root: string;
let files: SiteFiles;
let manifest: Map<string, unknown>;
let names: string[];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'site-'));
  for (const [name, text] of Object.entries(SOURCES)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const target = join(root, 'dist', 'web');
  await buildWeb(root, target);
  writeFileSync(join(root, 'dist', 'secret.txt'), 'SECRET');
  files = createSiteFiles([join(root, 'nowhere'), target]);
  manifest = new Map(
    Object.entries(
      JSON.parse(readFileSync(join(target, 'manifest.json'), 'utf8')) as Record<string, unknown>,
    ),
  );
  const html = textOf((await get('console/')).body);
  const scripts = textOf((await get('chat.js')).body);
  names = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, name]) => `console/${name}`);
  names.push(/widget\/panel-\w+\.js/.exec(scripts)![0]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const servicesOf = (serves: SitePart, more: object = {}) =>
  ({
    site: { files, serves, origins: ORIGINS, signIn: SIGN_IN, ...more },
    loggerOf: () => silent,
  }) as unknown as SiteServices & Parameters<(typeof SITE_FILE_ROUTES)[0]['handle']>[1];

const input = (path: string, headers: Record<string, string> = {}, search = ''): HttpInput => ({
  method: 'GET',
  url: `http://localhost:7071/api/site/${path}${search}`,
  headers: new Headers(headers),
  query: new URLSearchParams(search),
  params: { path: path.replace(/\/$/, '') },
  arrayBuffer: async () => new ArrayBuffer(0),
});
type Answered = HttpOutput<string | Uint8Array>;
const CALL = { log: {} } as never;
const asked =
  (method: 'GET' | 'HEAD') =>
  (
    path: string,
    headers?: Record<string, string>,
    serves: SitePart = 'all',
    search = '',
    call = CALL,
  ): Promise<Answered> =>
    SITE_FILE_ROUTES.find((one) => one.method === method)!.handle(
      input(path, headers, search),
      servicesOf(serves),
      call,
    );
const get = asked('GET');
const textOf = (body: string | Uint8Array | undefined): string => Buffer.from(body ?? '').toString();
const problem = ({ status, headers, body }: Answered) => [
  status,
  headers?.['content-type'],
  (JSON.parse(textOf(body)) as { code: string }).code,
];
const NOT_FOUND = [404, 'application/problem+json', 'page-not-found'];

describe('the files of the site', () => {
  it('name their invocation to pages of other origins, whatever is answered [R365]', async () => {
    const call = { log: { invocationId: 'i-1' } } as never;
    const { etag = '' } = (await get('console/')).headers ?? {};
    const answers = [
      await get('console/', {}, 'all', '', call),
      await get('console/', { 'if-none-match': etag }, 'all', '', call),
      await get('none.js', {}, 'all', '', call),
      await asked('HEAD')('none.js', {}, 'all', '', call),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 304, 404, 404]);
    for (const { headers } of answers)
      expect(headers).toMatchObject({
        'x-ms-invocation-id': 'i-1',
        'access-control-expose-headers': expect.stringMatching(/\bx-ms-invocation-id$/),
      });
  });

  it('are the page, and what it loads, under names of their content that may be kept for ever [R245]', async () => {
    expect(names).toEqual([
      expect.stringMatching(/^console\/console-[A-Z0-9]{8}\.css$/),
      expect.stringMatching(/^console\/console-[A-Z0-9]{8}\.js$/),
      expect.stringMatching(/^widget\/panel-[A-Z0-9]{8}\.js$/),
    ]);
    for (const name of names) {
      const { status, headers } = await get(name);
      expect([status, headers?.['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
    for (const name of ['console/', 'chat.js']) {
      const { headers } = await get(name);
      expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
    }
    expect((await get('console/')).headers?.['content-type']).toBe('text/html; charset=utf-8');
    expect((await get(names[1]!)).headers?.['content-type']).toBe('text/javascript; charset=utf-8');
  });

  it.each([
    ['br', 'br', brotliDecompressSync],
    ['gzip, deflate, br;q=0.5, zstd', 'br', brotliDecompressSync],
    ['GZIP', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=1.0', 'gzip', gunzipSync],
    ['identity', undefined, (bytes: Uint8Array) => bytes],
    ['brotli', undefined, (bytes: Uint8Array) => bytes],
  ])('come as the caller takes them: Accept-Encoding %s [R245]', async (accepted, coding, decode) => {
    const plain = await get(names[2]!);
    const { headers, body } = await get(names[2]!, { 'accept-encoding': accepted });
    expect(headers?.['content-encoding']).toBe(coding);
    expect(headers?.['vary']).toBe('Accept-Encoding');
    expect(textOf(decode(body as Uint8Array))).toBe(textOf(plain.body));
    if (coding !== undefined) {
      expect((body as Uint8Array).length).toBeLessThan((plain.body as Uint8Array).length / 2);
      expect(headers?.['etag']).not.toBe(plain.headers?.['etag']);
    }
  });

  it('of the console have a space for what indents a line of a template [R249]', async () => {
    const script = textOf((await get(names[1]!)).body);
    expect(script).toContain('`<p> ${document.title} </p>`');
    expect(script).toMatch(/first(\n|\\n)second/);
  });

  it('are not sent again to whoever has them [R245]', async () => {
    for (const accepted of ['', 'br', 'gzip']) {
      const { headers, body } = await get('chat.js', { 'accept-encoding': accepted });
      const etag = headers?.['etag'] ?? '';
      if (accepted === '') expect(etag).toBe(`"${createHash('sha256').update(body!).digest('base64url')}"`);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const answered = await get('chat.js', { 'accept-encoding': accepted, 'if-none-match': known });
        expect([answered.status, answered.body]).toEqual([304, undefined]);
        // What a cache goes by stays as it was, and another origin may still use it.
        expect(answered.headers).toMatchObject({
          etag,
          'cache-control': 'no-cache',
          'access-control-allow-origin': '*',
        });
        expect(answered.headers).not.toHaveProperty('content-encoding');
      }
      const changed = await get('chat.js', { 'accept-encoding': accepted, 'if-none-match': '"other"' });
      expect(changed.status).toBe(200);
    }
  });

  it('answer HEAD as GET, without the body [R245]', async () => {
    for (const name of ['console/', 'chat.js', names[0]!, 'nothing']) {
      const [one, other] = [await get(name), await asked('HEAD')(name)];
      expect([other.status, other.headers, other.body]).toEqual([one.status, one.headers, undefined]);
    }
  });

  it('that another build had under another hash lead to those of this one, which no cache keeps for that [R293]', async () => {
    const other = (name: string) => name.replace(/-[A-Z0-9]{8}\./, '-AAAAAAA7.');
    for (const name of names) {
      const { status, headers, body } = await get(other(name));
      expect([status, headers?.['location'], body]).toEqual([307, name.replace(/^\w+\//, ''), undefined]);
      expect(headers).toMatchObject({ 'cache-control': 'no-cache' });
      expect(headers).not.toHaveProperty('etag');
      expect(await asked('HEAD')(other(name))).toMatchObject({ status: 307, headers });
    }
    // Another origin may follow.
    expect((await get(other(names[2]!))).headers).toMatchObject({ 'access-control-allow-origin': '*' });
    const later = [...manifest.keys()].find((name) => name.startsWith('console/later-'))!;
    // It would come with a second copy of what its page has loaded: the page says that it is old.
    for (const name of [other(later), 'console/index-AAAAAAA7.html', 'chat-AAAAAAA7.js', 'widget/panel.js'])
      expect([name, ...problem(await get(name))]).toEqual([name, ...NOT_FOUND]);
    expect(problem(await get(other(names[0]!), {}, 'widget'))).toEqual(NOT_FOUND);
    expect(problem(await get(other(names[2]!), {}, 'none'))).toEqual(NOT_FOUND);
  });

  it('a page without its slash is asked for again with it, and with its query [R245]', async () => {
    const { status, headers } = await get('console', {}, 'all', '?account=anna');
    expect([status, headers?.['location']]).toEqual([308, 'console/?account=anna']);
    expect((await get('console/', {}, 'all', '?account=anna')).status).toBe(200);
  });

  it.each([
    '',
    'nothing.js',
    'manifest.json',
    'chat.js.br',
    'console/nothing',
    '../secret.txt',
    '..\\secret.txt',
    '%2e%2e/secret.txt',
    'console/../chat.js',
    '/etc/passwd',
    '__proto__',
    'constructor',
    'toString/',
    'chat.js\0',
    'CHAT.JS',
  ])('are those that were built, and no others: %j [R245]', async (name) => {
    const answered = await SITE_FILE_ROUTES[0]!.handle(
      { ...input(''), params: { path: name } },
      servicesOf('all'),
      CALL,
    );
    expect(problem(answered)).toEqual(NOT_FOUND);
  });

  it('are missing, and nothing else fails, where none were built [R245]', async () => {
    const none = servicesOf('all', { files: createSiteFiles([join(root, 'nowhere')]) });
    expect(problem(await SITE_FILE_ROUTES[0]!.handle(input('chat.js'), none, CALL))).toEqual(NOT_FOUND);
  });

  it('that are gone since the start are a failure of ours, and come back with the file [R245]', async () => {
    const folder = join(root, 'dist', 'web');
    const services = servicesOf('all', { files: createSiteFiles([folder]) });
    const path = join(folder, 'chat.js');
    const text = textOf((await get('chat.js')).body);
    rmSync(path);
    const missing = await SITE_FILE_ROUTES[0]!.handle(input('chat.js'), services, CALL);
    expect([missing.status, textOf(missing.body)]).toEqual([500, expect.not.stringContaining(root)]);
    writeFileSync(path, text);
    expect((await SITE_FILE_ROUTES[0]!.handle(input('chat.js'), services, CALL)).status).toBe(200);
  });
});

describe('the policy of a page', () => {
  it('of the API takes HTML that its library has cleaned, and no inline script or style either [R246]', async () => {
    const { headers } = await get('api/');
    const policy = headers?.['content-security-policy'] ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; /,
    );
    expect(policy).not.toMatch(/unsafe|trusted-types|https?:\/\/(?!login\.example)/);
  });

  it('lets nothing run but its own scripts, and connects to this deployment only [R246]', async () => {
    const { headers } = await get('console/');
    expect(headers?.['content-security-policy']?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self' wss://chat.example https://login.example",
      "frame-src 'self' https://login.example",
      "frame-ancestors 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types lit-html',
    ]);
    expect(headers?.['referrer-policy']).toBe('same-origin');
  });
});

describe('other origins', () => {
  it('load the widget, and nothing else [R247]', async () => {
    for (const name of ['chat.js', names[2]!]) {
      expect((await get(name)).headers).toMatchObject({
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      });
    }
    for (const name of ['console/', names[0]!, names[1]!]) {
      const { headers } = await get(name);
      expect(headers).toMatchObject({ 'cross-origin-resource-policy': 'same-origin' });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});

describe('one setting', () => {
  it.each<[SitePart, readonly string[]]>([
    ['all', ['console/', 'console', 'chat.js', 'widget']],
    ['widget', ['chat.js', 'widget']],
    ['none', []],
  ])('serves %s [R248]', async (serves, served) => {
    for (const name of ['console/', 'console', 'chat.js', 'widget']) {
      const answered = await get(name === 'widget' ? names[2]! : name, {}, serves);
      if (served.includes(name)) expect([name, answered.status < 400]).toEqual([name, true]);
      else expect([name, ...problem(answered)]).toEqual([name, ...NOT_FOUND]);
    }
  });
});

describe('the pages to try it', () => {
  it.each([
    ['of the local stack', ['ws://localhost:8080'], 200],
    ['of a deployment', ['wss://chat.example'], 404],
    ['of the local stack behind a tunnel of its own', ['ws://localhost:8080', 'wss://chat.example'], 404],
  ])('%s [R248]', async (_whose, sockets, status) => {
    const origins = { sockets, signIn: [] };
    for (const name of ['shop/', 'side-by-side/']) {
      const { status: answered } = await SITE_FILE_ROUTES[0]!.handle(
        input(name),
        servicesOf('all', { origins }),
        CALL,
      );
      expect([name, answered]).toEqual([name, status]);
    }
  });
});

describe('what the pages are told', () => {
  const told = async (serves: SitePart, more: object = {}) => {
    const { body } = await SITE_SETTINGS_ROUTE.handle(input('settings.json'), servicesOf(serves, more), CALL);
    return JSON.parse(body ?? '') as unknown;
  };

  it('is where agents sign in, and nothing that is secret [R246]', async () => {
    expect(
      await told('all', { signIn: { ...SIGN_IN, deskKeys: ['SECRET'], operatorKeys: ['SECRET'] } }),
    ).toEqual({
      api: '/api',
      signIn: {
        authority: 'https://login.example/11111111-2222-3333-4444-555555555555',
        clientId: '66666666-7777-8888-9999-000000000000',
        scope: 'api://66666666-7777-8888-9999-000000000000/.default',
        standIn: false,
      },
    });
    expect(await told('all', { signIn: undefined })).toEqual({ api: '/api' });
    expect(await told('widget')).toEqual({ api: '/api' });
  });

  it.each(['https://chat.example/api', 'api://contoso.example/chat', 'api://chat'])(
    'is nothing of a sign-in whose registration the audience does not name: %s [R246]',
    async (audience) => {
      expect(await told('all', { signIn: { ...SIGN_IN, audience } })).toEqual({ api: '/api' });
    },
  );

  it('names the stand-in, which is on this machine [R246]', async () => {
    const authority = 'http://127.0.0.1:8085';
    expect(await told('all', { signIn: { ...SIGN_IN, authority } })).toMatchObject({
      signIn: { standIn: true },
    });
  });
});

describe('what has to be downloaded', () => {
  it('has lines of HTML and CSS in one, and texts as they were written [R370]', async () => {
    const source = `
      const html = (strings) => strings.join('|');
      globalThis.told = {
        css: \`\n:host{color:red}\n.a,\n.b{margin:0;\npadding:0}\`,
        html: [html\`<p>\n  \${1}\n  <b>\n</b></p>\`, html\`<i>\n  </i>\`],
        indented: ['a', 'b'].join(\`\n  \`),
        last: \`\${['{', '}'].join(\`,\n\`)}\n\`,
        letters: '\\xe9 \\\\xe9',
      };`;
    const context = { told: undefined };
    runInNewContext(await smaller(source), context);
    expect(context.told).toEqual({
      css: '\n:host{color:red}.a,.b{margin:0;padding:0}',
      html: ['<p> | <b>\n</b></p>', '<i> </i>'],
      indented: 'a\n  b',
      last: '{,\n}\n',
      letters: '\xe9 \\xe9',
    });
  });

  /** Builds the same with other sources for some, and measures it. */
  const measured = async (changes: Record<string, string>) => {
    const folder = mkdtempSync(join(tmpdir(), 'size-'));
    try {
      for (const [name, text] of Object.entries({ ...SOURCES, ...changes })) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      return countedIn(folder, await buildWeb(folder));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  /** As many bytes that no compression makes fewer, as a script. */
  const weighing = (bytes: number) =>
    `console.log('${Buffer.from(Array.from({ length: Math.ceil(bytes / 32) }, (_, i) => createHash('sha256').update(String(i)).digest('hex')).join(''), 'hex').toString('base64')}');`;
  const over = (counted: Awaited<ReturnType<typeof measured>>) =>
    counted.flatMap(({ name, size, limit = Infinity }) => (size > limit ? [name] : []));
  const [loader, widget, , desk] = BUDGETS.map(({ name }) => name) as [string, string, string, string];

  it('has a budget, and a build above it fails [R249]', async () => {
    const small = await measured({});
    expect(small.map(({ name }) => name)).toEqual(BUDGETS.map(({ name }) => name));
    expect([over(small), report(small).isOver]).toEqual([[], false]);

    const loaded = await measured({ 'web/widget/embed.ts': weighing(2_000) });
    expect([over(loaded), report(loaded).isOver]).toEqual([[loader], true]);
    expect(over(await measured({ 'web/widget/panel.ts': weighing(15_000) }))).toEqual([widget]);
    expect(over(await measured({ 'web/console/later.ts': weighing(40_000) }))).toEqual([desk]);
    expect(
      over(await measured({ 'web/console/console.css': `a::after { content: "${weighing(40_000)}"; }` })),
    ).toEqual([desk]);
  });

  it('counts what the widget loads at once, whatever file it is in [R249]', async () => {
    const shared = await measured({
      'web/widget/embed.ts': `import './common'; void import('./panel');`,
      'web/widget/panel.ts': `import './common'; console.log('panel');`,
      'web/widget/common.ts': `${weighing(2_000)} export {};`,
    });
    expect(over(shared)).toEqual([loader]);
  });

  it('holds what everybody needs to its budget, and tells the rest beside it [R353]', async () => {
    const all = await measured({
      'web/widget/panel.ts': `void import('./around'); void import('./texts/en'); void import('./texts/ja');`,
      'web/widget/around.ts': weighing(20_000),
      'web/widget/texts/en.ts': weighing(3_000),
      'web/widget/texts/ja.ts': weighing(4_000),
      'web/console/console.ts': `void import('./operator/pages'); void import('./later');`,
      'web/console/operator/pages.ts': `import './chart'; ${weighing(50_000)}`,
      'web/console/operator/chart.ts': `console.log('chart')`,
    });
    expect(over(all)).toEqual([]);
    const [, toChat, widgetInAll, toWork, consoleInAll] = all.map(({ size }) => Math.round(size / 1_000));
    expect(toChat).toBe(4);
    expect(Math.round((widgetInAll! - toChat!) / 10)).toBe(2);
    expect(Math.round((consoleInAll! - toWork!) / 10)).toBe(5);
    expect(report(all).lines[1]).toMatch(/^ok .* of +15\.00 kB/);
    expect(report(all).lines[2]).not.toMatch(/ok| of +\d/);
  });

  it('does not count the library of Entra ID, which is loaded where a tenant is configured [R249]', async () => {
    const msal = 'node_modules/@azure/msal-browser';
    const counted = await measured({
      'web/console/console.ts': `void import('@azure/msal-browser');`,
      [`${msal}/package.json`]:
        '{"name":"@azure/msal-browser","version":"1.0.0","license":"MIT","main":"index.js"}',
      [`${msal}/index.js`]: weighing(50_000),
    });
    expect(over(counted)).toEqual([]);
  });
});
