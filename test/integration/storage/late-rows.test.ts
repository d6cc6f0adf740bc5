import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DependencyError } from '../../../shared/app/errors';
import { workListKeys } from '../../../shared/conversation/conversation-table';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { SECOND } from '../../../shared/conversation/time';
import { workListItem } from '../../../shared/conversation/work-list';
import { createTableClients, type Policies } from '../../../shared/storage/table-clients';
import { MemoryWorld } from '../../support/memory-ports';
import { serviceOver } from '../../support/service';
import { PROFILE } from '../../unit/application/scene';
import { overTables } from './over-tables';
import { startTables, type Tables } from './tables';

/**
 * Two processes of the app over the same real tables. What one of them writes to the work list is held up on the wire
 * until a test lets it through.
 */
interface Process extends ReturnType<typeof overTables> {
  /** Resolves when the next write to the work list has come as far as the wire; from there it goes on when it is let through. */
  holdRow(): Promise<{ letThrough: () => void }>;
  /** Method and table of every request since the last call. */
  takeRequests(): readonly string[];
}

let tables: Tables;
let world: MemoryWorld;
let one: Process;
let other: Process;
let id: string;
let count = 0;
/** So long the machine of both stood still. */
let heldUpFor = 0;

function startProcess(): Process {
  let hold: ((held: { letThrough: () => void }) => void) | undefined;
  let requests: string[] = [];
  const policies: Policies = [
    {
      position: 'perRetry',
      policy: {
        name: 'holdRow',
        async sendRequest(request, next) {
          const isRow = request.method !== 'GET' && request.url.includes('/WorkList');
          const held = isRow ? hold : undefined;
          if (held !== undefined) {
            hold = undefined;
            await new Promise<void>((letThrough) => held({ letThrough }));
          }
          const response = await next(request);
          requests.push(`${request.method} ${request.url.includes('/WorkList') ? 'row' : 'record'}`);
          return response;
        },
      },
    },
  ];
  const clients = createTableClients({ connectionString: tables.connectionString }, {}, { policies });
  return {
    ...overTables({ ...tables, ...clients }, world, () => Date.now() + heldUpFor),
    holdRow: () => new Promise((resolve) => (hold = resolve)),
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
  };
}

beforeAll(async () => {
  tables = startTables();
  await tables.ensureTables();
});
beforeEach(async () => {
  heldUpFor = 0;
  world = new MemoryWorld();
  id = `late-row-${(count += 1)}-0000000`;
  one = startProcess();
  other = startProcess();
  world.open(id, 'tab-1');
  await one.service.handle(id, { type: 'connect', conversationId: id, profile: PROFILE });
  await one.service.handle(id, { type: 'connected', connectionId: 'tab-1', occurredAt: Date.now() });
});

const rowOf = async () =>
  (await one.workList.list({ limit: 1_000 })).items.find(({ conversationId }) => conversationId === id);
const rowOfRecord = async () => {
  const stored = await one.store.load(id);
  return stored && workListItem(stored.conversation);
};

afterEach(async () => {
  expect(await rowOf()).toEqual(await rowOfRecord());
});

const picked: ConversationEvent = { type: 'agent-accepted', agentId: 'bob', agentName: 'Bob' };
const released: ConversationEvent = { type: 'agent-released', agentId: 'bob' };

it('that a customer came back too late is copied by its next return, if the first could not write it [R263]', async () => {
  const { settings, participants, timers, capacity } = world;
  world.lose(id, 'tab-1');
  await one.service.handle(id, { type: 'disconnected', connectionId: 'tab-1', occurredAt: Date.now() });
  const { store, workList, closedConversations, deadLetters } = one;
  const ports = { store, workList, deadLetters, participants, timers, capacity, settings };
  const later = Date.now() + 60 * 60_000;
  await serviceOver({ ...ports, now: () => later }).handle(id, {
    ...{ type: 'deadline-reached', kind: 'disconnection', number: 2 },
  });
  const knockedAt = async () =>
    (await closedConversations.list({ limit: 1_000 })).items.find((item) => item.conversationId === id)
      ?.knockedAt;
  const back: ConversationEvent = { type: 'customer-returning' };
  const failing = { ...workList, remove: () => Promise.reject(new DependencyError('table-storage', 'put')) };
  await expect(
    serviceOver({ ...ports, workList: failing, now: () => later }).handle(id, back),
  ).rejects.toThrow(DependencyError);
  expect(await knockedAt()).toBeUndefined();
  const again = serviceOver({ ...ports, now: () => later + 60_000 });
  expect(await again.handle(id, back)).toMatchObject({ kind: 'refused' });
  expect(await knockedAt()).toBe(later);
});

describe('the row of the work list, when two processes write it', () => {
  it('is that of the later change, though the writer of the earlier one is held up [R225]', async () => {
    const held = one.holdRow();
    const first = one.service.handle(id, picked);
    const { letThrough } = await held;
    await other.service.handle(id, released);
    expect(await rowOf()).toMatchObject({ state: 'Open' });
    letThrough();
    await first;
    expect(await rowOf()).toMatchObject({ state: 'Open' });
  });

  it('goes when the conversation is closed, though the writer of the change before comes later [R225]', async () => {
    await one.service.handle(id, picked);
    const held = one.holdRow();
    const first = one.service.handle(id, { type: 'agent-ended', agentId: 'bob' });
    const { letThrough } = await held;
    await other.service.handle(id, { type: 'agent-closed', agentId: 'bob' });
    letThrough();
    await first;
    expect(await rowOf()).toBeUndefined();
  });

  it('is not put right for an end that could not be told, before it is told [R225]', async () => {
    await one.service.handle(id, picked);
    const isTold = () => world.pushes.some(({ push }) => push.type === 'conversation-ended');
    const held = one.holdRow();
    const first = one.service.handle(id, released);
    const { letThrough } = await held;
    world.fail('push');
    await expect(other.service.handle(id, { type: 'customer-left' })).rejects.toThrow('push');
    heldUpFor = SECOND;
    letThrough();
    await expect(first).rejects.toThrow('push');
    expect([isTold(), await rowOf()]).toEqual([false, expect.objectContaining({ state: 'Open' })]);
    world.recover();
    await other.service.handle(id, { type: 'customer-left' });
    expect([isTold(), await rowOf()]).toEqual([true, undefined]);
  });

  it('is not written by a repetition over that of a change that came after it was loaded [R225]', async () => {
    await one.service.handle(id, picked);
    // The writer of the change has died before it came to the row.
    const { partitionKey, rowKey } = workListKeys(id);
    await tables.workList.deleteEntity(partitionKey, rowKey);
    const held = one.holdRow();
    const repetition = one.service.handle(id, picked);
    const { letThrough } = await held;
    await other.service.handle(id, released);
    letThrough();
    await repetition;
    expect(await rowOf()).toMatchObject({ state: 'Open' });
  });

  it('is that of the conversation, though another process has begun it in the same moment [R225]', async () => {
    id = `late-row-${(count += 1)}-0000000`;
    world.open(id, 'tab-1');
    const begins: ConversationEvent = { type: 'connect', conversationId: id, profile: PROFILE };
    const held = one.holdRow();
    const first = one.service.handle(id, begins);
    const { letThrough } = await held;
    await other.service.handle(id, begins);
    await other.service.handle(id, { type: 'connected', connectionId: 'tab-1', occurredAt: Date.now() });
    await other.service.handle(id, picked);
    letThrough();
    await first;
    expect(await rowOf()).toMatchObject({ state: 'Active' });
  });

  it('costs one request, and one more to look at it if another process has just made a change [R225]', async () => {
    one.takeRequests();
    await one.service.handle(id, picked);
    expect(one.takeRequests()).toEqual(['GET record', 'POST record', 'PUT row']);
    await other.service.handle(id, released);
    expect(other.takeRequests()).toEqual(['GET record', 'POST record', 'PUT row', 'GET row']);
    await other.service.handle(id, picked);
    expect(other.takeRequests()).toEqual(['GET record', 'POST record', 'PUT row']);
  });

  it('is right in the end, when both change the conversation as fast as they can [R225]', async () => {
    const agents = ['ann', 'bob', 'cem'];
    const play = async (process: Process) => {
      for (let turn = 0; turn < 8; turn += 1) {
        const agentId = agents[turn % agents.length]!;
        await process.service.handle(id, { type: 'agent-accepted', agentId, agentName: agentId });
        await process.service.handle(id, { type: 'agent-released', agentId });
      }
    };
    await Promise.all([play(one), play(other)]);
    expect(await rowOf()).toEqual(await rowOfRecord());
  });
});

it('processes that handle a conversation by turns read it, and do not save in vain each time [R310]', async () => {
  let sent = 0;
  const costOf = async (process: Process) => {
    process.takeRequests();
    const messageId = `m-${(sent += 1)}`;
    await process.service.handle(id, {
      type: 'customer-message',
      connectionId: 'tab-1',
      messageId,
      text: 'Hello',
    });
    return process.takeRequests();
  };
  const read = ['GET record', 'POST record'];
  expect(await costOf(one)).toEqual(['POST record']);
  expect(await costOf(other)).toEqual(read);
  // What it has kept is no longer stored.
  expect(await costOf(one)).toEqual(['POST record', ...read]);
  for (const process of [other, one, other, one]) expect(await costOf(process)).toEqual(read);
  expect(await costOf(one)).toEqual(read);
  expect(await costOf(one)).toEqual(['POST record']);
});
