import { type Cost, type Kind, KINDS } from '../events';
import { type Measure, measureOf, shown, table } from '../report';

const OUTCOMES = { cancelled: ['last loss', 'return'], expired: ['last loss', 'expiry'] } as const;
type Outcome = keyof typeof OUTCOMES;

/** What a lost customer costs, in ms of CPU, when it comes back and when it does not. */
export interface PeerRow {
  readonly title: string;
  readonly costs: Readonly<
    Record<
      Outcome,
      { readonly app: Measure; readonly stores: Measure; readonly both: Measure; readonly ratio: Measure }
    >
  >;
}

export interface PeerResults {
  readonly machine: string;
  readonly conversations: number;
  readonly rounds: number;
  readonly rows: readonly PeerRow[];
  readonly lacks: readonly string[];
  /** What could not be measured here, and why. */
  readonly skipped: readonly string[];
}

type Rounds = readonly (readonly Cost[])[];

/** A ratio is that of the product's CPU by its own, in the same round. */
export function rowOf(title: string, rounds: Rounds, product: Rounds): PeerRow {
  const of = (outcome: Outcome) => {
    const sum = (costs: readonly Cost[], what: (cost: Cost) => number) =>
      OUTCOMES[outcome].reduce((total, kind: Kind) => total + what(costs[KINDS.indexOf(kind)]!), 0);
    const app = (costs: readonly Cost[]) => sum(costs, ({ cpuMs }) => cpuMs);
    const stores = (costs: readonly Cost[]) => sum(costs, ({ storageCpuMs = 0 }) => storageCpuMs);
    const both = (costs: readonly Cost[]) => app(costs) + stores(costs);
    return {
      app: measureOf(rounds.map(app)),
      stores: measureOf(rounds.map(stores)),
      both: measureOf(rounds.map(both)),
      ratio: measureOf(product.map((costs, round) => both(costs) / both(rounds[round]!))),
    };
  };
  return { title, costs: { cancelled: of('cancelled'), expired: of('expired') } };
}

export function markdownOf({ machine, conversations, rounds, rows, lacks, skipped }: PeerResults): string {
  const rowsOf = (outcome: Outcome) =>
    rows.map(({ title, costs }) => {
      const { app, stores, both, ratio } = costs[outcome];
      return [title, ...[app, stores, both, ratio].map(shown)];
    });
  const head = ['', 'app, ms', 'stores, ms', 'both, ms', 'product by it'];
  return `# What a lost customer costs, beside other ways

\`npm run bench:peers -- --write\`. ${machine}. ${conversations} conversations of each in each of ${rounds} rounds, after one that is not counted: median (least to
most) of CPU. They take turns within a round; a ratio is that of CPU in the same round.

Each keeps record and transcript in Azurite's tables and tells its news by the same stand-in of Web PubSub, as \`bench/baselines/chat.ts\` does; the
deadline is kept by what the row names. Stores are Azurite and what the row names besides. The product, and an orchestration for each loss, leave the engine
of Durable Functions out, which runs in the host: theirs is more by what that costs. Peers on one server share it: what one polls there counts for the other, too. Each conversation that is measured was ended, and its transcript says so
once; other promises are below.

## Lost and back: a loss and a return

${table(head, rowsOf('cancelled'))}

## Lost for good: a loss and an end

${table(head, rowsOf('expired'))}

## What they leave to chance

${[...lacks, ...skipped.map((why) => `Not measured: ${why}`)].map((line) => `- ${line}.`).join('\n')}
`;
}
