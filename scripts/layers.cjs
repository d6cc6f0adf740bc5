// Who may import whom: the one table, read by eslint.config.mjs and by test/contract/imports.test.ts.
// The name of a file says its role: `conversation-table.ts` is a table, `ending-rules.ts`, which names none of the roles
// below, is pure. The first row whose pattern fits is the role of a file, so the narrower row comes first.
const { builtinModules } = require('node:module');
const { posix } = require('node:path');

/** @type {readonly import('./layers.cjs').Role[]} */
const ROLES = [
  {
    role: 'orchestrator',
    is: /^shared\/deadlines\/[^/]+-orchestrator$/,
    may: ['contract', 'durable-functions'],
    because: 'An orchestrator calls activities by name and knows nothing else.',
  },
  {
    role: 'contract',
    is: /^shared\/deadlines\/[^/]+-contract$/,
    may: ['pure'],
    because: 'Orchestrators import it, so it is as plain as they are.',
  },
  {
    role: 'activities',
    is: /^shared\/deadlines\/[^/]+-activities$/,
    may: ['pure', 'contract', 'service', 'errors', 'log'],
    because: 'Activities are given their services by the composition.',
  },
  {
    role: 'timers',
    is: /^shared\/deadlines\/[^/]+-timers$/,
    may: ['pure', 'contract', 'errors', 'log', 'durable-functions'],
    because: 'Only here is the durable client called.',
  },
  {
    role: 'table',
    is: /^shared\/(storage\/[^/]+|[^/]+\/[^/]+-table)$/,
    may: ['pure', 'table', 'errors', '@azure/data-tables', '@azure/identity', 'zod', 'node:crypto'],
    because: 'A table knows its rows, the storage and the SDK of Table Storage.',
  },
  {
    role: 'client',
    is: /^shared\/web-pubsub\/[^/]+-client$/,
    may: ['pure', 'client', 'errors', '@azure/web-pubsub', '@azure/identity', 'zod', 'node:crypto'],
    because: 'Only here is Web PubSub called.',
  },
  {
    role: 'files',
    is: /^shared\/site\/[^/]+-files$/,
    may: ['pure', 'node:fs', 'node:fs/promises', 'node:path'],
    because: 'Only here are files read: those of the pages.',
  },
  {
    role: 'service',
    is: /^shared\/[^/]+\/[^/]+-service$/,
    may: ['pure', 'service', 'errors', 'log'],
    because: 'A service is given its tables, clients and timers by the composition.',
  },
  {
    role: 'routes',
    is: /^shared\/[^/]+\/[^/]+-(routes|guard)$/,
    may: ['pure', 'service', 'parser', 'http', 'routes', 'errors', 'log', 'jose', 'zod', 'node:crypto'],
    because: 'A route is given its services by the composition.',
  },
  {
    role: 'parser',
    is: /^shared\/[^/]+\/[^/]+-parser$/,
    may: ['pure', 'parser', 'http', 'errors', 'zod', 'node:crypto'],
    because: 'A parser knows what it reads.',
  },
  {
    role: 'http',
    is: /^shared\/http\/[^/]+$/,
    may: ['pure', 'http', 'errors', 'log', 'zod', 'node:crypto'],
    because: 'What all routes have in common knows none of them.',
  },
  {
    role: 'errors',
    is: /^shared\/app\/(errors|collision-pause|wording)$/,
    may: [],
    because: 'They know nothing else.',
  },
  {
    role: 'log',
    is: /^shared\/app\/(log|call)$/,
    may: ['log', 'errors', 'durable-functions'],
    because: 'Everything with effects may log, and hand on the call that it acts for.',
  },
  {
    role: 'availability',
    is: /^shared\/app\/availability$/,
    may: ['pure', 'errors', '@azure/data-tables'],
    because: 'It sees the requests of the clients and calls nobody.',
  },
  {
    role: 'configuration',
    is: /^shared\/app\/(config|settings-reader)$/,
    may: ['pure', 'errors', 'configuration'],
    because: 'The configuration is below everything that is configured.',
  },
  {
    role: 'api',
    is: /^shared\/app\/routes$/,
    may: ['routes', 'http', 'zod'],
    because: 'The API is its routes.',
  },
  {
    role: 'composition',
    is: /^shared\/app\/composition$/,
    may: [
      'pure',
      'errors',
      'log',
      'availability',
      'configuration',
      'api',
      'table',
      'client',
      'timers',
      'files',
      'activities',
      'service',
      'routes',
      'parser',
      'http',
      '@azure/data-tables',
      '@azure/identity',
      'durable-functions',
      'node:crypto',
    ],
    because: 'The composition puts the parts of shared/ together.',
  },
  {
    role: 'telemetry',
    is: /^shared\/telemetry\/[^/]+-sdk$/,
    may: [
      '@azure/core-tracing',
      '@azure/functions',
      '@opentelemetry/api',
      '@opentelemetry/context-async-hooks',
      '@opentelemetry/core',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace-base',
      'node:timers/promises',
    ],
    because: 'It watches the app and knows nothing of it.',
  },
  {
    role: 'pure',
    is: /^shared\/(?!app\/)[^/]+\/[^/]+$/,
    may: ['pure', 'zod'],
    because: 'A file without a role in its name calculates: it gives the same for the same, always.',
  },
  {
    role: 'functions',
    is: /^functions\/[^/]+$/,
    may: [
      'composition',
      'api',
      'contract',
      'orchestrator',
      'telemetry',
      '@azure/functions',
      'durable-functions',
    ],
    because: 'functions/ registers what the composition gives it.',
  },
  {
    role: 'test of a stand-in',
    is: /^local\/[^/]+\/test\//,
    mayNot: /^(functions|shared|test)\//,
    because: 'A stand-in is tested without the product: it has to be right for any app.',
  },
  {
    role: 'stand-in',
    is: /^local\//,
    mayNot: /^(functions|shared|test|local\/[^/]+\/test)\//,
    because: 'The stand-ins know the product only through its protocols.',
  },
];

/** Without a role a file below these folders is refused. */
const LAYERED = ['functions/', 'shared/', 'local/'];

const withoutExtension = (path) => path.replace(/\.[cm]?[jt]s$/, '');

/** @param {string} path below the root, with `/` */
const roleOf = (path) => ROLES.find(({ is }) => is.test(withoutExtension(path)));

/** What a specifier in that file means: a path below the root without extension, or a package or module of Node. */
const targetOf = (file, specifier) =>
  /^\.\.?(\/|$)/.test(specifier) ? withoutExtension(posix.join(posix.dirname(file), specifier)) : specifier;

const isFile = (target) => /^(functions|shared|local|test|scripts)\//.test(target);

/** Why the import is refused, or undefined where it is allowed. */
function refusalOf(file, target) {
  const own = roleOf(file);
  if (own === undefined) {
    return LAYERED.some((folder) => file.startsWith(folder))
      ? `${file} has no role of scripts/layers.cjs.`
      : undefined;
  }
  const name = isFile(target) ? roleOf(target)?.role : target;
  const allowed = own.may === undefined ? !own.mayNot.test(target) : own.may.includes(name);
  if (allowed) return undefined;
  const hint = builtinModules.includes(target) ? ' Modules of Node are imported with "node:".' : '';
  return `${withoutExtension(file)} (${own.role}) must not import ${target}. ${own.because}${hint}`;
}

module.exports = { ROLES, LAYERED, roleOf, targetOf, refusalOf };
