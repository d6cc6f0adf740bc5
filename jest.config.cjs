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
const project = (name, more = {}) => ({
  displayName: name,
  testEnvironment: 'node',
  // Copies of the project, while mutation tests run.
  modulePathIgnorePatterns: ['<rootDir>/.local/'],
  transform,
  transformIgnorePatterns: [`/node_modules/(?!(?:${esModules})/)`],
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...more,
});

module.exports = {
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/test/support/plain-summary-reporter.cjs'],
  projects: [
    project('unit'),
    project('properties'),
    project('workflow'),
    project('contract'),
    project('integration', { globalSetup: '<rootDir>/test/support/built-app.ts' }),
    // The stand-ins have their tests beside them.
    project('local', { testMatch: ['<rootDir>/local/**/*.test.ts'] }),
    project('system', { globalSetup: '<rootDir>/test/support/built-app.ts' }),
    project('chaos', { globalSetup: '<rootDir>/test/support/built-app.ts' }),
    project('browser', { globalSetup: '<rootDir>/test/support/built-app.ts' }),
  ],
};
