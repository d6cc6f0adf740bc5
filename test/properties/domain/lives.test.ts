import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Conversation,
  type ConversationState,
  DEADLINE_KINDS,
  LIMITS,
  pendingTimerOf,
  timerInstanceId,
} from '../../../shared/conversation/conversation';
import { decide } from '../../../shared/conversation/decide';
import type { Effect } from '../../../shared/conversation/decision';
import type { Answers, ConversationEvent } from '../../../shared/conversation/inputs';
import type { Push } from '../../../shared/conversation/notifications';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { deadlinesOf } from '../../../shared/conversation/work-list';
import { ANNA, BEN, GRACE, NOBODY } from '../../support/domain/builders';
import { live, lives, story, type Life } from '../../support/domain/lives';
import { RUNS } from '../../support/domain/runs';
import type { Step, World } from '../../support/domain/world';

/** Checks every step of random lives. */
function everyStep(losses: boolean, check: (step: Step, world: World, life: Life) => void) {
  everyLife(losses, (life) => {
    live(life, (step, world) => check(step, world, life));
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

const isLiveChat = (conversation: Conversation | undefined): boolean => conversation?.channel === 'live-chat';

/** A timer that is to tell of a loss, or serves more than one, has something to do before the deadline. */
const isWaitedFor = (conversation: Conversation, number: number): boolean =>
  pendingTimerOf(conversation)?.number === number ||
  (conversation.disconnection?.newsAt !== undefined && conversation.disconnection.number === number);

/** The same event once more, as the caller would hand it in after its process had died. */
const again = (
  step: Step,
  event: ConversationEvent,
  world: World,
  { later = 0, answers = step.answers }: { later?: number; answers?: Answers } = {},
) => {
  const context = { now: step.now + later, policies: world.policies, messages: [] };
  const decision = decide(step.after, event, context, answers);
  if (!('effects' in decision)) throw new Error(`${event.type} asks again`);
  return decision;
};

describe('random lives, with late, doubled, reordered and lost events', () => {
  it('never end for absence while a socket of the customer is open (invariant 1)', () => {
    everyStep(true, ({ before, after, open }, world) => {
      const reason = before?.end === undefined ? after?.end?.reason : undefined;
      const allowed = world.policies.base.openAutoCloseWhileConnected || !isLiveChat(after);
      if (reason === 'customer-disconnected') expect(open).toBe(0);
      if (reason === 'auto-closed' && !allowed) expect(open).toBe(0);
    });
  });

  it('always have a live connection or a running disconnection, never both (invariant 2)', () => {
    everyStep(true, ({ after }) => {
      if (!goesOn(after) || !isLiveChat(after)) return;
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
      const notices = transcript
        .filter((entry) => entry.kind === 'notice')
        .filter(({ reason }) => reason !== undefined);
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
    everyStep(true, ({ after, now }, { policies }) => {
      const running = after?.disconnection;
      if (running === undefined) return;
      const longest = Math.max(GRACE, policies.base.reconnect ? policies.base.reconnectTimeLimit : 0);
      const extension = running.extension?.by ?? 0;
      expect(running.deadline - extension).toBeLessThanOrEqual(now + longest);
      expect(extension).toBeLessThanOrEqual(policies.base.maxExtension);
    });
  });

  it('change nothing when any deadline is reported again (invariant 6)', () => {
    everyStep(true, (step, world) => {
      const { after, event } = step;
      if (after === undefined) return;
      for (const kind of DEADLINE_KINDS) {
        const due = deadlinesOf(after).filter(
          (deadline) => deadline.kind === kind && deadline.at <= step.now,
        );
        for (let number = 0; number <= 6; number += 1) {
          if (due.some((deadline) => deadline.number === number)) continue;
          if (kind === 'disconnection' && isWaitedFor(after, number)) continue;
          const answers = { presence: NOBODY, agentPresent: false };
          const replay = again(step, { type: 'deadline-reached', kind, number }, world, { answers });
          expect(replay.kind).toBe('unchanged');
        }
      }
      if (event.type === 'deadline-reached') expect(again(step, event, world).kind).toBe('unchanged');
    });
  });

  it('answer a repeated event with the same effects and no change', () => {
    everyStep(true, (step, world) => {
      // Nobody repeats a check: reconciliation comes again by itself, and writes the row that shows what is left.
      if (step.decision.kind !== 'changed' || step.event.type === 'presence-checked') return;
      // A wait that was prolonged is over some time later, and a later request for a socket prolongs it once more.
      const { type } = step.decision.outcome;
      const later = type === 'not-reached' || type === 'admitted' ? 0 : 5 * SECOND;
      const repeated = again(step, step.event, world, { later });
      expect(repeated).not.toHaveProperty('entries');
      // A cancel that is lost does no harm: the timer finds its number superseded (invariant 6).
      const due = step.decision.effects.filter(
        (effect) => effect.type !== 'cancel-timer' || effect.because !== 'deadlineObsolete',
      );
      // Who has lost an offer to another agent is told once: the record does not keep whose it was (decision 38).
      const told = (effects: readonly Effect[]) =>
        effects.map((effect) =>
          effect.type === 'push' &&
          effect.push.type === 'conversation-assigned' &&
          effect.audience.to === 'agents'
            ? { ...effect, audience: { ...effect.audience, agentIds: [] } }
            : effect,
        );
      expect({ ...repeated, effects: told('effects' in repeated ? repeated.effects : []) }).toMatchObject({
        effects: expect.arrayContaining(told(due)) as unknown,
      });
    });
  });

  it('tell whoever had the conversation what has become of it', () => {
    everyStep(true, ({ before, after, decision }) => {
      const had = before?.agent?.id;
      if (had === undefined || after?.agent?.id === had) return;
      const told = decision.effects.flatMap((effect) =>
        effect.type === 'push' && effect.audience.to === 'agents' && effect.audience.agentIds.includes(had)
          ? [effect.push.type]
          : [],
      );
      expect(told.filter((type) => /^conversation-/.test(type))).not.toEqual([]);
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

  it('move along legal transitions only, and Closed is final [R14 R20]', () => {
    const legal: Record<ConversationState, readonly ConversationState[]> = {
      Open: ['Open', 'Active', 'Closed'],
      Active: ['Active', 'Open', 'Waiting', 'WrapUp', 'Closed'],
      Waiting: ['Waiting', 'Open', 'Active', 'Closed'],
      WrapUp: ['WrapUp', 'Closed'],
      Closed: [],
    };
    everyStep(true, ({ before, decision }) => {
      if (before && decision.kind === 'changed') {
        expect(legal[before.state]).toContain(decision.conversation.state);
        if (isLiveChat(before)) expect(decision.conversation.state).not.toBe('Waiting');
        else expect(decision.conversation.disconnection).toBeUndefined();
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
        expect(effect.number).toBeLessThanOrEqual(
          {
            disconnection: after?.disconnectionCount,
            'agent-disconnection': after?.agentDisconnectionCount,
            offer: after?.assignmentCount,
            'capacity-release': after?.assignmentCount,
            'auto-close': after?.autoClosureCount,
          }[effect.kind] ?? 0,
        );
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

describe('the absence of agents, in random lives', () => {
  it('gives away no live chat that an agent has accepted while its customer is away [R130]', () => {
    everyStep(true, ({ before, after, decision }) => {
      if (decision.kind !== 'changed' || decision.outcome.type !== 'requeued') return;
      const isForAbsence = after?.requeue?.reason === 'agent-disconnected';
      if (isForAbsence && before?.agent?.acceptedAt !== undefined) {
        expect(before.disconnection).toBeUndefined();
      }
    });
  });
});

describe('the capacity of agents, in random lives', () => {
  it('is held exactly as the record says once the effects are done', () => {
    everyLife(true, (life) => {
      const { conversation, ledger } = live(life);
      const hold = conversation?.capacityHold;
      expect([...ledger.keys()]).toEqual(hold ? [`${hold.agentId}.${hold.assignment}`] : []);
    });
  });

  it('is that of an agent whom, before the end, Active has and no other state', () => {
    everyStep(true, ({ after }) => {
      if (after === undefined || after.end !== undefined) return;
      expect(after.agent !== undefined).toBe(after.state === 'Active');
    });
  });

  it('is consumed by Active, never by Open, Waiting or Closed [R37]', () => {
    everyStep(true, ({ after }) => {
      if (after === undefined) return;
      if (after.state === 'Active') expect(after.capacityHold?.agentId).toBe(after.agent?.id);
      else if (after.state !== 'WrapUp') expect(after.capacityHold).toBeUndefined();
    });
  });

  it('is never negative, and never taken beyond what the agent has [R47]', () => {
    everyStep(true, (_step, world) => {
      for (const { agentId } of [ANNA, BEN]) {
        expect(world.unitsHeldBy(agentId)).toBeGreaterThanOrEqual(0);
        expect(world.unitsHeldBy(agentId)).toBeLessThanOrEqual(100);
      }
    });
  });

  it('is free again when everything has run, unless the wrap-up blocks it or somebody works [R47]', () => {
    everyLife(false, (life) => {
      const { conversation, ledger } = live(life);
      const blocks = life.policies.base.wrapUpCapacity === 'always' && conversation?.state === 'WrapUp';
      if (conversation?.state !== 'Active' && !blocks) expect(ledger.size).toBe(0);
    });
  });
});

describe('random lives that are left alone', () => {
  it('are closed by themselves, unless policy says never or people are there', () => {
    everyLife(false, (life) => {
      const { conversation } = live(life);
      const { wrapUpAutoClose, openAutoClose } = life.policies.base;
      if (wrapUpAutoClose !== 'never') expect(conversation?.state).not.toBe('WrapUp');
      expect(conversation?.state).not.toBe('Waiting');
      const closes = openAutoClose !== 'never' && life.policies.base.openAutoCloseWhileConnected;
      if (closes) expect(conversation?.state).not.toBe('Open');
    });
  });

  it('are not offered to anybody any more, unless policy says never [R136]', () => {
    everyLife(false, (life) => {
      const { conversation } = live(life);
      if (conversation?.state !== 'Active' || life.policies.base.offerTimeout === 'never') return;
      expect(conversation.agent.acceptedAt).toBeDefined();
    });
  });

  it('are not with an agent who has gone for good', () => {
    everyLife(false, (life) => {
      const world = live(life);
      const { conversation } = world;
      if (conversation?.state !== 'Active' || conversation.agent === undefined) return;
      const gone = world.absentAgents.has(conversation.agent.id);
      // Taken while nobody was at the desk: no event tells of it, reconciliation does.
      if (gone) {
        const checked = world.handle({ type: 'presence-checked' });
        expect(checked).toMatchObject({ outcome: { type: 'agent-disconnection-began' } });
      }
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
        if (isLiveChat(world.conversation)) expect(open).not.toHaveLength(0);
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
      const grace = Math.max(GRACE, life.policies.base.reconnect ? life.policies.base.reconnectTimeLimit : 0);
      const extension = conversation.lastDisconnection?.extension?.by ?? 0;
      const longest = 100 * SECOND + SECOND + grace + extension + 2 * MINUTE;
      expect(conversation.end.at - lastLoss).toBeLessThanOrEqual(longest);
    });
  });
});

/** What an agents' list shows, told independently of the product's own row. */
function shownOf(conversation: Conversation | undefined): string {
  if (conversation === undefined || conversation.state === 'Closed') return 'nothing';
  const { state, stateSince, agent, disconnection, previousAgent, queuePosition, customer } = conversation;
  const { channel, liveConnectionIds } = conversation;
  const others = deadlinesOf(conversation)
    .filter(({ kind }) => kind !== 'disconnection')
    // The closure moves with every message; the list shows that there is one.
    .map(({ kind, number, at }) => `${kind} ${number} ${kind === 'auto-close' ? '' : at}`);
  return [
    state,
    stateSince,
    customer.queue,
    agent ? undefined : previousAgent?.id,
    queuePosition?.position,
    channel === 'persistent-chat' && state === 'Open' && liveConnectionIds.length === 0,
    ...others,
    agent?.id,
    agent?.acceptedAt !== undefined,
    disconnection?.number,
    disconnection?.since,
    disconnection?.deadline,
  ].join(' ');
}
