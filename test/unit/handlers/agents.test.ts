import { describe, expect, it } from '@jest/globals';
import { DependencyError } from '../../../shared/app/errors';
import { createVerifiedAgentCapacity } from '../../../shared/capacity/capacity-service';
import { MemoryCapacity } from '../../support/memory-capacity';
import { bodyOf, call, request } from './request';
import { ANN, CUSTOMER, ID, NOW, scene } from './scene';

function api() {
  const { deps, bearer } = scene();
  const capacity = new MemoryCapacity(() => NOW);
  const withCapacity = { ...deps, capacity };
  const params = (agentId: string) => ({ params: { agentId } });
  return {
    capacity,
    read: (agentId = 'ann') =>
      call('read-capacity', request({ method: 'GET', ...params(agentId) }), withCapacity),
    set: (body: unknown, agentId = 'ann') =>
      call('set-capacity', request({ method: 'PUT', ...params(agentId), body }), withCapacity),
    mine: async (who?: Parameters<typeof bearer>[0]) => {
      const headers = who === undefined ? {} : await bearer(who);
      return call('my-capacity', request({ method: 'GET', headers }), withCapacity);
    },
    take: (units: number, assignment = 1) =>
      capacity.reserve({ agentId: 'ann', conversationId: ID, assignment }, units),
  };
}

describe('the list of agents', () => {
  const listed = async (holder: Parameters<ReturnType<typeof scene>['bearer']>[0] | undefined = ANN) => {
    const { deps, bearer, world } = scene();
    await world.capacity.noteAgent('zoe', 'Zoe Zimmer');
    await world.capacity.noteAgent('ann', 'Ann Smith');
    for (const agentId of ['ann', 'bob'])
      await world.capacity.reserve({ agentId, conversationId: ID, assignment: 1 }, 20);
    await world.capacity.noteAgent('gone', 'Nobody now');
    world.absentAgents.add('bob').add('gone');
    return call('list-agents', request({ method: 'GET', headers: await bearer(holder) }), deps);
  };

  it('has who is there, by name, then who has conversations, and nobody else [R261]', async () => {
    const free = { totalUnits: 100, unitsInUse: 0, unitsFree: 100, conversations: 0 };
    const busy = { totalUnits: 100, unitsInUse: 20, unitsFree: 80, conversations: 1 };
    expect(bodyOf(await listed())).toEqual({
      complete: true,
      agents: [
        { agentId: 'ann', name: 'Ann Smith', present: true, ...busy },
        { agentId: 'zoe', name: 'Zoe Zimmer', present: true, ...free },
        { agentId: 'bob', present: false, ...busy },
      ],
    });
  });

  it('has everybody who is there where it is cut off, and reads them a few at a time [R261]', async () => {
    const { deps, bearer, world } = scene();
    let [reading, most] = [0, 0];
    const capacity = {
      ...world.capacity,
      everyAgent: async () => ({ agents: [], complete: false }),
      loadOf: async (agentId: string) => {
        most = Math.max(most, (reading += 1));
        await new Promise(setImmediate);
        reading -= 1;
        return world.capacity.loadOf(agentId);
      },
    };
    const present = Array.from({ length: 100 }, (_, n) => `agent-${n}`);
    const participants = { ...world.participants, presentAgents: async () => new Set(present) };
    const asked = request({ method: 'GET', headers: await bearer(ANN) });
    const answer = bodyOf(await call('list-agents', asked, { ...deps, capacity, participants }));
    expect(answer['complete']).toBe(false);
    expect((answer['agents'] as { agentId: string }[]).map(({ agentId }) => agentId).sort()).toEqual(
      present.toSorted(),
    );
    expect(most).toBe(16);
  });

  it('is read once in three seconds, and again after a failure [R261]', async () => {
    const ledger = new MemoryCapacity(() => NOW);
    let [reads, moment] = [0, NOW];
    ledger.gate = () => {
      reads += 1;
      if (reads === 1) throw new DependencyError('table-storage', 'list agents');
    };
    const capacity = createVerifiedAgentCapacity({ ledger, holds: async () => true, now: () => moment });
    await expect(capacity.everyAgent()).rejects.toThrow(DependencyError);
    for (const [at, expected] of [
      [0, 2],
      [2_999, 2],
      [3_000, 3],
    ] as const) {
      moment = NOW + at;
      expect(await capacity.everyAgent()).toEqual({ agents: [], complete: true });
      expect([at, reads]).toEqual([at, expected]);
    }
  });

  it('is not for customers [R261]', async () => {
    expect((await listed(CUSTOMER)).status).toBe(403);
  });
});

describe("an agent's capacity", () => {
  it('is answered with what is in use, what is free and which conversations hold it', async () => {
    const { read, take } = api();
    await take(20);
    const answer = await read();
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(bodyOf(answer)).toEqual({
      agentId: 'ann',
      totalUnits: 100,
      unitsInUse: 20,
      unitsFree: 80,
      conversations: [{ conversationId: ID, units: 20 }],
    });
  });

  it('of an agent whom nobody has seen is the default, all of it free', async () => {
    expect(bodyOf(await api().read('nobody'))).toMatchObject({ totalUnits: 100, unitsFree: 100 });
  });

  it('is set, and answered as it is from then on', async () => {
    const { read, set } = api();
    const answer = await set({ capacityUnits: 40 });
    expect(answer.status).toBe(200);
    expect(bodyOf(answer)).toMatchObject({ agentId: 'ann', totalUnits: 40, unitsFree: 40 });
    expect(bodyOf(await read())).toEqual(bodyOf(answer));
    expect(bodyOf(await read('bob'))).toMatchObject({ totalUnits: 100 });
  });

  it('can be lowered below what is in use: nothing is free then, and no conversation loses its units', async () => {
    const { set, take } = api();
    await take(20);
    expect(bodyOf(await set({ capacityUnits: 0 }))).toMatchObject({
      totalUnits: 0,
      unitsInUse: 20,
      unitsFree: 0,
      conversations: [{ conversationId: ID, units: 20 }],
    });
    expect(await take(1, 2)).toBe('full');
  });

  it.each([0, 1_000])('can be %d units', async (capacityUnits) => {
    expect(bodyOf(await api().set({ capacityUnits }))).toMatchObject({ totalUnits: capacityUnits });
  });

  it.each([-1, 1_001, 1.5, '20', null, undefined])('cannot be %p', async (capacityUnits) => {
    const { set, capacity } = api();
    const answer = await set({ capacityUnits });
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toMatchObject({ code: 'invalid-input', field: 'body.capacityUnits' });
    expect(capacity.history).toEqual([]);
  });

  it.each(['', 'an agent', 'a'.repeat(65), "' or 1 eq 1"])('needs an agent id: %p', async (agentId) => {
    const { read, set, capacity } = api();
    for (const answer of [await read(agentId), await set({ capacityUnits: 1 }, agentId)]) {
      expect(answer.status).toBe(400);
      expect(bodyOf(answer)).toMatchObject({ code: 'invalid-input', field: 'path.agentId' });
    }
    expect(capacity.history).toEqual([]);
  });
});

describe('the capacity of the caller', () => {
  it('is answered to an agent with a ticket', async () => {
    const { mine, read, take } = api();
    await take(20);
    const answer = await mine(ANN);
    expect(answer.status).toBe(200);
    expect(bodyOf(answer)).toEqual(bodyOf(await read()));
  });
});
