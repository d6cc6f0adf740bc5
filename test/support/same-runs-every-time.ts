import fc from 'fast-check';

/**
 * The short random runs of `npm test` are the same every time (jest.config.cjs): a law that also wants to have seen
 * both sides of something cannot miss one by bad luck. The long ones of `npm run verify` are new every time, but in CI: a
 * change must not fail because of inputs that it did not bring.
 */
const isShort = process.env['RANDOM_RUNS'] === 'short';
const seed = process.env['RANDOM_SEED'] ?? (isShort ? '20261130' : undefined);
fc.configureGlobal({
  ...(seed !== undefined && { seed: Number(seed) }),
  // Of laws that say nothing else.
  ...(isShort && { numRuns: Number(process.env['FC_RUNS']) }),
});
