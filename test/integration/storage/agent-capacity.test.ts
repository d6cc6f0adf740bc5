import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RestError, type TableClient } from '@azure/data-tables';
import { ContentionError, DependencyError, type StoredRowError } from '../../../shared/app/errors';
import { type CapacityLedger, unitsFree, unitsInUse } from '../../../shared/capacity/capacity';
import { createTableAgentCapacity, encodeHolding } from '../../../shared/capacity/capacity-table';
import { MINUTE } from '../../../shared/conversation/time';
import { createTableClients, type Policies } from '../../../shared/storage/table-clients';
import { startStubStorage } from './stub-storage';
import { startTables, type Tables } from './tables';

const NOON = Date.UTC(2026, 0, 31, 12);

let tables: Tables;
let ledger: CapacityLedger;
let agentId: string;
let number = 0;
const clock = { now: NOON };

const ledgerOver = (table: TableClient, defaultTotal = 100) =>
  createTableAgentCapacity(table, { defaultTotal, now: () => clock.now });

beforeAll(async () => {
  tables = startTables();
  ledger = ledgerOver(tables.agentCapacity);
  await tables.ensureTables();
});
beforeEach(() => {
  number += 1;
  agentId = `agent-${number}`;
  clock.now = NOON;
  tables.takeRequests();
});

const claim = (conversationId: string, assignment = 1) => ({ agentId, conversationId, assignment });
const conversations = (count: number) => Array.from({ length: count }, (_, i) => `conversation-${i}`);
const inUse = async () => unitsInUse(await ledger.loadOf(agentId));
const holders = async () => (await ledger.loadOf(agentId)).holdings.map((held) => held.conversationId);
type Send = Policies[number]['policy']['sendRequest'];
/** The same ledger through a client of its own, which sends its requests like that. */
function ledgerThat({ sends }: { readonly sends: Send }): CapacityLedger {
  const policy = { name: 'sends', sendRequest: sends };
  const options = { policies: [{ position: 'perRetry' as const, policy }] };
  const { connectionString } = tables;
  return ledgerOver(createTableClients({ connectionString }, {}, options).agentCapacity);
}
/** The only holding there is, as the ledger stores it. */
async function holding() {
  const [only, ...others] = (await ledger.loadOf(agentId)).holdings;
  if (only === undefined || others.length > 0) throw new Error('there is not exactly one holding');
  return only;
}

describe('what is reserved', () => {
  test('is in use until it is given back', async () => {
    expect(await ledger.reserve(claim('conversation-1', 3), 20)).toBe('reserved');
    const { version: _any, ...held } = await holding();
    expect(held).toEqual({ conversationId: 'conversation-1', assignment: 3, units: 20, reservedAt: NOON });
    await ledger.release(claim('conversation-1', 3));
    expect(await ledger.loadOf(agentId)).toEqual({ agentId, totalUnits: 100, holdings: [] });
  });

  test('is held once, however often the claim is made, and counts as fresh each time', async () => {
    await ledger.setTotal(agentId, 20);
    await ledger.reserve(claim('conversation-1'), 20);
    clock.now += MINUTE;
    expect(await ledger.reserve(claim('conversation-1'), 20)).toBe('reserved');
    expect(await holding()).toMatchObject({ units: 20, reservedAt: NOON + MINUTE });
  });

  test('can change its units, as far as there is room', async () => {
    await ledger.reserve(claim('conversation-1'), 20);
    await ledger.reserve(claim('conversation-2'), 40);
    expect(await ledger.reserve(claim('conversation-1'), 60)).toBe('reserved');
    expect(await inUse()).toBe(100);
    expect(await ledger.reserve(claim('conversation-1'), 61)).toBe('full');
    expect(await inUse()).toBe(100);
  });

  test('belongs to one agent, one conversation and one assignment', async () => {
    for (const assignment of [1, 2, 10]) await ledger.reserve(claim('conversation-1', assignment), 10);
    await ledger.reserve(claim('conversation-2'), 10);
    await ledger.release(claim('conversation-1', 1));
    await ledger.release({ ...claim('conversation-1', 2), agentId: `${agentId}-x` });
    const { holdings } = await ledger.loadOf(agentId);
    expect(holdings.map((held) => [held.conversationId, held.assignment])).toEqual([
      ['conversation-1', 2],
      ['conversation-1', 10],
      ['conversation-2', 1],
    ]);
  });

  test('costs one query and one transaction, giving it back one request', async () => {
    await ledger.reserve(claim('conversation-1'), 20);
    expect(tables.takeRequests()).toEqual(['GET AgentCapacity()', 'POST $batch']);
    await ledger.release(claim('conversation-1'));
    const row = `PartitionKey='${agentId}',RowKey='holding.conversation-1.0000000001'`;
    expect(tables.takeRequests()).toEqual([`DELETE AgentCapacity(${row})`]);
  });

  test('is held once when the answer was lost on the way and the request is repeated', async () => {
    const requests: string[] = [];
    const unlucky = ledgerThat({
      async sends(request, next) {
        requests.push(request.method);
        const response = await next(request);
        if (requests.length === 2) throw new RestError('connection reset', { code: 'ECONNRESET', request });
        return response;
      },
    });
    expect(await unlucky.reserve(claim('conversation-1'), 20)).toBe('reserved');
    // The repetition is a conflict; the holding is found when it is read again.
    expect(requests.slice(0, 4)).toEqual(['GET', 'POST', 'POST', 'GET']);
    expect(await holders()).toEqual(['conversation-1']);
  });
});

describe('the total of an agent', () => {
  test('is the default as long as none is set, even if the default changes', async () => {
    await ledger.reserve(claim('conversation-1'), 20);
    const laterVersion = ledgerOver(tables.agentCapacity, 30);
    expect(await laterVersion.loadOf(agentId)).toMatchObject({ totalUnits: 30 });
    expect(await laterVersion.reserve(claim('conversation-2'), 20)).toBe('full');
  });

  test('that was set stays when units are reserved and given back', async () => {
    await ledger.setTotal(agentId, 40);
    await ledger.reserve(claim('conversation-1'), 20);
    await ledger.release(claim('conversation-1'));
    expect(await ledger.loadOf(agentId)).toMatchObject({ totalUnits: 40 });
  });

  test('lowered below what is in use takes nothing away, and nothing more fits until it is free', async () => {
    await ledger.reserve(claim('conversation-1'), 20);
    await ledger.reserve(claim('conversation-2'), 20);
    await ledger.setTotal(agentId, 30);
    expect(unitsFree(await ledger.loadOf(agentId))).toBe(0);
    expect(await ledger.reserve(claim('conversation-3'), 1)).toBe('full');
    expect(await ledger.reserve(claim('conversation-3'), 0)).toBe('reserved');
    expect(await ledger.reserve(claim('conversation-1'), 20)).toBe('reserved');
    await ledger.release(claim('conversation-1'));
    expect(await ledger.reserve(claim('conversation-4'), 10)).toBe('reserved');
    expect(await ledger.reserve(claim('conversation-5'), 1)).toBe('full');
  });

  test('set while many reserve is the one that holds in the end', async () => {
    const all = conversations(8).map((id) => ledger.reserve(claim(id), 20));
    await Promise.all([...all, ledger.setTotal(agentId, 60)]);
    expect((await ledger.loadOf(agentId)).totalUnits).toBe(60);
    expect(await ledger.reserve(claim('conversation-late'), 20)).toBe('full');
  });
});

describe('the name of an agent', () => {
  const row = () => `AgentCapacity(PartitionKey='${agentId}',RowKey='agent')`;

  test('is written when it is new, and only read when nothing has changed [R261]', async () => {
    await ledger.noteAgent(agentId, 'Ann Smith');
    expect(tables.takeRequests().at(-1)).toBe(`PATCH ${row()}`);
    await ledger.noteAgent(agentId, 'Ann Smith');
    expect(tables.takeRequests()).toEqual([`GET ${row()}`]);
    await ledger.noteAgent(agentId, 'Ann Jones');
    expect(await ledger.loadOf(agentId)).toEqual({
      agentId,
      name: 'Ann Jones',
      totalUnits: 100,
      holdings: [],
    });
  });

  test('and its total do not touch each other, whatever is reserved meanwhile [R261]', async () => {
    await ledger.noteAgent(agentId, 'Ann Smith');
    await ledger.setTotal(agentId, 40);
    await ledger.noteAgent(agentId, 'Ann Jones');
    await ledger.reserve(claim('conversation-1'), 20);
    expect(await ledger.loadOf(agentId)).toMatchObject({ name: 'Ann Jones', totalUnits: 40 });
    const known = (await ledger.everyAgent()).agents.find((agent) => agent.agentId === agentId);
    expect(known).toMatchObject({ name: 'Ann Jones', totalUnits: 40, holdings: [{ units: 20 }] });
  });

  test('is on the list with the whole load of the agent, or not at all: the list says that it is cut off [R261]', async () => {
    // In front of all other agents of this file.
    const [first, second] = [`0-first-${number}`, `0-second-${number}`];
    for (const [who, count] of [
      [first, 1],
      [second, 2],
    ] as const) {
      agentId = who;
      await ledger.noteAgent(who, 'Ann Smith');
      for (const id of conversations(count)) await ledger.reserve(claim(id), 20);
    }
    const listed = async (mostRows: number) => {
      const now = () => clock.now;
      const cut = createTableAgentCapacity(tables.agentCapacity, { defaultTotal: 100, now, mostRows });
      const { agents, complete } = await cut.everyAgent();
      return [complete, agents.map((agent) => [agent.agentId, unitsInUse(agent)])];
    };
    expect(await listed(4)).toEqual([false, [[first, 20]]]);
    expect((await ledger.everyAgent()).complete).toBe(true);
  });

  test('that cannot be read is written anew [R261]', async () => {
    await ledger.setTotal(agentId, 40);
    await tables.agentCapacity.updateEntity({ partitionKey: agentId, rowKey: 'agent', name: 7 }, 'Merge');
    await ledger.noteAgent(agentId, 'Ann Smith');
    expect(await ledger.loadOf(agentId)).toMatchObject({ name: 'Ann Smith', totalUnits: 40 });
  });
});

describe('when many reserve at once', () => {
  test('exactly as many get the units as there is room for, for a new agent and a known one', async () => {
    for (const agent of ['new', 'known']) {
      agentId = `${agent}-${number}`;
      if (agent === 'known') await ledger.setTotal(agentId, 100);
      const results = await Promise.all(conversations(20).map((id) => ledger.reserve(claim(id), 20)));
      expect(results.filter((result) => result === 'reserved')).toHaveLength(5);
      const winners = conversations(20).filter((_, i) => results[i] === 'reserved');
      expect((await holders()).sort()).toEqual(winners.sort());
    }
  });

  test('the same claim is held once', async () => {
    const results = await Promise.all(
      conversations(6).map(() => ledger.reserve(claim('conversation-1'), 20)),
    );
    expect(new Set(results)).toEqual(new Set(['reserved']));
    expect((await holding()).units).toBe(20);
  });

  test('what others give back meanwhile is taken at most once', async () => {
    await ledger.setTotal(agentId, 60);
    for (const id of ['old-1', 'old-2', 'old-3']) await ledger.reserve(claim(id), 20);
    const [, , ...results] = await Promise.all([
      ledger.release(claim('old-1')),
      ledger.release(claim('old-2')),
      ...conversations(8).map((id) => ledger.reserve(claim(id), 20)),
    ]);
    const winners = results.filter((result) => result === 'reserved').length;
    expect(winners).toBeLessThanOrEqual(2);
    expect(await inUse()).toBe(20 + 20 * winners);
    // Whoever was refused was only early: now there is room for the rest.
    const late = await Promise.all(['late-1', 'late-2'].map((id) => ledger.reserve(claim(id), 20)));
    expect(late.filter((result) => result === 'reserved')).toHaveLength(2 - winners);
    expect(await inUse()).toBe(60);
  });

  test('reserved and given back at the same time, it is held whole or not at all', async () => {
    for (let round = 1; round <= 5; round += 1) {
      const each = claim('conversation-1', round);
      await Promise.all([ledger.reserve(each, 20), ledger.release(each)]);
      expect([0, 20]).toContain(await inUse());
      await ledger.release(each);
      expect(await inUse()).toBe(0);
    }
  });

  test('somebody who is always slower gives up after a bounded number of attempts', async () => {
    let batches = 0;
    const slow = ledgerThat({
      async sends(request, next) {
        if (request.url.includes('$batch')) {
          batches += 1;
          await ledger.setTotal(agentId, 100 + batches);
        }
        return next(request);
      },
    });
    await expect(slow.reserve(claim('conversation-1'), 20)).rejects.toBeInstanceOf(ContentionError);
    expect(batches).toBe(24);
    expect(await ledger.loadOf(agentId)).toEqual({ agentId, totalUnits: 124, holdings: [] });
  });
});

describe('giving back', () => {
  test('succeeds again and again, and for what was never held', async () => {
    await ledger.reserve(claim('conversation-1'), 20);
    await ledger.release(claim('conversation-1'));
    await ledger.release(claim('conversation-1'));
    await ledger.release(claim('conversation-never'));
    expect(await inUse()).toBe(0);
  });

  test('a version spares what was reserved again since, and succeeds for what is gone', async () => {
    await ledger.reserve(claim('conversation-1'), 20);
    const { version } = await holding();
    await ledger.reserve(claim('conversation-1'), 20);
    expect(await ledger.releaseVersion(claim('conversation-1'), version)).toBe('reserved-again');
    const { version: latest } = await holding();
    expect(await ledger.releaseVersion(claim('conversation-1'), latest)).toBe('released');
    expect(await ledger.releaseVersion(claim('conversation-1'), latest)).toBe('released');
    expect(await inUse()).toBe(0);
  });

  test('between the read and the write of the same claim leads to a new holding', async () => {
    await ledger.reserve(claim('conversation-1'), 20);
    let isFirst = true;
    const overtaken = ledgerThat({
      async sends(request, next) {
        if (isFirst && request.url.includes('$batch')) {
          isFirst = false;
          await ledger.release(claim('conversation-1'));
        }
        return next(request);
      },
    });
    expect(await overtaken.reserve(claim('conversation-1'), 20)).toBe('reserved');
    expect(isFirst).toBe(false);
    expect(await inUse()).toBe(20);
  });
});

describe('what cannot be read', () => {
  test.each([
    [{ units: -20 }, 'units'],
    [{ reservedAt: 'yesterday' }, 'reservedAt'],
    [{ schemaVersion: 999 }, 'schemaVersion'],
  ])(
    'is reported with its row and column, and keeps the agent from nothing else [R181]: %j',
    async (damage, column) => {
      await ledger.reserve(claim('conversation-1'), 20);
      const rowKey = 'holding.conversation-1.0000000001';
      await tables.agentCapacity.updateEntity({ partitionKey: agentId, rowKey, ...damage }, 'Merge');
      const told: string[] = [];
      const { agentCapacity } = tables;
      const onDamage = async ({ message }: StoredRowError) => void told.push(message);
      const hearing = createTableAgentCapacity(agentCapacity, {
        defaultTotal: 100,
        now: () => clock.now,
        onDamage,
      });
      expect(await hearing.reserve(claim('conversation-2'), 1)).toBe('reserved');
      expect(told).toEqual([expect.stringContaining(`${agentId}/${rowKey}: ${column}: `)]);
      // Whose it is stands in its key; what can be read of it counts.
      const { holdings } = await hearing.loadOf(agentId);
      const units = column === 'units' ? 0 : 20;
      expect(holdings).toMatchObject([
        { conversationId: 'conversation-1', assignment: 1, units },
        { units: 1 },
      ]);
      // The same claim again writes it anew, and a release takes it away.
      expect(await hearing.reserve(claim('conversation-1'), 20)).toBe('reserved');
      expect(await inUse()).toBe(21);
      await hearing.release(claim('conversation-1'));
      expect(await inUse()).toBe(1);
    },
  );

  test('leaves a total that cannot be read to whoever mends it, and takes the default meanwhile', async () => {
    await ledger.setTotal(agentId, 30);
    const damaged = { partitionKey: agentId, rowKey: 'agent', totalUnits: 'all of them' };
    await tables.agentCapacity.updateEntity(damaged, 'Merge');
    expect(await ledger.reserve(claim('conversation-1'), 100)).toBe('reserved');
    expect(await ledger.reserve(claim('conversation-2'), 1)).toBe('full');
    expect(await tables.agentCapacity.getEntity(agentId, 'agent')).toMatchObject(damaged);
    await ledger.setTotal(agentId, 101);
    expect(await ledger.reserve(claim('conversation-2'), 1)).toBe('reserved');
  });

  test('an agent with 2,001 conversations is read to the end, a request for each thousand', async () => {
    for (let from = 0; from < 2_001; from += 100) {
      const some = Array.from({ length: Math.min(100, 2_001 - from) }, (_, n) =>
        encodeHolding({ ...claim(`conversation-${from + n}`) }, 0, clock.now),
      );
      await tables.agentCapacity.submitTransaction(some.map((row) => ['create', row]));
    }
    tables.takeRequests();
    expect((await ledger.loadOf(agentId)).holdings).toHaveLength(2_001);
    expect(tables.takeRequests()).toHaveLength(3);
    expect(await ledger.reserve(claim('conversation-2001'), 100)).toBe('reserved');
  });

  test('an answer that never comes to its end is a failure, not an agent with room', async () => {
    const stub = await startStubStorage((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('x-ms-continuation-NextPartitionKey', 'next');
      response.end('{"value":[]}');
    });
    const { agentCapacity } = createTableClients({ connectionString: stub.connectionString });
    const attempt = ledgerOver(agentCapacity).reserve(claim('conversation-1'), 1);
    await expect(attempt.finally(() => stub.stop())).rejects.toBeInstanceOf(DependencyError);
  });
});
