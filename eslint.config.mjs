import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import layers from './scripts/layers-rule.mjs';

const withoutClock =
  'There is no clock here: only new Date(<a given moment>); in an orchestrator context.df.currentUtcDateTime.';
const forbidden = (message, ...selectors) => selectors.map((selector) => ({ selector, message }));

/** Every mention of Date that is not `new Date(<argument>)` or a type: calls, Date.now, aliases, destructuring. */
const clock = forbidden(
  withoutClock,
  "Identifier[name='Date']:not(NewExpression[arguments.length>0][arguments.0.type!='SpreadElement'] > Identifier.callee, TSTypeReference > Identifier)",
);
/** Every mention of Math that is not `Math.<something other than random>`. */
const randomness = forbidden(
  'There is no randomness here.',
  "Identifier[name='Math']:not(MemberExpression[computed=false][property.name!='random'] > Identifier.object)",
);

const globals = (message, ...names) => names.map((name) => ({ name, message }));
/** The names under which the environment could be read, and those that import past layers/imports. */
const environment = [
  ...globals(
    'shared/app/composition.ts alone reads the environment, through shared/app/config.ts.',
    'process',
    'global',
    'globalThis',
  ),
  ...globals('Imports are written as imports.', 'require', 'module'),
];
/** What gives something else at every call, or lives outside of the calculation. */
const outsideWorld = globals(
  'Code here gives the same result for the same input, whenever and wherever it runs.',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'WebSocket',
  'AbortSignal',
  'crypto',
  'performance',
  'console',
  'Intl',
  'eval',
);

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '**/.local/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // The SDKs' interfaces want promises where an implementation may need no await.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.cjs', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        setInterval: 'readonly',
        console: 'readonly',
        module: 'writable',
        require: 'readonly',
        URL: 'readonly',
      },
    },
  },
  {
    files: ['test/browser/{widget,example}/**/*.js', 'examples/**'],
    languageOptions: {
      globals: {
        console: 'readonly',
        crypto: 'readonly',
        addEventListener: 'readonly',
        clearTimeout: 'readonly',
        document: 'readonly',
        fetch: 'readonly',
        localStorage: 'readonly',
        location: 'readonly',
        removeEventListener: 'readonly',
        sessionStorage: 'readonly',
        setTimeout: 'readonly',
        URLSearchParams: 'readonly',
        WebSocket: 'readonly',
      },
    },
  },

  // --- who may import whom is the table of scripts/layers.cjs ---
  {
    files: ['shared/**/*.ts', 'functions/**/*.ts', 'local/**/*.ts'],
    plugins: { layers },
    rules: { 'layers/imports': 'error' },
  },
  {
    files: ['shared/**/*.ts', 'functions/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', ...environment] },
  },
  {
    files: ['shared/app/composition.ts'],
    rules: { 'no-restricted-globals': ['error', ...environment.filter(({ name }) => name !== 'process')] },
  },

  // --- determinism ---
  {
    // Pure files: those without a role in their name (scripts/layers.cjs).
    files: ['shared/*/*.ts'],
    ignores: [
      'shared/{app,http,storage}/*.ts',
      'shared/*/*-{activities,timers,table,client,service,routes,guard,parser}.ts',
    ],
    rules: {
      'no-restricted-globals': ['error', ...environment, ...outsideWorld],
      'no-restricted-syntax': ['error', ...clock, ...randomness],
    },
  },
  {
    // Orchestrators are replayed: everything that could differ between two runs is forbidden in them and in the
    // file they import.
    files: ['shared/deadlines/*-orchestrator.ts', 'shared/deadlines/*-contract.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...environment,
        ...outsideWorld,
        ...globals('The replay engine knows its own tasks only.', 'Promise'),
      ],
      'no-restricted-syntax': [
        'error',
        ...clock,
        ...forbidden(
          'Orchestrators do without Math; for an id, context.df.newGuid.',
          "Identifier[name='Math']",
        ),
        ...forbidden(
          'Orchestrators are synchronous generators.',
          ':function[async=true]',
          'AwaitExpression',
          'ForOfStatement[await=true]',
        ),
      ],
    },
  },

  // --- tools that talk to people, and pages that tell their owner what is wrong ---
  { files: ['web/**/*.ts'], rules: { 'no-console': ['error', { allow: ['error'] }] } },
  {
    files: ['local/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
);
