const part = process.env.MUTATION_PART ?? 'other';
const local = `.local/mutation/${part}`;

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  plugins: ['@stryker-mutator/jest-runner', '@stryker-mutator/typescript-checker'],
  // What does not compile cannot come about, so no test has to notice it.
  checkers: ['typescript'],
  tsconfigFile: 'test/mutation/tsconfig.json',
  testRunner: 'jest',
  jest: {
    projectType: 'custom',
    configFile: 'test/mutation/jest.config.cjs',
    enableFindRelatedTests: false,
  },
  coverageAnalysis: 'perTest',
  // What runs once when a module is loaded would need a fresh process, and all tests, per mutant.
  ignoreStatic: true,
  // In the domain a text is a member of a union, where any other does not compile, or the `detail` of a refusal.
  mutator: { excludedMutations: part === 'core' ? ['StringLiteral'] : [] },
  concurrency: 2,
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: `${local}/incremental.json`,
  tempDirName: `.local/mutation/sandbox-${part}`,
  ignorePatterns: ['dist', 'coverage', 'infra', 'test/mutation/node_modules'],
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: `${local}/report.html` },
  jsonReporter: { fileName: `${local}/report.json` },
  allowEmpty: true,
};
