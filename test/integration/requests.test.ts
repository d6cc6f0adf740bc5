import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { KINDS, measureEvents } from '../../bench/events';
import type { Requests } from '../../bench/protocol';
import type { Results } from '../../bench/report';
import { ownAccount } from '../../local/stack/shared-azurite';

const ROOT = join(__dirname, '..', '..');

/** Of the compiled app, counted where they are sent. What an event takes in time and CPU is a matter of the machine. */
it('an event costs the requests that are written down: to tables, to Web PubSub and by the durable client [R310]', async () => {
  const written = JSON.parse(readFileSync(join(ROOT, 'bench', 'results', 'events.json'), 'utf8')) as Results;
  const requestsOf = (rows: readonly Pick<Results['events'][number], 'kind' | 'requests'>[]) =>
    rows.map(({ kind, requests }) => ({ kind, ...requests }));
  const [rounds = []] = await measureEvents({
    builds: [{ directory: ROOT }],
    storage: ownAccount(),
    conversations: 2,
    // The first event of each table makes it.
    hasWarmUp: true,
    rounds: 3,
  });
  // What a slow machine asks twice, it does not in every round.
  const least = (at: number, target: keyof Requests) =>
    Math.min(...rounds.map((costs) => costs[at]?.requests[target] ?? Number.NaN));
  const costs = KINDS.map((kind, at) => ({
    kind,
    requests: {
      tables: least(at, 'tables'),
      webPubSub: least(at, 'webPubSub'),
      durable: least(at, 'durable'),
    },
  }));
  expect(requestsOf(costs)).toEqual(requestsOf(written.events));
});
