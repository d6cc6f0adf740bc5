/** One project per kind of test, so that each can be run alone: `npx jest --selectProjects unit`. */
const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
  ],
};
const project = (name, more = {}) => ({
  displayName: name,
  testEnvironment: '<rootDir>/test/support/plain-environment.cjs',
  // Copies of the project, while mutation tests run.
  modulePathIgnorePatterns: ['<rootDir>/.local/'],
  transform,
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
