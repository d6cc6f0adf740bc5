// Who may import whom: the one table, read by eslint.config.mjs and by test/contract/imports.test.ts.
// A name that ends with a slash is a folder, another one a file (without extension), a package or a module of Node.
// The first row that fits a file is its layer, so the narrower row comes first.
const { builtinModules } = require('node:module');
const { posix } = require('node:path');

const PORTS = 'shared/application/ports/';
const ERRORS = 'shared/errors';
const LOGGING = 'shared/logging';
const COLLISION_PAUSE = 'shared/collision-pause';
/** What an orchestrator and the others share: plain names and types. */
const TIMER_CONTRACT = ['shared/workflow/deadline', 'shared/workflow/names'];
const TESTS_OF_STAND_INS = ['local/functions-host/test/', 'local/web-pubsub/test/'];

const layers = [
  {
    of: ['shared/domain/'],
    may: ['shared/domain/'],
    because: 'The domain imports only itself.',
  },
  {
    of: ['shared/application/'],
    may: ['shared/application/', 'shared/domain/', ERRORS, LOGGING, COLLISION_PAUSE],
    because: 'The application layer knows the domain and its own ports; the rest is handed in.',
  },
  {
    of: ['shared/inbound/'],
    may: ['shared/inbound/', 'shared/domain/', ERRORS, 'zod', 'node:crypto'],
    because: 'Parsers know the domain only.',
  },
  {
    of: ['shared/api/'],
    may: ['shared/api/', 'shared/inbound/', 'shared/domain/', 'zod'],
    because: 'The description of the API knows what parsers accept and what the domain calls things.',
  },
  {
    of: ['shared/security/'],
    may: ['shared/security/', 'shared/inbound/', 'shared/domain/', ERRORS, 'jose', 'zod', 'node:crypto'],
    because: 'Guards and tickets know the domain and the parsers; keys are handed in.',
  },
  {
    of: ['shared/handlers/'],
    may: [
      'shared/handlers/',
      'shared/application/',
      'shared/inbound/',
      'shared/security/',
      'shared/domain/',
      ERRORS,
      LOGGING,
      'zod',
    ],
    because: 'A handler is given its adapters by shared/composition.ts.',
  },
  {
    of: ['shared/workflow/orchestrators/'],
    may: [...TIMER_CONTRACT, 'durable-functions'],
    because: 'An orchestrator calls activities by name and knows nothing else.',
  },
  {
    of: TIMER_CONTRACT,
    may: ['shared/domain/'],
    because: 'Orchestrators import this file, so it is as plain as they are.',
  },
  {
    of: ['shared/workflow/'],
    may: ['shared/workflow/', 'shared/application/', 'shared/domain/', ERRORS, LOGGING, 'durable-functions'],
    because: 'Activities are given their services by shared/composition.ts.',
  },
  {
    of: ['shared/adapters/durable/'],
    may: [
      'shared/adapters/durable/',
      PORTS,
      'shared/domain/',
      ERRORS,
      ...TIMER_CONTRACT,
      'durable-functions',
    ],
    because: 'An adapter knows its port, the domain and its own SDK.',
  },
  {
    of: ['shared/adapters/storage/'],
    may: [
      'shared/adapters/storage/',
      PORTS,
      'shared/domain/',
      ERRORS,
      COLLISION_PAUSE,
      '@azure/data-tables',
      '@azure/identity',
      'zod',
      'node:crypto',
    ],
    because: 'An adapter knows its port, the domain and its own SDK.',
  },
  {
    of: ['shared/adapters/web-pubsub/'],
    may: [
      'shared/adapters/web-pubsub/',
      PORTS,
      'shared/domain/',
      ERRORS,
      '@azure/web-pubsub',
      '@azure/identity',
      'zod',
    ],
    because: 'An adapter knows its port, the domain and its own SDK.',
  },
  {
    of: [ERRORS, LOGGING, COLLISION_PAUSE, 'shared/settings', 'shared/policy-settings', 'shared/config'],
    may: ['shared/domain/', ERRORS, 'shared/settings', 'shared/policy-settings'],
    because: 'Errors, logging, settings and configuration are below everything but the domain.',
  },
  {
    of: ['shared/composition'],
    may: [
      'shared/',
      '@azure/data-tables',
      '@azure/identity',
      '@azure/web-pubsub',
      'durable-functions',
      'node:crypto',
    ],
    because: 'The composition puts the parts of shared/ together.',
  },
  {
    of: ['functions/'],
    may: [
      'shared/composition',
      'shared/api/',
      'shared/handlers/',
      'shared/workflow/',
      '@azure/functions',
      'durable-functions',
    ],
    because: 'functions/ registers what shared/composition.ts gives it.',
  },
  {
    of: TESTS_OF_STAND_INS,
    mayNot: ['functions/', 'shared/', 'test/'],
    because: 'A stand-in is tested without the product: it has to be right for any app.',
  },
  {
    of: ['local/'],
    mayNot: ['functions/', 'shared/', 'test/', ...TESTS_OF_STAND_INS],
    because: 'The stand-ins know the product only through its protocols.',
  },
];

/** Without a row of its own a file below these folders is refused. */
const LAYERED = ['functions/', 'shared/', 'local/'];

const isAmong = (names, path) =>
  names.some((name) => (name.endsWith('/') ? path.startsWith(name) : path === name));
const withoutExtension = (path) => path.replace(/\.[cm]?[jt]s$/, '');

/** @param {string} file path below the root, with `/` */
const layerOf = (file) => layers.find(({ of }) => isAmong(of, withoutExtension(file)));

/** What a specifier in that file means: a path below the root without extension, or a package or module of Node. */
const targetOf = (file, specifier) =>
  /^\.\.?(\/|$)/.test(specifier) ? withoutExtension(posix.join(posix.dirname(file), specifier)) : specifier;

/** Why the import is refused, or undefined where it is allowed. */
function refusalOf(file, target) {
  const layer = layerOf(file);
  if (layer === undefined) {
    return isAmong(LAYERED, file) ? `${file} belongs to no layer of scripts/layers.cjs.` : undefined;
  }
  const allowed = layer.may === undefined ? !isAmong(layer.mayNot, target) : isAmong(layer.may, target);
  if (allowed) return undefined;
  const hint = builtinModules.includes(target) ? ' Modules of Node are imported with "node:".' : '';
  return `${layer.of.join(', ')} must not import ${target}. ${layer.because}${hint}`;
}

module.exports = { layers, LAYERED, layerOf, targetOf, refusalOf };
