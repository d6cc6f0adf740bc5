/** How many runs a property gets: `FC_RUNS=10000 npx jest --selectProjects properties` for a long one. */
export const RUNS = { numRuns: Number(process.env.FC_RUNS ?? 300) };
