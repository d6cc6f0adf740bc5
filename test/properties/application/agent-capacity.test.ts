import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CapacityClaim, fits, unitsFree } from '../../../shared/capacity/capacity';
import { createVerifiedAgentCapacity } from '../../../shared/capacity/capacity-service';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { RUNS } from '../../support/domain/runs';
import { capacityProblems, MemoryCapacity } from '../../support/memory-capacity';

const AGENTS = ['ann', 'bob'] as const;
const TOTAL = 50;

type Hold = CapacityClaim & { readonly units: number };

/** A conversation, as far as capacity is concerned: its record is the truth. */
interface Conversation {
  readonly id: string;
  assignmentCount: number;
  hold?: Hold | undefined;
}

/** Conversations that take and give back capacity as the service does, in processes that may die at every point. */
class Desk {
  readonly clock = { now: 0 };
  readonly counts = { taken: 0, refused: 0, stale: 0 };
  readonly ledger = new MemoryCapacity(() => this.clock.now, TOTAL);
  readonly conversations: readonly Conversation[] = [
    'conversation-1',
    'conversation-2',
    'conversation-3',
  ].map((id) => ({ id, assignmentCount: 0 }));
  readonly capacity = createVerifiedAgentCapacity({
    ledger: this.ledger,
    now: () => this.clock.now,
    holds: async (claim) => {
      await this.ledger.gate();
      const holds = this.isRecorded(claim);
      if (!holds) this.counts.stale += 1;
      return holds;
    },
  });

  isRecorded = ({ agentId, conversationId, assignment }: CapacityClaim): boolean =>
    this.conversations.some(
      ({ id, hold }) => id === conversationId && hold?.agentId === agentId && hold.assignment === assignment,
    );

  inUseByConversations = (agentId: string): number =>
    this.conversations.reduce((sum, { hold }) => sum + (hold?.agentId === agentId ? hold.units : 0), 0);

  nextClaim = (conversation: Conversation, agentId: string): CapacityClaim => ({
    agentId,
    conversationId: conversation.id,
    assignment: conversation.assignmentCount + 1,
  });

  /** Assigns the conversation, if the agent has room. */
  async assign(conversation: Conversation, agentId: string, units: number, diesBeforeSave: boolean) {
    const begun = this.clock.now;
    const claim = this.nextClaim(conversation, agentId);
    const result = await this.capacity.reserve(claim, units);
    this.counts[result === 'full' ? 'refused' : 'taken'] += 1;
    if (result === 'full' || diesBeforeSave) return result;
    await this.ledger.gate();
    // A request that takes that long has been given up by its time limits.
    if (this.clock.now - begun >= MINUTE) return result;
    conversation.assignmentCount = claim.assignment;
    conversation.hold = { ...claim, units };
    return result;
  }

  async end(conversation: Conversation, diesAfterSave: boolean) {
    await this.ledger.gate();
    const { hold } = conversation;
    conversation.hold = undefined;
    if (hold !== undefined && !diesAfterSave) await this.capacity.release(hold);
  }

  /** All conversations have ended, and the last of them a minute ago. */
  async expectEverythingFree() {
    this.clock.now += MINUTE;
    for (const agentId of AGENTS) {
      expect(unitsFree(await this.capacity.loadOf(agentId))).toBe(this.ledger.load(agentId).totalUnits);
      expect(this.ledger.load(agentId).holdings).toEqual([]);
    }
  }
}

const agent = fc.constantFrom(...AGENTS);
const units = fc.constantFrom(0, 1, 20, 30, 50);
const index = fc.nat(2);
const dies = fc.oneof(
  { weight: 3, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);

describe('the capacity of agents, one step after the other', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('assign' as const), index, agent, units, dies }),
    fc.record({ do: fc.constant('end' as const), index, dies }),
    fc.record({ do: fc.constant('wait' as const), length: fc.integer({ min: 1, max: 90 }) }),
    fc.record({ do: fc.constant('set-total' as const), agent, total: fc.nat(80) }),
  );

  test('is refused only for what conversations hold, or reserved less than a minute ago', async () => {
    const counts = { taken: 0, refused: 0, stale: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const desk = new Desk();
        for (const each of steps) {
          if (each.do === 'wait') desk.clock.now += each.length * SECOND;
          else if (each.do === 'set-total') await desk.capacity.setTotal(each.agent, each.total);
          else {
            const conversation = desk.conversations[each.index];
            if (conversation === undefined) throw new Error('there is no such conversation');
            if (each.do === 'end') await desk.end(conversation, each.dies);
            else if (conversation.hold === undefined) await assignAsExpected(desk, conversation, each);
          }
          expect(capacityProblems(desk.ledger.history)).toEqual([]);
        }
        for (const conversation of desk.conversations) await desk.end(conversation, false);
        await desk.expectEverythingFree();
        for (const name of ['taken', 'refused', 'stale'] as const) counts[name] += desk.counts[name];
      }),
      RUNS,
    );
    // The generator reaches every side.
    expect(Math.min(counts.taken, counts.refused, counts.stale)).toBeGreaterThan(0);
  });

  async function assignAsExpected(
    desk: Desk,
    conversation: Conversation,
    wanted: { readonly agent: string; readonly units: number; readonly dies: boolean },
  ) {
    const claim = desk.nextClaim(conversation, wanted.agent);
    const { totalUnits, holdings } = desk.ledger.load(wanted.agent);
    const isOwn = (held: { conversationId: string; assignment: number }) =>
      held.conversationId === claim.conversationId && held.assignment === claim.assignment;
    const founded = holdings.filter(
      (held) =>
        !isOwn(held) &&
        (desk.clock.now - held.reservedAt < MINUTE || desk.isRecorded({ agentId: wanted.agent, ...held })),
    );
    const isHeld = holdings.some((held) => isOwn(held) && held.units === wanted.units);
    const hasRoom = isHeld || fits({ totalUnits, holdings: founded }, wanted.units);
    const result = await desk.assign(conversation, wanted.agent, wanted.units, wanted.dies);
    expect(result).toBe(hasRoom ? 'reserved' : 'full');
  }
});

describe('the capacity of agents, in any order of everything that happens at once', () => {
  const life = fc.array(fc.record({ agent, units, diesBeforeSave: dies, diesAfterEnd: dies }), {
    minLength: 1,
    maxLength: 4,
  });

  test('is never over-booked, never below nothing, and all free a minute after the last end [R47]', async () => {
    const counts = { taken: 0, refused: 0, stale: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.tuple(life, life, life),
        fc.array(fc.integer({ min: 10, max: 70 }), { maxLength: 6 }),
        async (scheduler, lives, seconds) => {
          const desk = new Desk();
          const turn = () => scheduler.schedule(Promise.resolve());
          desk.ledger.gate = turn;
          const actors = desk.conversations.map(async (conversation, i) => {
            for (const part of lives[i] ?? []) {
              await desk.assign(conversation, part.agent, part.units, part.diesBeforeSave);
              for (const agentId of AGENTS) {
                expect(desk.inUseByConversations(agentId)).toBeLessThanOrEqual(TOTAL);
              }
              await desk.end(conversation, part.diesAfterEnd);
            }
          });
          const clock = async () => {
            for (const each of seconds) {
              await turn();
              desk.clock.now += each * SECOND;
            }
          };
          const lookers = AGENTS.map((agentId) => desk.capacity.loadOf(agentId));
          await scheduler.waitFor(Promise.all([...actors, clock(), ...lookers]));
          desk.ledger.gate = () => undefined;
          expect(capacityProblems(desk.ledger.history)).toEqual([]);
          await desk.expectEverythingFree();
          for (const name of ['taken', 'refused', 'stale'] as const) counts[name] += desk.counts[name];
        },
      ),
      RUNS,
    );
    // The generator reaches every side.
    expect(Math.min(counts.taken, counts.refused, counts.stale)).toBeGreaterThan(0);
  });
});
