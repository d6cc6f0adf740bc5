import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ConversationService } from '../../shared/conversation/conversation-service';
import type { ConversationEvent } from '../../shared/conversation/inputs';
import { MINUTE } from '../../shared/conversation/time';
import { MemoryWorld } from '../support/memory-ports';
import { overTables } from './storage/over-tables';
import { startTables, type Tables } from './storage/tables';

/**
 * What one event costs on the wire, counted there. The storage is real; the service and the task hub are counted as
 * calls of their ports, each of which is one request (`presence`: one, or two when nobody is there).
 */
interface Cost {
  readonly reads: number;
  readonly writes: number;
  readonly workList: number;
  readonly timer: number;
  readonly presence: number;
}

const ID = 'budget-conversation-1';
let tables: Tables;
let world: MemoryWorld;
let service: ConversationService;
let now = Date.parse('2026-03-01T10:00:00Z');

beforeAll(async () => {
  tables = startTables();
  world = new MemoryWorld();
  service = overTables(tables, world, () => now).service;
  await tables.ensureTables();
});

async function costOf(event: ConversationEvent): Promise<Cost> {
  tables.takeRequests();
  world.log.length = 0;
  await service.handle(ID, event);
  const requests = tables.takeRequests();
  const about = (table: string) => requests.filter((request) => request.includes(` ${table}`));
  const conversations = requests.filter((request) => !request.includes(' WorkList'));
  return {
    reads: conversations.filter((request) => request.startsWith('GET')).length,
    writes: conversations.filter((request) => !request.startsWith('GET')).length,
    workList: about('WorkList').length,
    timer: world.log.filter((entry) => entry.endsWith('-timer')).length,
    presence: world.log.filter((entry) => entry === 'presence').length,
  };
}

const connected = (connectionId: string): ConversationEvent => ({
  type: 'connected',
  connectionId,
  occurredAt: now,
});
const disconnected = (connectionId: string): ConversationEvent => ({
  type: 'disconnected',
  connectionId,
  occurredAt: now,
});
const message = (messageId: string): ConversationEvent => ({
  type: 'customer-message',
  connectionId: 'tab-1',
  messageId,
  text: 'Hello',
});
const profile = {
  name: 'Ann',
  locale: 'en',
  queue: 'default',
  workstream: 'default',
  channelInstance: 'default',
  context: {},
};
const acceptance: ConversationEvent = { type: 'agent-accepted', agentId: 'bob', agentName: 'Bob' };

/** In this order, each event on what the ones before it have left. */
const STORY: readonly [string, () => ConversationEvent, Cost][] = [
  [
    'the `connect` that creates the conversation',
    () => ({ type: 'connect', conversationId: ID, profile }),
    { reads: 1, writes: 1, workList: 1, timer: 1, presence: 0 },
  ],
  [
    'the first `connected`',
    () => connected('tab-1'),
    { reads: 0, writes: 1, workList: 1, timer: 1, presence: 0 },
  ],
  [
    'the `connected` of a second tab',
    () => connected('tab-2'),
    { reads: 0, writes: 1, workList: 0, timer: 0, presence: 0 },
  ],
  ['an agent who accepts', () => acceptance, { reads: 1, writes: 1, workList: 1, timer: 0, presence: 0 }],
  ['a message', () => message('m-1'), { reads: 0, writes: 1, workList: 0, timer: 0, presence: 0 }],
  // The record was saved with an entry: the ETag is that of a transaction's answer.
  ['another message', () => message('m-2'), { reads: 0, writes: 1, workList: 0, timer: 0, presence: 0 }],
  [
    'the same message again',
    () => message('m-1'),
    { reads: 1, writes: 0, workList: 0, timer: 0, presence: 0 },
  ],
  [
    'one tab of two that closes',
    () => disconnected('tab-2'),
    { reads: 1, writes: 1, workList: 0, timer: 0, presence: 1 },
  ],
  [
    'the last connection that is lost',
    () => disconnected('tab-1'),
    { reads: 0, writes: 1, workList: 1, timer: 1, presence: 0 },
  ],
  [
    'the same `disconnected` again',
    () => disconnected('tab-1'),
    { reads: 1, writes: 0, workList: 1, timer: 1, presence: 0 },
  ],
  ['a return in time', () => connected('tab-3'), { reads: 0, writes: 1, workList: 1, timer: 1, presence: 0 }],
];

describe('one event costs [R310]', () => {
  it.each(STORY)('%s', async (_title, event, expected) => {
    now += 1_000;
    world.openSockets.set(ID, new Set(['tab-1']));
    expect(await costOf(event())).toEqual(expected);
  });

  it('one read and one write when the deadline ends the conversation, the telling included', async () => {
    await service.handle(ID, disconnected('tab-3'));
    world.openSockets.clear();
    now += 3 * MINUTE;
    const event: ConversationEvent = { type: 'deadline-reached', kind: 'disconnection', number: 3 };
    // The one timer is that of the automatic closure after the wrap-up.
    expect(await costOf(event)).toEqual({ reads: 1, writes: 1, workList: 1, timer: 1, presence: 1 });
  });
});
