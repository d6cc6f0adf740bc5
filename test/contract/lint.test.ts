import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from './functions-app';

interface Message {
  readonly ruleId: string | null;
  readonly message: string;
}
/** A sentence, the file that would hold the code, and the code. */
type Snippet = readonly [sentence: string, file: string, code: string];

const PURE = 'shared/conversation/snippet-rules.ts';
const SERVICE = 'shared/conversation/snippet-service.ts';
const PARSER = 'shared/web-pubsub/snippet-parser.ts';
const GUARD = 'shared/access/snippet-guard.ts';
const ROUTES = 'shared/conversation/snippet-routes.ts';
const ACTIVITIES = 'shared/deadlines/snippet-activities.ts';
const ORCHESTRATOR = 'shared/deadlines/snippet-orchestrator.ts';
const CONTRACT = 'shared/deadlines/snippet-contract.ts';
const TIMERS = 'shared/deadlines/snippet-timers.ts';
const TABLE = 'shared/conversation/snippet-table.ts';
const CLIENT = 'shared/web-pubsub/snippet-client.ts';
const COMPOSITION = 'shared/app/composition.ts';
const FUNCTION = 'functions/snippet.ts';

const importing = (...names: string[]) => names.map((name) => `import '${name}';`).join('\n');
const STORE = '../conversation/conversation-table';
const HANDLE = '../conversation/conversation-service';

const wrongImports: Snippet[] = [
  ['a rule cannot import a service', PURE, importing(HANDLE)],
  ['a rule cannot import errors', PURE, importing('../app/errors')],
  ['a rule cannot import a package', PURE, importing('jose')],
  ['a service cannot import a table', SERVICE, importing(STORE)],
  ['a service cannot import a route', SERVICE, importing('../access/negotiate-routes')],
  ['a service cannot import guards', SERVICE, importing('../access/caller-guard')],
  ['a service cannot import parsers', SERVICE, importing('../web-pubsub/cloud-event-parser')],
  ['a service cannot import what routes have in common', SERVICE, importing('../http/route')],
  ['a service cannot import the configuration', SERVICE, importing('../app/config')],
  ['a service cannot import a module of Node', SERVICE, importing('node:crypto')],
  ['a service cannot import fs without its prefix', SERVICE, importing('fs')],
  ['a service cannot import crypto without its prefix', SERVICE, importing('crypto')],
  ['a parser cannot import a service', PARSER, importing(HANDLE)],
  ['a parser cannot import a route', PARSER, importing('../access/negotiate-routes')],
  ['a parser cannot import guards', PARSER, importing('../access/caller-guard')],
  ['a guard cannot import a table', GUARD, importing(STORE)],
  ['a guard cannot import the configuration', GUARD, importing('../app/config')],
  ['a guard cannot import the composition', GUARD, importing('../app/composition')],
  ['a route cannot import a table', ROUTES, importing(STORE)],
  ['a route cannot import the configuration', ROUTES, importing('../app/config')],
  ['a route cannot import the composition', ROUTES, importing('../app/composition')],
  ['a route cannot import an SDK', ROUTES, importing('@azure/functions')],
  ['an activity cannot import a table', ACTIVITIES, importing(STORE)],
  ['an activity cannot import the configuration', ACTIVITIES, importing('../app/config')],
  ['an activity cannot import the composition', ACTIVITIES, importing('../app/composition')],
  ['an orchestrator cannot import a service', ORCHESTRATOR, importing(HANDLE)],
  ['an orchestrator cannot import a route', ORCHESTRATOR, importing('../access/negotiate-routes')],
  ['an orchestrator cannot import guards', ORCHESTRATOR, importing('../access/caller-guard')],
  ['an orchestrator cannot import its activities', ORCHESTRATOR, importing('./deadline-activities')],
  ['an orchestrator cannot import a module of Node', ORCHESTRATOR, importing('node:crypto')],
  ['an orchestrator cannot import fs without its prefix', ORCHESTRATOR, importing('fs')],
  ['an orchestrator cannot import crypto without its prefix', ORCHESTRATOR, importing('crypto')],
  ['what orchestrators import cannot import more', CONTRACT, importing('durable-functions')],
  ['a table cannot import a route', TABLE, importing('../access/negotiate-routes')],
  ['a table cannot import parsers', TABLE, importing('../web-pubsub/cloud-event-parser')],
  ['a table cannot import a client', TABLE, importing('../web-pubsub/participants-client')],
  ['a table cannot import the SDK of a client', TABLE, importing('@azure/web-pubsub')],
  ['a table cannot import services', TABLE, importing(HANDLE)],
  ['a table cannot import the configuration', TABLE, importing('../app/config')],
  ['a client cannot import a table', CLIENT, importing(STORE)],
  ['a timer cannot import a table', TIMERS, importing(STORE)],
  [
    'what routes have in common cannot import one',
    'shared/http/snippet.ts',
    importing('../access/negotiate-routes'),
  ],
  ['the configuration cannot import the composition', 'shared/app/config.ts', importing('./composition')],
  ['the composition cannot import functions/', COMPOSITION, importing('../../functions/http')],
  ['functions/ cannot import the Tables SDK', FUNCTION, importing('@azure/data-tables')],
  ['functions/ cannot import the Web PubSub SDK', FUNCTION, importing('@azure/web-pubsub')],
  ['functions/ cannot import credentials', FUNCTION, importing('@azure/identity')],
  ['functions/ cannot import jose', FUNCTION, importing('jose')],
  ['functions/ cannot import zod', FUNCTION, importing('zod')],
  ['functions/ cannot import rules', FUNCTION, importing('../shared/conversation/decide')],
  [
    'functions/ cannot import a route past the list',
    FUNCTION,
    importing('../shared/access/negotiate-routes'),
  ],
  ['functions/ cannot import a service', FUNCTION, importing('../shared/conversation/conversation-service')],
  ['functions/ cannot import a table', FUNCTION, importing('../shared/conversation/conversation-table')],
  ['functions/ cannot import the configuration', FUNCTION, importing('../shared/app/config')],
  ['the product cannot import the stand-ins', ROUTES, importing('../../local/web-pubsub')],
  ['the product cannot import tests', FUNCTION, importing('../test/support/memory-ports')],
  ['the stand-ins cannot import shared/', 'local/snippet.ts', importing('../shared/app/settings-reader')],
  ['the stand-ins cannot import functions/', 'local/stack/snippet.ts', importing('../../functions/http')],
  ['the stand-ins cannot import their tests', 'local/web-pubsub/snippet.ts', importing('./test/support')],
  [
    'tests of the stand-ins cannot import shared/',
    'local/web-pubsub/test/snippet.ts',
    importing('../../../shared/app/settings-reader'),
  ],
  ['a new file of shared/app needs a row in the table', 'shared/app/snippet.ts', 'export {};'],
  ['importing only a type is importing', ROUTES, `import type {} from '${STORE}';`],
  ['exporting again is importing', ROUTES, `export * from '${STORE}';`],
  ['exporting a name again is importing', ROUTES, `export { x } from '${STORE}';`],
  ['import() is importing', ROUTES, `export const x = () => import('${STORE}');`],
  ['import() of a computed name is refused', ROUTES, 'export const x = (name: string) => import(name);'],
  ['import() in a type is importing', ROUTES, `export type X = import('${STORE}').X;`],
  ['import = require() is importing', ROUTES, `import x = require('${STORE}');\nexport { x };`],
  ['require() is importing', ROUTES, `export const x: unknown = require('${STORE}');`],
  ['a detour through other folders is seen', ROUTES, importing('../http/../conversation/conversation-table')],
  ['an extension hides nothing', ROUTES, importing('../app/config.js')],
  ['the environment cannot be imported by a table', TABLE, `export { env } from 'node:process';`],
  ['the environment cannot be imported by functions/', FUNCTION, `export { env } from 'process';`],
];

const environment: Snippet[] = [SERVICE, ROUTES, TABLE, 'shared/app/config.ts', PURE, FUNCTION].flatMap(
  (file): Snippet[] => [
    [`process.env cannot be read in ${file}`, file, 'export const x = process.env.X;'],
    [`process['env'] cannot be read in ${file}`, file, `export const x = process['env'];`],
    [`process cannot be taken apart in ${file}`, file, 'export const { env } = process;'],
    [`globalThis.process cannot be read in ${file}`, file, 'export const x = globalThis.process.env;'],
    [`global.process cannot be read in ${file}`, file, 'export const x = global.process.env;'],
  ],
);

environment.push(
  ['require cannot get another name', ROUTES, 'export const load = require;'],
  ['module.require cannot be used', ROUTES, `export const x: unknown = module.require('fs');`],
);

const clock: Snippet[] = [PURE, ORCHESTRATOR, CONTRACT].flatMap((file): Snippet[] => [
  [`${file} cannot call Date.now()`, file, 'export const x = Date.now();'],
  [`${file} cannot call Date['now']()`, file, `export const x = Date['now']();`],
  [`${file} cannot call Date()`, file, 'export const x = Date();'],
  [`${file} cannot create the present date`, file, 'export const x = new Date();'],
  [`${file} cannot create the present date of nothing`, file, 'export const x = new Date(...([] as []));'],
  [`${file} cannot take Date.now out of Date`, file, 'export const { now } = Date;'],
  [`${file} cannot give Date another name`, file, 'export const Clock = Date;'],
  [`${file} cannot hand Date on`, file, 'export const x = new Date(Number(Date));'],
  [`${file} cannot call Math.random()`, file, 'export const x = Math.random();'],
  [`${file} cannot call Math['random']()`, file, `export const x = Math['random']();`],
  [`${file} cannot take random out of Math`, file, 'export const { random } = Math;'],
  [`${file} cannot give Math another name`, file, 'export const M = Math;'],
]);

const asynchronous: Snippet[] = [
  ['await in a function', 'export async function x() { await 0; }'],
  ['await at the top level', 'await 0;'],
  ['for await', 'for await (const x of []) void x;'],
  ['an async function', 'export async function x() {}'],
  ['an async function expression', 'export const x = async function () {};'],
  ['an async arrow function', 'export const x = async () => {};'],
  ['an async method', 'export const x = { async y() {} };'],
  ['an async method of a class', 'export class X { async y() {} }'],
  ['an async generator', 'export async function* x() { yield 0; }'],
].map(([what = '', code = '']): Snippet => [`an orchestrator cannot contain ${what}`, ORCHESTRATOR, code]);

const outside: Snippet[] = [PURE, ORCHESTRATOR].flatMap((file) =>
  [
    'globalThis.setTimeout',
    'global.crypto',
    'setTimeout',
    'setInterval',
    'setImmediate',
    'queueMicrotask',
    'fetch',
    'crypto.randomUUID',
    'performance.now',
    'Intl.DateTimeFormat',
  ].map((name): Snippet => [`${file} cannot use ${name}`, file, `export const x: unknown = ${name};`]),
);
outside.push(['an orchestrator cannot make a Promise', ORCHESTRATOR, 'export const x = Promise.resolve();']);

const legal: Snippet[] = [
  [
    'a rule may calculate with given moments',
    PURE,
    `import { toIso, type Instant } from './time';
export const x = (now: Instant): string => toIso(Math.max(now, new Date(now).getTime()));
export const y = (date: Date): number => Math.floor(date.getTime());`,
  ],
  [
    'an orchestrator may use its context, its contract and given moments',
    ORCHESTRATOR,
    `import { RetryOptions, type OrchestrationContext } from 'durable-functions';
import { ACTIVITIES, type DeadlineInput } from './deadline-contract';
export function* x(context: OrchestrationContext) {
  const { deadline } = context.df.getInput<DeadlineInput>()!;
  yield context.df.createTimer(new Date(deadline));
  yield context.df.callActivityWithRetry(ACTIVITIES.reachDeadline, new RetryOptions(1, 1), deadline);
  return new Date(context.df.currentUtcDateTime.getTime() + 1);
}`,
  ],
  [
    'a service may import rules, other services, errors and the log',
    SERVICE,
    importing('./decide', '../policies/settings-service', '../app/errors', '../app/log'),
  ],
  [
    'a parser may import rules, what routes have in common, errors and zod',
    PARSER,
    importing('../conversation/time', '../http/route', '../app/errors', 'zod'),
  ],
  [
    'a guard may import what routes have in common, errors, jose and crypto',
    GUARD,
    importing('../http/route', '../app/errors', 'jose', 'node:crypto'),
  ],
  [
    'a route may import services, parsers and guards',
    ROUTES,
    importing(HANDLE, '../http/route', '../access/caller-guard', '../web-pubsub/cloud-event-parser', 'zod'),
  ],
  [
    'an activity may import services and its contract',
    ACTIVITIES,
    importing(HANDLE, '../app/log', './deadline-contract'),
  ],
  [
    'a timer may import its contract and durable-functions',
    TIMERS,
    importing('./deadline-contract', 'durable-functions'),
  ],
  [
    'a table may import rules, the storage and its SDK',
    TABLE,
    importing('./work-list', '@azure/data-tables', '../storage/table', 'node:crypto'),
  ],
  [
    'the composition may import everything in shared/ and read the environment',
    COMPOSITION,
    `${importing(STORE, './config', '../access/negotiate-routes', '@azure/identity')}
export const x = process.env;`,
  ],
  [
    'functions/ may import the composition, the list of routes, orchestrators and the two SDKs that register',
    FUNCTION,
    importing(
      '@azure/functions',
      'durable-functions',
      '../shared/app/composition',
      '../shared/app/routes',
      '../shared/deadlines/conversation-deadline-orchestrator',
    ),
  ],
  ['the stand-ins may import packages and each other', 'local/snippet.ts', importing('ws', './web-pubsub')],
  [
    'tests of the stand-ins may import them and their own support',
    'local/web-pubsub/test/snippet.ts',
    importing('../index', './support', '../../stack/azurite', '@jest/globals'),
  ],
  [
    'tests may import anything',
    'test/unit/snippet.ts',
    `${importing('../../shared/app/config', '../../local/web-pubsub')}\nexport const x = process.env;`,
  ],
];

const broken: readonly [title: string, ruleId: string, snippets: Snippet[]][] = [
  ['direction of imports', 'layers/imports', wrongImports],
  ['environment and other ways to import', 'no-restricted-globals', environment],
  ['clock and randomness', 'no-restricted-syntax', clock],
  ['async', 'no-restricted-syntax', asynchronous],
  ['the world outside', 'no-restricted-globals', outside],
];

const messagesOf = new Map<Snippet, Message[]>();
beforeAll(() => {
  const snippets = [...broken.flatMap(([, , some]) => some), ...legal];
  const { stdout, stderr } = spawnSync(process.execPath, [join(__dirname, 'lint-snippets.mjs')], {
    cwd: ROOT,
    input: JSON.stringify(snippets.map(([, file, code]) => ({ file, code }))),
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(`ESLint did not run: ${stderr}`);
  const results = JSON.parse(stdout) as Message[][];
  snippets.forEach((snippet, index) => messagesOf.set(snippet, results[index] ?? []));
});

const sentences = (snippets: Snippet[]) => snippets.map((snippet) => [snippet[0], snippet] as const);

describe.each(broken)('ESLint on the %s', (_title, ruleId, snippets) => {
  it.each(sentences(snippets))('%s', (_sentence, snippet) => {
    expect(messagesOf.get(snippet)?.map((message) => message.ruleId)).toContain(ruleId);
  });
});

describe('ESLint on legal code', () => {
  it.each(sentences(legal))('%s', (_sentence, snippet) => {
    expect(messagesOf.get(snippet)).toEqual([]);
  });

  it('says which role a line breaks, and why', () => {
    const route = wrongImports.find(([sentence]) => sentence === 'a route cannot import a table');
    expect(messagesOf.get(route!)).toEqual([
      {
        ruleId: 'layers/imports',
        message:
          'shared/conversation/snippet-routes (routes) must not import shared/conversation/conversation-table. ' +
          'A route is given its services by the composition.',
      },
    ]);
  });
});
