/** The tests that have to notice a mutant: see tests.cjs. */
const { projects } = require('../../jest.config.cjs');
const { displayName: _, ...unit } = projects.find(({ displayName }) => displayName === 'unit');

module.exports = { ...unit, rootDir: '../..', testMatch: ['<rootDir>/test/mutation/tests.cjs'] };
