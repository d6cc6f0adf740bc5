import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ACCESS, SOCKET_EVENTS } from '../../shared/access/authorisation';
import { ALL_ROUTES, ROUTES } from '../../shared/app/routes';
import { recordedFunctions } from '../support/functions-core';
import { loadFunctions, ROOT, SETTINGS } from './functions-app';
import { matches, read } from './text';
import type * as FunctionsCore from '../support/functions-core';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof FunctionsCore>('../support/functions-core').functionsCore,
  { virtual: true },
);

const document = read('docs/THREAT-MODEL.md');
/** What is set as code in the documents. */
const code = matches([document, read('SECURITY.md')].join('\n'), /`([^`\n]+)`/g);
/** All tests, wherever they lie. */
const testFiles = ['test', 'local']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .map((path) => `/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.test.ts'));

beforeAll(async () => {
  Object.assign(process.env, SETTINGS);
  await loadFunctions();
});

describe('the threat model', () => {
  it('has every HTTP route of the app, by method, and no others', () => {
    const routes = recordedFunctions()
      .filter(({ trigger }) => trigger.type === 'httpTrigger')
      .flatMap(({ trigger: { methods, route } }) =>
        (methods as string[]).map((method) => `${method} ${String(route)}`),
      );
    const named = document
      .split('\n')
      .flatMap((line) => /^\| `((?:GET|HEAD|POST|PUT|DELETE|OPTIONS) [^`]+)`/.exec(line)?.[1] ?? []);
    expect(routes.length).toBeGreaterThan(20);
    expect(named.sort()).toEqual(routes.sort());
  });

  it('has routes in the section of what protects them', () => {
    const levels: Record<string, string> = {};
    for (const { trigger } of recordedFunctions().filter((one) => one.trigger.type === 'httpTrigger')) {
      for (const method of trigger['methods'] as string[])
        levels[`${method} ${String(trigger['route'])}`] = String(trigger['authLevel']);
    }
    const [, keyed = ''] = document.split(/^### With a function key$/m);
    const withKey = keyed.split(/^### Sockets$/m)[0] ?? '';
    for (const [route, level] of Object.entries(levels)) {
      expect([route, withKey.includes(`\`${route}\``)]).toEqual([route, level === 'function']);
    }
  });

  it('has, in the table of who may do what, every route, every event, and whatever is done to one conversation [R150]', () => {
    const rows = (head: string) => {
      const [, table = ''] = document.split(`| ${head} |`);
      return matches(table.split('\n\n')[0] ?? '', /^\| (?:socket: )?`([\w-]+)` \|/gm).sort();
    };
    const events = Object.keys(SOCKET_EVENTS);
    expect(rows('route or event')).toEqual([...ALL_ROUTES.map(({ id }) => id), ...events].sort());
    const [sent = ''] =
      /systemEvents: [^}]+userEventPattern: .*/.exec(read('infra/modules/web-pubsub-hub.bicep')) ?? [];
    expect(events.sort()).toEqual(matches(sent, /\b([a-z]+)(?=[',])/g).sort());
    // Operators act on all conversations alike.
    const onOne = ROUTES.filter(
      ({ path, access }) => path.includes('{conversationId}') && ACCESS[access].agent === 'yes',
    ).map(({ id }) => id);
    expect(rows('on a conversation')).toEqual([...onOne, 'negotiate', ...events].sort());
  });

  it('names tests and files that exist', () => {
    const tests = code.filter((text) =>
      /^(unit|properties|contract|integration|local|browser)\/\w/.test(text),
    );
    const sources = code.filter((text) => /^[a-z-]+(\/[a-z-]+)+\.ts$/.test(text));
    expect(tests.length).toBeGreaterThan(40);
    expect(sources.length).toBeGreaterThan(5);
    expect(tests.filter((name) => !testFiles.some((path) => path.endsWith(`/${name}.test.ts`)))).toEqual([]);
    expect(sources.filter((name) => !existsSync(join(ROOT, 'shared', name)))).toEqual([]);
  });

  it('names settings that exist', () => {
    const settings = code.flatMap((text) => /^[A-Z]+(?:_[A-Z]+)+/.exec(text) ?? []);
    // Those of the host are in the infrastructure.
    const known = ['shared/app/config.ts', 'infra/modules/functions.bicep'].map(read).join();
    const [webPubSub] = ['WEB_PUBSUB_CONNECTION_STRING_SECONDARY'];
    expect(settings).toContain(webPubSub);
    expect(settings.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('what shows messages to people', () => {
  it.each([
    'test/browser/widget/widget.js',
    'test/browser/widget/index.html',
    'test/browser/example/page.js',
    'test/browser/example/index.html',
    'examples/widget.js',
  ])('writes them as text, never as HTML: %s', (name) => {
    expect(read(name)).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc/);
  });
});
