import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Forbids imports whose path matches one of the patterns; the message says where the line belongs. */
const forbid = (...rules) => ({
  'no-restricted-imports': ['error', { patterns: rules.map(([regex, message]) => ({ regex, message })) }],
});

const standIns = ['(^|/)local/', 'local/ holds development stand-ins; the product must not know them.'];
const sdk = ['^(@azure/|durable-functions)', 'SDKs are used by adapters and functions/ only.'];
const node = ['^node:', 'Pure code has no I/O.'];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.local/', 'node_modules/'] },
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
        console: 'readonly',
        module: 'writable',
        require: 'readonly',
        URL: 'readonly',
      },
    },
  },
  {
    files: ['test/browser/widget/**/*.js'],
    languageOptions: {
      globals: {
        addEventListener: 'readonly',
        clearTimeout: 'readonly',
        document: 'readonly',
        fetch: 'readonly',
        localStorage: 'readonly',
        location: 'readonly',
        removeEventListener: 'readonly',
        setTimeout: 'readonly',
        URLSearchParams: 'readonly',
        WebSocket: 'readonly',
      },
    },
  },

  // --- layers: domain <- workflow, application, inbound <- composition <- functions; adapters only by composition ---
  {
    files: ['shared/**/*.ts', 'functions/**/*.ts'],
    rules: {
      ...forbid(standIns),
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'shared/composition.ts alone reads the environment, through shared/config.ts.',
        },
      ],
    },
  },
  {
    files: ['shared/domain/**/*.ts'],
    rules: {
      ...forbid(['^(?!\\./)', 'The domain imports only itself.']),
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'fetch',
        'crypto',
        'performance',
        'console',
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'The domain has no clock: take now as an argument.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'The domain has no clock: take now as an argument.',
        },
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'The domain has no randomness.',
        },
      ],
    },
  },
  {
    files: ['shared/domain/decide/**/*.ts'],
    rules: forbid(['^(?!\\./|\\.\\./[a-z-]+$)', 'The domain imports only itself.']),
  },
  {
    files: ['shared/application/**/*.ts'],
    rules: forbid(
      standIns,
      sdk,
      node,
      ['/(adapters|inbound|workflow)/', 'The application layer knows the domain and its own ports only.'],
      ['/(config|composition)$', 'Configuration is handed in.'],
    ),
  },
  {
    files: ['shared/inbound/**/*.ts'],
    rules: forbid(
      standIns,
      sdk,
      ['/(adapters|workflow)/', 'Parsers know the domain only.'],
      ['/(config|composition)$', 'Configuration is handed in.'],
    ),
  },
  {
    files: ['shared/adapters/**/*.ts'],
    rules: forbid(standIns, ['/(composition|config)$', 'Configuration is handed in.']),
  },
  {
    // Orchestrators are replayed: everything that could differ between two runs is forbidden here.
    files: ['shared/workflow/orchestrators/**/*.ts'],
    rules: {
      ...forbid(
        standIns,
        node,
        ['^@azure/', 'An orchestrator does no I/O.'],
        ['/(adapters|application|inbound)/', 'An orchestrator calls activities by name.'],
        ['/(config|composition)$', 'An orchestrator takes its input from its history.'],
      ),
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'fetch',
        'crypto',
        'performance',
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'Use context.df.currentUtcDateTime.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Use context.df.currentUtcDateTime.',
        },
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'Use context.df.newGuid.',
        },
        { selector: 'AwaitExpression', message: 'Orchestrators are synchronous generators.' },
        { selector: 'FunctionDeclaration[async=true]', message: 'Orchestrators are synchronous generators.' },
      ],
    },
  },
  {
    files: ['functions/**/*.ts'],
    rules: forbid(standIns, ['/adapters/', 'functions/ takes what it needs from shared/composition.']),
  },
  { files: ['shared/composition.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['local/**/*.ts'],
    rules: {
      ...forbid(['(^|/)(functions|shared)/', 'The stand-ins know the product only through its protocols.']),
      'no-console': 'off',
    },
  },
  { files: ['test/**/*.ts', 'scripts/**/*.ts'], rules: { 'no-console': 'off' } },
);
