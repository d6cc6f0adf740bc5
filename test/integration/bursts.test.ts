import { beforeAll, expect, it } from '@jest/globals';
import type { ConversationService } from '../../shared/conversation/conversation-service';
import type { ConversationEvent } from '../../shared/conversation/inputs';
import { MemoryWorld } from '../support/memory-ports';
import { overTables } from './storage/over-tables';
import { startTables, type Tables } from './storage/tables';

/** What a burst costs on the wire of a real storage; the service and the task hub are counted as calls of their ports. */
let tables: Tables;
let world: MemoryWorld;
let service: ConversationService;
const now = Date.parse('2026-03-01T10:00:00Z');

beforeAll(async () => {
  tables = startTables();
  world = new MemoryWorld();
  service = overTables(tables, world, () => now).service;
  await tables.ensureTables();
});

const profile = {
  name: 'Ann',
  locale: 'en',
  queue: 'default',
  workstream: 'default',
  channelInstance: 'default',
  context: {},
};

/** Many sockets of one conversation are open, as a record of before may have them, and all of them close. */
async function closing(count: number) {
  const id = `burst-conversation-${count}`;
  const tabs = Array.from({ length: count }, (_, index) => `tab-${index}`);
  const say = (type: 'connected' | 'disconnected') => (connectionId: string) =>
    service.handle(id, { type, connectionId, occurredAt: now } satisfies ConversationEvent);
  await service.handle(id, { type: 'connect', conversationId: id, profile });
  await Promise.all(tabs.map(say('connected')));
  tables.takeRequests();
  world.log.length = 0;
  const handled = await Promise.all(tabs.map(say('disconnected')));
  return {
    requests: tables.takeRequests().length,
    questions: world.log.filter((entry) => entry === 'presence').length,
    timers: world.log.filter((entry) => entry === 'start-timer').length,
    began: handled.filter((one) => one.kind === 'accepted' && one.outcome.type === 'disconnection-began')
      .length,
  };
}

it('sockets of one conversation that close at once cost few requests, and no more for each when they are many [R161 R164]', async () => {
  const fifty = await closing(50);
  const twoHundred = await closing(200);
  for (const { began, timers, questions } of [fifty, twoHundred]) {
    expect([began, timers]).toEqual([1, 1]);
    expect(questions).toBe(1);
  }
  expect(fifty.requests).toBeLessThan(50 / 2);
  expect(twoHundred.requests).toBeLessThanOrEqual(4 * fifty.requests);
});
