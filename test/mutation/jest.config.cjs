/** The tests that have to notice a mutant: pure ones, because each runs some hundred times. */
const { projects } = require('../../jest.config.cjs');
const { displayName: _, ...unit } = projects.find(({ displayName }) => displayName === 'unit');
const folders = (process.env.MUTATION_TESTS ?? 'test/unit').split(',');

module.exports = {
  ...unit,
  rootDir: '../..',
  testTimeout: 60_000,
  testMatch: folders.map((folder) => `<rootDir>/${folder}/**/*.test.ts`),
};
