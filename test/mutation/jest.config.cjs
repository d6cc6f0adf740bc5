/** The tests that have to notice a mutant: see tests.cjs. */
process.env.RANDOM_RUNS ??= 'long';
const { projects } = require('../../jest.config.cjs');
const unit = projects.find(({ displayName }) => displayName === 'unit');

module.exports = {
  ...unit,
  displayName: 'mutation',
  rootDir: '../..',
  // Looked through before every mutant.
  roots: ['<rootDir>/shared', '<rootDir>/test/mutation', '<rootDir>/test/unit'],
  testMatch: ['<rootDir>/test/mutation/tests.cjs'],
};
