import * as df from 'durable-functions';
import { end } from '../../baselines/chat';

/** What a deadline is kept for. */
export interface Loss {
  readonly id: string;
  readonly number: number;
}

export const nameOf = ({ id, number }: Loss): string => `${id}.${number}`;

let ended = 0;
const waiting: { readonly until: number; readonly resolve: () => void }[] = [];

/** Ends the conversation, and counts it. */
export async function endCounted({ id, number }: Loss): Promise<void> {
  if (!(await end(id, number))) return;
  ended += 1;
  for (const { until, resolve } of waiting) if (ended >= until) resolve();
}

// These designs end conversations by themselves. The activity waits for as many as its input says, so that what they cost is
// measured while they do it.
let promised = 0;
df.app.activity('reach-deadline', {
  handler: ({ count }: { count: number }) => {
    promised += count;
    const until = promised;
    return ended >= until ? undefined : new Promise<void>((resolve) => waiting.push({ until, resolve }));
  },
});
