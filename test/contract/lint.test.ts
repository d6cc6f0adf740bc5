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

const DOMAIN = 'shared/domain/decide/snippet.ts';
const APPLICATION = 'shared/application/snippet.ts';
const INBOUND = 'shared/inbound/snippet.ts';
const SECURITY = 'shared/security/snippet.ts';
const HANDLER = 'shared/handlers/snippet.ts';
const WORKFLOW = 'shared/workflow/snippet.ts';
const ORCHESTRATOR = 'shared/workflow/orchestrators/snippet.ts';
const ADAPTER = 'shared/adapters/storage/snippet.ts';
const COMPOSITION = 'shared/composition.ts';
const FUNCTION = 'functions/snippet.ts';

const importing = (...names: string[]) => names.map((name) => `import '${name}';`).join('\n');
const STORE = '../adapters/storage/table-conversation-store';

const wrongImports: Snippet[] = [
  ['the domain cannot import the application', DOMAIN, importing('../../application/reconcile')],
  ['the domain cannot import errors', DOMAIN, importing('../../errors')],
  ['the domain cannot import a package', DOMAIN, importing('zod')],
  ['the application cannot import an adapter', APPLICATION, importing(STORE)],
  ['the application cannot import a handler', APPLICATION, importing('../handlers/negotiate')],
  ['the application cannot import guards', APPLICATION, importing('../security/tickets')],
  ['the application cannot import parsers', APPLICATION, importing('../inbound/http')],
  ['the application cannot import the configuration', APPLICATION, importing('../config')],
  ['the application cannot import a module of Node', APPLICATION, importing('node:crypto')],
  ['the application cannot import fs without its prefix', APPLICATION, importing('fs')],
  ['the application cannot import crypto without its prefix', APPLICATION, importing('crypto')],
  ['a parser cannot import the application', INBOUND, importing('../application/conversation-service')],
  ['a parser cannot import a handler', INBOUND, importing('../handlers/negotiate')],
  ['a parser cannot import guards', INBOUND, importing('../security/tickets')],
  ['a guard cannot import an adapter', SECURITY, importing(STORE)],
  ['a guard cannot import the configuration', SECURITY, importing('../config')],
  ['a guard cannot import the composition', SECURITY, importing('../composition')],
  ['a handler cannot import an adapter', HANDLER, importing(STORE)],
  ['a handler cannot import the configuration', HANDLER, importing('../config')],
  ['a handler cannot import the composition', HANDLER, importing('../composition')],
  ['a handler cannot import an SDK', HANDLER, importing('@azure/functions')],
  ['an activity cannot import an adapter', WORKFLOW, importing(STORE)],
  ['an activity cannot import the configuration', WORKFLOW, importing('../config')],
  ['an activity cannot import the composition', WORKFLOW, importing('../composition')],
  ['an orchestrator cannot import the application', ORCHESTRATOR, importing('../../application/reconcile')],
  ['an orchestrator cannot import a handler', ORCHESTRATOR, importing('../../handlers/negotiate')],
  ['an orchestrator cannot import guards', ORCHESTRATOR, importing('../../security/tickets')],
  ['an orchestrator cannot import its activities', ORCHESTRATOR, importing('../activities')],
  ['an orchestrator cannot import a module of Node', ORCHESTRATOR, importing('node:crypto')],
  ['an orchestrator cannot import fs without its prefix', ORCHESTRATOR, importing('fs')],
  ['an orchestrator cannot import crypto without its prefix', ORCHESTRATOR, importing('crypto')],
  [
    'what orchestrators import cannot import more',
    'shared/workflow/names.ts',
    importing('durable-functions'),
  ],
  ['an adapter cannot import a handler', ADAPTER, importing('../../handlers/negotiate')],
  ['an adapter cannot import parsers', ADAPTER, importing('../../inbound/http')],
  ['an adapter cannot import another adapter', ADAPTER, importing('../web-pubsub/client-url')],
  ['an adapter cannot import the SDK of another one', ADAPTER, importing('@azure/web-pubsub')],
  ['an adapter cannot import use cases', ADAPTER, importing('../../application/conversation-service')],
  ['an adapter cannot import the configuration', ADAPTER, importing('../../config')],
  ['the configuration cannot import the composition', 'shared/config.ts', importing('./composition')],
  ['the composition cannot import functions/', COMPOSITION, importing('../functions/health')],
  ['functions/ cannot import the Tables SDK', FUNCTION, importing('@azure/data-tables')],
  ['functions/ cannot import the Web PubSub SDK', FUNCTION, importing('@azure/web-pubsub')],
  ['functions/ cannot import credentials', FUNCTION, importing('@azure/identity')],
  ['functions/ cannot import jose', FUNCTION, importing('jose')],
  ['functions/ cannot import zod', FUNCTION, importing('zod')],
  ['functions/ cannot import the domain', FUNCTION, importing('../shared/domain/time')],
  ['functions/ cannot import the application', FUNCTION, importing('../shared/application/reconcile')],
  ['functions/ cannot import an adapter', FUNCTION, importing('../shared/adapters/storage/columns')],
  ['functions/ cannot import the configuration', FUNCTION, importing('../shared/config')],
  ['the product cannot import the stand-ins', HANDLER, importing('../../local/web-pubsub')],
  ['the product cannot import tests', FUNCTION, importing('../test/support/memory-ports')],
  ['the stand-ins cannot import shared/', 'local/snippet.ts', importing('../shared/settings')],
  ['the stand-ins cannot import functions/', 'local/stack/snippet.ts', importing('../../functions/health')],
  ['the stand-ins cannot import their tests', 'local/web-pubsub/snippet.ts', importing('./test/support')],
  [
    'tests of the stand-ins cannot import shared/',
    'local/web-pubsub/test/snippet.ts',
    importing('../../../shared/settings'),
  ],
  ['a new folder of shared/ needs a row in the table', 'shared/anywhere/snippet.ts', 'export {};'],
  ['importing only a type is importing', HANDLER, `import type {} from '${STORE}';`],
  ['exporting again is importing', HANDLER, `export * from '${STORE}';`],
  ['exporting a name again is importing', HANDLER, `export { x } from '${STORE}';`],
  ['import() is importing', HANDLER, `export const x = () => import('${STORE}');`],
  ['import() of a computed name is refused', HANDLER, 'export const x = (name: string) => import(name);'],
  ['import() in a type is importing', HANDLER, `export type X = import('${STORE}').X;`],
  ['import = require() is importing', HANDLER, `import x = require('${STORE}');\nexport { x };`],
  ['require() is importing', HANDLER, `export const x: unknown = require('${STORE}');`],
  ['a detour through other folders is seen', HANDLER, importing('../domain/../adapters/storage/columns')],
  ['an extension hides nothing', HANDLER, importing('../config.js')],
  ['the environment cannot be imported by an adapter', ADAPTER, `export { env } from 'node:process';`],
  ['the environment cannot be imported by functions/', FUNCTION, `export { env } from 'process';`],
];

const environment: Snippet[] = [APPLICATION, HANDLER, ADAPTER, 'shared/config.ts', DOMAIN, FUNCTION].flatMap(
  (file): Snippet[] => [
    [`process.env cannot be read in ${file}`, file, 'export const x = process.env.X;'],
    [`process['env'] cannot be read in ${file}`, file, `export const x = process['env'];`],
    [`process cannot be taken apart in ${file}`, file, 'export const { env } = process;'],
    [`globalThis.process cannot be read in ${file}`, file, 'export const x = globalThis.process.env;'],
    [`global.process cannot be read in ${file}`, file, 'export const x = global.process.env;'],
  ],
);

environment.push(
  ['require cannot get another name', HANDLER, 'export const load = require;'],
  ['module.require cannot be used', HANDLER, `export const x: unknown = module.require('fs');`],
);

const clock: Snippet[] = [DOMAIN, ORCHESTRATOR, 'shared/workflow/deadline.ts'].flatMap((file): Snippet[] => [
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

const outside: Snippet[] = [DOMAIN, ORCHESTRATOR].flatMap((file) =>
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
    'the domain may calculate with given moments',
    DOMAIN,
    `import { toIso, type Instant } from '../time';
export const x = (now: Instant): string => toIso(Math.max(now, new Date(now).getTime()));
export const y = (date: Date): number => Math.floor(date.getTime());`,
  ],
  [
    'an orchestrator may use its context, its names and given moments',
    ORCHESTRATOR,
    `import { RetryOptions, type OrchestrationContext } from 'durable-functions';
import type { DeadlineInput } from '../deadline';
import { ACTIVITIES } from '../names';
export function* x(context: OrchestrationContext) {
  const { deadline } = context.df.getInput<DeadlineInput>()!;
  yield context.df.createTimer(new Date(deadline));
  yield context.df.callActivityWithRetry(ACTIVITIES.reachDeadline, new RetryOptions(1, 1), deadline);
  return new Date(context.df.currentUtcDateTime.getTime() + 1);
}`,
  ],
  [
    'the application may import the domain, its ports, errors and logging',
    APPLICATION,
    importing('../domain/time', './ports/work-list', '../errors', '../logging'),
  ],
  [
    'a parser may import the domain, errors and zod',
    INBOUND,
    importing('../domain/time', '../errors', 'zod'),
  ],
  [
    'a guard may import parsers, errors, jose and crypto',
    SECURITY,
    importing('../inbound/http', '../errors', 'jose', 'node:crypto'),
  ],
  [
    'a handler may import the application, parsers and guards',
    HANDLER,
    importing('../application/conversation-service', '../inbound/http', '../security/tickets', 'zod'),
  ],
  [
    'an activity may import the application and durable-functions',
    WORKFLOW,
    importing('../application/reconcile', '../logging', './deadline', 'durable-functions'),
  ],
  [
    'an adapter may import its port, its SDK and its own folder',
    ADAPTER,
    importing('../../application/ports/work-list', '@azure/data-tables', './columns', 'node:crypto'),
  ],
  [
    'the composition may import everything in shared/ and read the environment',
    COMPOSITION,
    `${importing('./adapters/storage/columns', './config', './handlers/negotiate', '@azure/identity')}
export const x = process.env;`,
  ],
  [
    'functions/ may import the composition, handlers, workflow and the two SDKs that register',
    FUNCTION,
    importing(
      '@azure/functions',
      'durable-functions',
      '../shared/composition',
      '../shared/handlers/negotiate',
      '../shared/workflow/orchestrators/conversation-deadline',
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
    `${importing('../../shared/config', '../../local/web-pubsub')}\nexport const x = process.env;`,
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

  it('says which layer a line breaks, and why', () => {
    const handler = wrongImports.find(([sentence]) => sentence === 'a handler cannot import an adapter');
    expect(messagesOf.get(handler!)).toEqual([
      {
        ruleId: 'layers/imports',
        message:
          'shared/handlers/ must not import shared/adapters/storage/table-conversation-store. ' +
          'A handler is given its adapters by shared/composition.ts.',
      },
    ]);
  });
});
