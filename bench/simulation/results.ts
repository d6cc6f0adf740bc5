import { DROPS, play, sizeOf, SIZES } from './scenarios';

/** Everything that the page shows. The same at every run, and on every machine. */
export const results = () => ({ sizes: SIZES.map(sizeOf), drops: DROPS.map(play) });
export type Results = ReturnType<typeof results>;

export const resultsText = (): string => `${JSON.stringify(results(), null, 2)}\n`;
