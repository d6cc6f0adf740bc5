/**
 * How many runs a property gets. With two dozen laws about random lives that is more than 10,000 lives in every run of
 * the suite; `FC_RUNS=10000 npx jest --selectProjects properties` for a long one.
 */
export const RUNS = { numRuns: Number(process.env.FC_RUNS ?? 450) };
