const { availableParallelism } = require('node:os');

/** One project per kind of test, so that each can be run alone: `npx jest --selectProjects unit`. */
const toCommonJs = (syntax) => [
  '@swc/jest',
  { jsc: { target: 'es2022', parser: { syntax } }, module: { type: 'commonjs' } },
];
/** Packages that are ES modules only. Node loads them by `require`; Jest's own loader does not. */
const esModules = 'jose';
const transform = {
  '^.+\\.ts$': toCommonJs('typescript'),
  [`/node_modules/(?:${esModules})/.+\\.js$`]: toCommonJs('ecmascript'),
};
/**
 * Laws about random lives and random input: few runs in `npm test`, the same every time; many in `npm run verify` and
 * where FC_RUNS or FUZZ_RUNS say how many.
 */
const { env } = process;
env.RANDOM_RUNS ??= env.FC_RUNS === undefined && env.FUZZ_RUNS === undefined ? 'short' : 'long';
if (env.RANDOM_RUNS === 'short') Object.assign(env, { FC_RUNS: '30', FUZZ_RUNS: '60' });

const project = (name, more = {}) => ({
  displayName: name,
  testEnvironment: '<rootDir>/test/support/plain-environment.cjs',
  // Copies of the project, while mutation tests run.
  modulePathIgnorePatterns: ['<rootDir>/.local/'],
  transform,
  // The words of fifty languages, which zod loads for everybody and nobody here asks for.
  moduleNameMapper: { '^\\.\\./locales/index\\.cjs$': '<rootDir>/node_modules/zod/v4/locales/en.cjs' },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esModules})/)`],
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...more,
});

const seeded = { setupFiles: ['<rootDir>/test/support/same-runs-every-time.ts'] };

/** Started once for all projects of a run that need them, also where that is one project. */
const parts = {
  app: {
    globalSetup: '<rootDir>/test/support/built-app.ts',
    globalTeardown: '<rootDir>/test/support/shared-azurite-end.ts',
  },
  storage: {
    globalSetup: '<rootDir>/test/support/shared-azurite.ts',
    globalTeardown: '<rootDir>/test/support/shared-azurite-end.ts',
  },
};

module.exports = {
  // What hangs is found in the end; a machine that is busy with something else fails nothing.
  testTimeout: 300_000,
  globalSetup: '<rootDir>/test/support/run-folder.ts',
  globalTeardown: '<rootDir>/test/support/run-folder-end.ts',
  // One more than processors: some test file is always waiting for something. Jest's own choice would be one less.
  maxWorkers: availableParallelism() + 1,
  testSequencer: '<rootDir>/test/support/waiting-first.cjs',
  reporters: ['default', '<rootDir>/test/support/plain-summary-reporter.cjs'],
  projects: [
    project('unit', seeded),
    project('properties', seeded),
    project('workflow'),
    project('contract'),
    project('integration', { ...parts.app, ...seeded }),
    // The stand-ins have their tests beside them.
    project('local', { ...parts.storage, testMatch: ['<rootDir>/local/**/*.test.ts'] }),
    project('system', parts.app),
    project('chaos', parts.app),
    project('browser', parts.app),
  ],
};
