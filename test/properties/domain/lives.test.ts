import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS, type Conversation, type ConversationState } from '../../../shared/domain/conversation';
import { decide } from '../../../shared/domain/decide';
import type { ConversationEvent } from '../../../shared/domain/events';
import { timerInstanceId } from '../../../shared/domain/ids';
import type { Push } from '../../../shared/domain/pushes';
import { MINUTE, SECOND } from '../../../shared/domain/time';
import { GRACE, NOBODY } from '../../support/domain/builders';
import { live, lives, story, type Life } from '../../support/domain/lives';
import { RUNS } from '../../support/domain/runs';
import type { Step, World } from '../../support/domain/world';

/** Checks every step of random lives. */
function everyStep(losses: boolean, check: (step: Step, world: World) => void) {
  everyLife(losses, (life) => {
    live(life, check);
  });
}

function everyLife(losses: boolean, check: (life: Life) => void) {
  fc.assert(
    fc.property(
      lives({ losses }).map((life) => ({ ...life, [fc.toStringMethod]: () => story(life) })),
      check,
    ),
    RUNS,
  );
}

const goesOn = (conversation: Conversation | undefined): conversation is Conversation =>
  conversation?.state === 'Open' || conversation?.state === 'Active';

const again = (step: Step, event: ConversationEvent, later = 0) =>
  decide(step.after, event, { now: step.now + later, gracePeriod: GRACE });

describe('random lives, with late, doubled, reordered and lost events', () => {
  it('never end for absence while a socket of the customer is open (invariant 1)', () => {
    everyStep(true, ({ before, after, open }) => {
      const endedNow = before?.end === undefined && after?.end?.reason === 'customer-disconnected';
      if (endedNow) expect(open).toBe(0);
    });
  });

  it('always have a live connection or a running disconnection, never both (invariant 2)', () => {
    everyStep(true, ({ after }) => {
      if (!goesOn(after)) return;
      expect(after.disconnection === undefined).toBe(after.liveConnectionIds.length > 0);
    });
  });

  it('have a timer for every running disconnection once its effects are done (invariant 2)', () => {
    everyLife(true, (life) => {
      const world = live(life);
      if (goesOn(world.conversation)) expect(world.conversation.disconnection).toBeUndefined();
    });
  });

  it('have one notice of a lost customer when they end for that, and none otherwise (invariant 3)', () => {
    everyStep(true, ({ after }, { transcript }) => {
      const notices = transcript.filter((entry) => entry.kind === 'notice');
      expect(notices.map((notice) => notice.reason)).toEqual(after?.end ? [after.end.reason] : []);
      const [notice] = notices;
      if (notice?.trigger !== 'customer-disconnected') return;
      expect(after?.lastDisconnection).toMatchObject({
        number: notice.disconnectionNumber,
        outcome: 'expired',
      });
    });
  });

  it('give no deadline beyond the receipt of the loss plus the grace period (invariant 4)', () => {
    everyStep(true, ({ after, now }) => {
      if (after?.disconnection) expect(after.disconnection.deadline).toBeLessThanOrEqual(now + GRACE);
    });
  });

  it('change nothing when any deadline is reported again (invariant 6)', () => {
    everyStep(true, (step) => {
      const { after, event } = step;
      for (let number = 0; number <= (after?.disconnectionCount ?? 0) + 1; number += 1) {
        const running = after?.disconnection;
        if (running?.number === number && step.now >= running.deadline) continue;
        const replay = again(step, {
          type: 'deadline-reached',
          kind: 'disconnection',
          number,
          presence: NOBODY,
        });
        expect(replay.kind).toBe('unchanged');
      }
      if (event.type === 'deadline-reached') expect(again(step, event).kind).toBe('unchanged');
    });
  });

  it('answer a repeated event with the same effects and no change', () => {
    everyStep(true, (step) => {
      if (step.decision.kind !== 'changed') return;
      const repeated = again(step, step.event, 5 * SECOND);
      expect(repeated).not.toHaveProperty('entries');
      expect(repeated).toMatchObject({
        effects: expect.arrayContaining([...step.decision.effects]) as unknown,
      });
    });
  });

  it('never push two different things under one id', () => {
    everyLife(true, (life) => {
      const pushed = new Map<string, Push>();
      live(life, ({ decision }) => {
        for (const effect of decision.effects) {
          if (effect.type !== 'push') continue;
          const key = `${JSON.stringify(effect.audience)} ${effect.push.id}`;
          expect(effect.push).toEqual(pushed.get(key) ?? effect.push);
          pushed.set(key, effect.push);
        }
      });
    });
  });

  it('number their transcripts without gaps', () => {
    everyStep(true, ({ after }, { transcript }) => {
      expect(transcript.map((entry) => entry.sequence)).toEqual(transcript.map((_, index) => index + 1));
      expect(after?.lastSequence ?? 0).toBe(transcript.length);
    });
  });

  it('store a message once', () => {
    everyStep(true, (_step, { transcript }) => {
      const ids = transcript.flatMap((entry) => (entry.kind === 'message' ? [entry.messageId] : []));
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  it('move along legal transitions only, and Closed is final', () => {
    const legal: Record<ConversationState, readonly ConversationState[]> = {
      Open: ['Open', 'Active', 'Closed'],
      Active: ['Active', 'WrapUp', 'Closed'],
      WrapUp: ['WrapUp', 'Closed'],
      Closed: [],
    };
    everyStep(true, ({ before, decision }) => {
      if (before && decision.kind === 'changed') {
        expect(legal[before.state]).toContain(decision.conversation.state);
      }
    });
  });

  it('update the work list exactly when what it shows has changed', () => {
    everyStep(true, ({ before, decision }) => {
      // A new conversation is listed before it is saved, by the service.
      if (decision.kind !== 'changed' || before === undefined) return;
      const updates = decision.effects.filter((effect) => effect.type === 'update-work-list');
      const shown = shownOf(before) !== shownOf(decision.conversation);
      expect(updates).toEqual(
        shown ? [{ type: 'update-work-list', conversation: decision.conversation }] : [],
      );
    });
  });

  it('keep their lists bounded, free of repetitions and apart', () => {
    everyStep(true, ({ after }) => {
      if (after === undefined) return;
      const { liveConnectionIds, endedConnectionIds, recentMessages } = after;
      expect(liveConnectionIds.length).toBeLessThanOrEqual(LIMITS.liveConnections);
      expect(endedConnectionIds.length).toBeLessThanOrEqual(LIMITS.endedConnections);
      expect(recentMessages.length).toBeLessThanOrEqual(LIMITS.recentMessages);
      const ids = [...liveConnectionIds, ...endedConnectionIds];
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  it('start and cancel timers of numbered disconnections only, under legal instance ids', () => {
    everyStep(true, ({ after, decision }) => {
      for (const effect of decision.effects) {
        if (effect.type !== 'start-timer' && effect.type !== 'cancel-timer') continue;
        expect(effect.number).toBeGreaterThanOrEqual(1);
        expect(effect.number).toBeLessThanOrEqual(after?.disconnectionCount ?? 0);
        expect(timerInstanceId(after?.id ?? '', effect.kind, effect.number)).toMatch(/^[\x21-\x7e]{1,100}$/);
      }
    });
  });

  it('number their disconnections 1, 2, 3 …', () => {
    everyStep(true, ({ before, after }) => {
      const began = (after?.disconnectionCount ?? 0) - (before?.disconnectionCount ?? 0);
      expect([0, 1]).toContain(began);
      if (began === 1) expect(after?.disconnection?.number).toBe(after?.disconnectionCount);
    });
  });
});

describe('random lives whose events are late, doubled and reordered, but not lost', () => {
  it('give the whole grace period after every loss that has been reported (invariant 4)', () => {
    everyStep(false, ({ after }, { sockets }) => {
      const running = after?.disconnection;
      if (running === undefined) return;
      for (const { closedAt, known } of sockets) {
        if (known && closedAt !== undefined)
          expect(running.deadline).toBeGreaterThanOrEqual(closedAt + GRACE);
      }
    });
  });

  it('are over, or still have the customer, when everything has arrived (invariant 5)', () => {
    everyLife(false, (life) => {
      const world = live(life);
      if (goesOn(world.conversation)) {
        const open = world.openSockets().map((socket) => socket.id);
        expect([...world.conversation.liveConnectionIds].sort()).toEqual([...open].sort());
        expect(open).not.toHaveLength(0);
      }
    });
  });

  it('end for absence no later than the last loss, the longest delivery, the grace period and a late timer', () => {
    everyLife(false, (life) => {
      const world = live(life);
      const { conversation } = world;
      if (conversation?.end?.reason !== 'customer-disconnected') return;
      const lastLoss = Math.max(
        conversation.createdAt,
        ...world.sockets.map((socket) => socket.closedAt ?? Number.POSITIVE_INFINITY),
      );
      const longest = 100 * SECOND + SECOND + GRACE + 2 * MINUTE;
      expect(conversation.end.at - lastLoss).toBeLessThanOrEqual(longest);
    });
  });
});

/** What an agents' list shows, told independently of the product's own row. */
function shownOf(conversation: Conversation | undefined): string {
  if (conversation === undefined || conversation.state === 'Closed') return 'nothing';
  const { state, agent, disconnection } = conversation;
  return [
    state,
    agent?.id,
    agent?.acceptedAt !== undefined,
    disconnection?.number,
    disconnection?.since,
    disconnection?.deadline,
  ].join(' ');
}
