import { describe, expect, it } from '@jest/globals';
import { DependencyError } from '../../../shared/app/errors';
import { type CapacityClaim, unitsFree, unitsInUse } from '../../../shared/capacity/capacity';
import { createVerifiedAgentCapacity } from '../../../shared/capacity/capacity-service';
import { MINUTE } from '../../../shared/conversation/time';
import { MemoryCapacity } from '../../support/memory-capacity';

const claim = (conversationId: string, assignment = 1): CapacityClaim => ({
  agentId: 'ann',
  conversationId,
  assignment,
});

/** An agent with room for one conversation of 20 units, and the conversations that say they hold some. */
function desk() {
  const clock = { now: 0 };
  const recorded = new Set<string>();
  const asked: string[] = [];
  const ledger = new MemoryCapacity(() => clock.now, 20);
  const here = {
    clock,
    recorded,
    asked,
    ledger,
    /** Comes when a conversation is asked. */
    whenAsked: async (): Promise<void> => undefined,
    capacity: createVerifiedAgentCapacity({
      ledger,
      now: () => clock.now,
      holds: async ({ conversationId }) => {
        asked.push(conversationId);
        const holds = recorded.has(conversationId);
        await here.whenAsked();
        return holds;
      },
    }),
  };
  return here;
}

describe('an agent that seems to be full', () => {
  it('gets the units back that a process has left behind, a minute after they were reserved', async () => {
    const { capacity, clock, ledger } = desk();
    await capacity.reserve(claim('died'), 20);
    clock.now = MINUTE;
    expect(await capacity.reserve(claim('next'), 20)).toBe('reserved');
    expect(ledger.load('ann').holdings.map((held) => held.conversationId)).toEqual(['next']);
  });

  it('is full as long as the save that belongs to a reservation may be under way', async () => {
    const { capacity, clock, asked } = desk();
    await capacity.reserve(claim('saving'), 20);
    clock.now = MINUTE - 1;
    expect(await capacity.reserve(claim('next'), 20)).toBe('full');
    expect(asked).toEqual([]);
  });

  it('is full when its conversations say so, however old the reservation is', async () => {
    const { capacity, clock, recorded, asked } = desk();
    await capacity.reserve(claim('saved'), 20);
    recorded.add('saved');
    clock.now = 1_000 * MINUTE;
    expect(await capacity.reserve(claim('next'), 20)).toBe('full');
    expect(asked).toEqual(['saved']);
  });

  it('is not refused for what cannot be verified', async () => {
    const here = desk();
    await here.capacity.reserve(claim('saved'), 20);
    here.clock.now = MINUTE;
    here.whenAsked = () => Promise.reject(new DependencyError('table-storage', 'load conversation'));
    await expect(here.capacity.reserve(claim('next'), 20)).rejects.toBeInstanceOf(DependencyError);
    expect(unitsInUse(here.ledger.load('ann'))).toBe(20);
  });

  it('keeps what is reserved again while its conversation is asked: that save is still to come', async () => {
    const here = desk();
    await here.capacity.reserve(claim('came-back'), 20);
    here.clock.now = MINUTE;
    here.whenAsked = async () => {
      await here.ledger.reserve(claim('came-back'), 20);
    };
    expect(await here.capacity.reserve(claim('next'), 20)).toBe('full');
    expect(here.ledger.load('ann').holdings).toMatchObject([{ conversationId: 'came-back', units: 20 }]);
  });
});

describe('an agent with room', () => {
  it('takes a conversation without a question', async () => {
    const { capacity, clock, asked } = desk();
    await capacity.reserve(claim('died'), 10);
    clock.now = MINUTE;
    expect(await capacity.reserve(claim('next'), 10)).toBe('reserved');
    expect(asked).toEqual([]);
  });
});

describe('the load of an agent', () => {
  it('is without what no conversation knows of, and that is given back for good', async () => {
    const { capacity, clock, recorded, ledger } = desk();
    await capacity.reserve(claim('died'), 10);
    await capacity.reserve(claim('saved'), 10);
    recorded.add('saved');
    clock.now = MINUTE;
    const load = await capacity.loadOf('ann');
    expect(load.holdings.map((held) => held.conversationId)).toEqual(['saved']);
    expect(unitsFree(load)).toBe(10);
    expect(unitsFree(ledger.load('ann'))).toBe(10);
  });
});
