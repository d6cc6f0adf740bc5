import fc from 'fast-check';

/**
 * The short random runs of `npm test` are the same every time (jest.config.cjs): a law that also wants to have seen
 * both sides of something cannot miss one by bad luck. The long ones of `npm run verify` are new every time.
 */
if (process.env['RANDOM_RUNS'] === 'short') fc.configureGlobal({ seed: 20_261_130 });
