import fc from 'fast-check';

/**
 * The short random runs of `npm test` are the same every time (jest.config.cjs): a law that also wants to have seen
 * both sides of something cannot miss one by bad luck. The long ones of `npm run verify` are new every time, but in CI: a
 * change must not fail because of inputs that it did not bring.
 */
const short = process.env['RANDOM_RUNS'] === 'short' ? '20261130' : undefined;
const seed = process.env['RANDOM_SEED'] ?? short;
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });
