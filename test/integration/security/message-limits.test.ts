import { beforeAll, describe, expect, it } from '@jest/globals';
import { LIMITS } from '../../../shared/conversation/conversation';
import type { ConversationService } from '../../../shared/conversation/conversation-service';
import { createTableConversationStore } from '../../../shared/conversation/conversation-table';
import { MemoryWorld } from '../../support/memory-ports';
import { overTables } from '../storage/over-tables';
import { startTables, type Tables } from '../storage/tables';

const MOST = LIMITS.messagesInWindow.customer;
const ID = 'limited-conversation-1';
const START = Date.parse('2026-03-01T10:00:00Z');

let tables: Tables;
let now = START;
let instances: readonly ConversationService[] = [];
let turn = 0;

/** Two instances of the app, which share nothing but the storage. */
beforeAll(async () => {
  tables = startTables();
  await tables.ensureTables();
  instances = [new MemoryWorld(), new MemoryWorld()].map(
    (world) => overTables(tables, world, () => now).service,
  );
  const profile = { name: 'Ann', locale: 'en', queue: 'default', workstream: 'default' };
  const customer = { ...profile, channelInstance: 'default', context: {} };
  await handle({ type: 'connect', conversationId: ID, profile: customer });
  await handle({ type: 'connected', connectionId: 'tab-1', occurredAt: now });
});

/** The instances take turns, as behind a load balancer. */
function handle(event: Parameters<ConversationService['handle']>[1]) {
  turn += 1;
  const instance = instances[turn % instances.length];
  if (instance === undefined) throw new Error('there is no instance');
  return instance.handle(ID, event);
}

/** What becomes of so many new messages, sent at once. */
async function write(from: number, count: number) {
  const handled = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      handle({
        type: 'customer-message',
        connectionId: 'tab-1',
        messageId: `m-${from + n}`,
        text: `${from + n}`,
      }),
    ),
  );
  return {
    stored: handled.filter(({ kind }) => kind === 'accepted').length,
    refused: handled.flatMap((one) => (one.kind === 'refused' ? [one.refusal.code] : [])),
  };
}

const transcript = async () =>
  (await createTableConversationStore(tables.conversations).transcript(ID, { after: 0, limit: 1_000 }))
    .entries;

describe('the limit of messages', () => {
  it('holds to the last one across instances that handle messages at the same moment', async () => {
    expect(await write(1, MOST - 8)).toEqual({ stored: MOST - 8, refused: [] });
    const more = await write(100, 14);
    expect(more).toEqual({ stored: 8, refused: Array<string>(6).fill('too-many-messages') });
    expect(await transcript()).toHaveLength(MOST);
  });

  it('lets the customer go on when the time has passed, in whichever instance', async () => {
    now += LIMITS.messageWindow;
    expect(await write(200, 4)).toEqual({ stored: 4, refused: [] });
    expect(await transcript()).toHaveLength(MOST + 4);
  });
});
