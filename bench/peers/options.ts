import { parseOptions } from '../../local/stack/command-line';
import { sizeOf } from '../options';

export const USAGE = `Measures what a lost customer costs: the product, an orchestration for each loss, a hidden message of a storage queue, BullMQ,
pg-boss and DBOS, by turns in one run. CPU of the app's process and of its stores.

  npm run bench:peers

  --conversations  of each in each round (default 40)
  --rounds         that are counted; one more comes first (default 5)
  --write          write bench/results/peers.md and peers.json, too

Installs the peers in bench/peers on first use. BullMQ needs redis-server, pg-boss and DBOS need PostgreSQL (Debian: apt-get install
redis-server postgresql): who has neither gets the rest. Each is started in a folder of its own and stopped again. Linux only.
Exit code 2 when the options cannot be used. No environment variable is read.`;

/** @throws UsageError */
export function parsePeersOptions(argv: readonly string[]) {
  const string = { type: 'string' } as const;
  const { write = false, ...values } = parseOptions(argv, {
    conversations: string,
    rounds: string,
    write: { type: 'boolean' },
  } as const);
  return { ...sizeOf(values), write };
}
