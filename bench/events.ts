import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type App, cpuOf, GRACE_MS, type Storage, type TaskHub, withApps } from './apps';
import type { Build } from './builds';
import { call, type Event, textOf, webhook } from './invocations';
import type { Calls, Requests } from './protocol';

/** In this order, each on what the ones before it have left. */
export const KINDS = [
  'connect',
  'connected',
  'accept',
  'message',
  'message, repeated',
  'last loss',
  'return',
  'expiry',
] as const;
export type Kind = (typeof KINDS)[number];

/** What one event of a kind costs. */
export interface Cost {
  readonly kind: Kind;
  readonly requests: Requests;
  /** What the requests to tables are. */
  readonly calls: Calls;
  /** Of the app's process, in ms of CPU; the storage's, where it is known. */
  readonly cpuMs: number;
  readonly storageCpuMs?: number;
}

interface Options {
  /** Measured by turns. */
  readonly builds: readonly Build[];
  readonly storage: Storage;
  /** Of each build, in each round. */
  readonly conversations: number;
  /** That are counted. */
  readonly rounds: number;
  /** One more comes first. */
  readonly hasWarmUp?: boolean;
  readonly onRound?: (done: number) => void;
}

/** What each kind of event costs each build, of every counted round. */
export async function measureEvents(options: Options): Promise<readonly (readonly Cost[])[][]> {
  const { builds, storage, conversations, rounds, hasWarmUp } = options;
  return withApps(builds, storage, async (apps, hub) => {
    const costs: (readonly Cost[])[][] = builds.map(() => []);
    const first = hasWarmUp ? 0 : 1;
    for (let round = first; round <= rounds; round += 1) {
      // Whoever is first in one round is last in the next.
      const inTurn = round % 2 === 0 ? apps : apps.toReversed();
      const ofRound = await playRound(inTurn, hub, storage, conversations);
      if (round > 0) ofRound.forEach((cost, at) => costs[apps.indexOf(inTurn[at]!)]?.push(cost));
      options.onRound?.(round + 1);
    }
    return costs;
  });
}

async function playRound(
  apps: readonly App[],
  hub: TaskHub,
  storage: Storage,
  conversations: number,
): Promise<Cost[][]> {
  const stories = await Promise.all(apps.map((app) => begin(app, conversations)));
  const costs: Cost[][] = apps.map(() => []);
  for (const kind of KINDS) {
    // The second loss of the story, and the wait for its deadline, are no kind of their own.
    const loseAll = (app: App) => app.order(stories[apps.indexOf(app)]!.map((one) => one('last loss', hub)));
    if (kind === 'expiry') {
      for (const app of apps.filter(({ ends }) => ends !== 'by itself')) await loseAll(app);
      await delay(GRACE_MS + 50);
    }
    for (const [at, app] of apps.entries()) {
      const all = stories[at]!.map((one) => one(kind, hub));
      const isEnd = kind === 'expiry';
      if (isEnd && app.ends === 'by itself') await loseAll(app);
      const allEnds: Event = { functionName: 'reach-deadline', activity: { count: conversations } };
      const events = isEnd && app.ends !== 'each' ? [allEnds] : all;
      const storageCpuMs = () => cpuOf(storage.pid) + app.storeCpuMs();
      const storageBefore = storageCpuMs();
      const { cpuMs, requests, calls } = await app.order(events);
      const storageCpu = storageCpuMs() - storageBefore;
      const each = (total: number) => total / conversations;
      costs[at]!.push({
        kind,
        cpuMs: each(cpuMs),
        requests: {
          tables: each(requests.tables),
          webPubSub: each(requests.webPubSub),
          durable: each(requests.durable),
        },
        calls: { read: each(calls.read), transaction: each(calls.transaction), write: each(calls.write) },
        ...(storage.pid !== undefined && { storageCpuMs: each(storageCpu) }),
      });
    }
  }
  return costs;
}

type Story = (kind: Kind, hub: TaskHub) => Event;

/** Conversations with an agent each, and the events of their stories. Agents' tickets are not part of what is measured. */
async function begin(app: App, conversations: number): Promise<readonly Story[]> {
  const ids = Array.from({ length: conversations }, () => randomUUID());
  const { results } = await app.order(
    ids.map((id) => call('negotiate-agent', 'POST', 'v1/agents/negotiate', {}, { agentId: `agent-${id}` })),
  );
  return ids.map((id, at) => {
    const { ticket } = JSON.parse(textOf(results[at]?.http?.body)) as { ticket: string };
    const connection = (name: string) => `${id}-${name}`;
    const event = (name: string, connectionId: string, data?: unknown) =>
      webhook(id, name, connectionId, data);
    let losses = 0;
    return (kind, hub) => {
      switch (kind) {
        case 'connect':
          return event('connect', connection('1'), { query: { name: ['Ann'] } });
        case 'connected':
          return event('connected', connection('1'));
        case 'accept':
          return call(
            'accept-conversation',
            'POST',
            `v1/conversations/${id}/accept`,
            { authorization: `Bearer ${ticket}` },
            undefined,
            { conversationId: id },
          );
        case 'message':
        case 'message, repeated':
          return event('message', connection('1'), { text: 'Where is my parcel?', messageId: 'm-1' });
        case 'last loss':
          losses += 1;
          return event('disconnected', connection(`${losses}`));
        case 'return':
          return event('connected', connection('2'));
        case 'expiry':
          return { functionName: 'reach-deadline', activity: hub.latestOf(id) };
      }
    };
  });
}
