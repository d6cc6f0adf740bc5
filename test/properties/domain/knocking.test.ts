import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Conversation, LIMITS } from '../../../shared/conversation/conversation';
import type { ConversationEvent, Presence } from '../../../shared/conversation/inputs';
import { type Instant, type Milliseconds, MINUTE, SECOND } from '../../../shared/conversation/time';
import {
  accepted,
  connect,
  connected,
  contextAt,
  decide,
  disconnected,
  lost,
  runningDisconnection,
} from '../../support/domain/builders';
import { RUNS } from '../../support/domain/runs';

/**
 * Who keeps knocking is never ended. The app is not there at times, over the deadline or shortly before; the customer asks
 * for a socket again and again, as a widget does. And whoever does not knock is ended all the same.
 */

interface Outage {
  readonly from: Instant;
  readonly to: Instant;
}

interface Scene {
  readonly grace: Milliseconds;
  readonly allowance: Milliseconds;
  readonly outages: readonly Outage[];
  /** The process that decides has seen the outages; otherwise it has the record alone to go by. */
  readonly isSeen: boolean;
  /** Shares of what is allowed. */
  readonly knockEvery: readonly number[];
  readonly opening: number;
  readonly timerLag: readonly Milliseconds[];
  readonly who: 'customer' | 'agent';
}

const share = fc.double({ min: 0.05, max: 0.95, noNaN: true });

const scenes = (who: Scene['who'], isSeen: boolean): fc.Arbitrary<Scene> =>
  fc
    .record({
      grace: fc.integer({ min: 3 * SECOND, max: 5 * MINUTE }),
      allowance: fc.integer({ min: 2 * SECOND, max: 2 * MINUTE }),
      cuts: fc.array(
        fc.record({
          gap: fc.double({ min: 0, max: 1.5, noNaN: true }),
          length: fc.integer({ min: 1, max: 10 * MINUTE }),
        }),
        { minLength: 1, maxLength: isSeen ? LIMITS.outagesInARow : 1 },
      ),
      knockEvery: fc.array(share, { minLength: 3, maxLength: 8 }),
      opening: share,
      timerLag: fc.array(fc.integer({ min: 0, max: 2 * SECOND }), { minLength: 1, maxLength: 5 }),
    })
    .map(({ cuts, ...scene }) => {
      const outages: Outage[] = [];
      let at = LOST_AT + 1;
      for (const { gap, length } of cuts) {
        const from = at + Math.floor(gap * scene.grace);
        // Nobody but the record knows of it, so it must be one that the record shows: well over the deadline.
        const to = isSeen ? from + length : Math.max(from, LOST_AT + scene.grace) + length + 4 * SECOND;
        outages.push({ from: isSeen ? from : Math.min(from, LOST_AT + scene.grace - 1), to });
        at = to + 1;
      }
      return { ...scene, outages, isSeen, who };
    });

const LOST_AT = runningDisconnection(lost()).since;

/** What becomes of the conversation. */
function play(scene: Scene, knocks: boolean): Conversation {
  const { grace, outages, isSeen, who } = scene;
  const policy = { grace, agentGrace: grace, outageAllowance: scene.allowance };
  const allowance = Math.min(scene.allowance, grace);
  const isDown = (at: Instant) => outages.find(({ from, to }) => at >= from && at < to);
  const up = (at: Instant): Instant => isDown(at)?.to ?? at;
  let socketOpen = false;
  let now = LOST_AT;
  let conversation = accepted();
  const handle = (event: ConversationEvent) => {
    const seen = outages.filter(({ to }) => to <= now).at(-1)?.to;
    const context = {
      ...contextAt(now, policy),
      ...(isSeen && seen !== undefined && { workingSince: seen }),
    };
    const presence: Presence = socketOpen ? { alive: true, connectionIds: ['tab-2'] } : { alive: false };
    const decision = decide(conversation, { ...event, presence, agentPresent: socketOpen }, context);
    if (decision.kind === 'changed') ({ conversation } = decision);
    return decision;
  };

  const first =
    who === 'customer'
      ? disconnected('tab-1', now)
      : ({ type: 'agent-disconnected', agentId: 'anna' } as const);
  handle(first);
  const running = () => (who === 'customer' ? conversation.disconnection : conversation.agentDisconnection);
  const reached: ConversationEvent = {
    type: 'deadline-reached',
    kind: who === 'customer' ? 'disconnection' : 'agent-disconnection',
    number: running()?.number ?? 0,
  };
  let fires = 0;
  const lag = () => scene.timerLag[(fires += 1) % scene.timerLag.length] ?? 0;
  let fireAt = up((running()?.deadline ?? 0) + lag());
  let tries = 0;
  // Only half of the allowance is sure to be left for the opening.
  const nextKnock = (from: Instant) =>
    from +
    Math.max(
      1,
      Math.floor(allowance * (scene.knockEvery[(tries += 1) % scene.knockEvery.length] ?? 0.5) * 0.9),
    );
  let knockAt = knocks ? nextKnock(now) : Number.POSITIVE_INFINITY;
  let openAt = Number.POSITIVE_INFINITY;
  const opening = Math.floor(scene.opening * Math.min(allowance / 2, 10 * SECOND));
  while (running() !== undefined && fires < 200) {
    now = Math.min(fireAt, knockAt, openAt);
    if (now === openAt) {
      openAt = Number.POSITIVE_INFINITY;
      // The line of a customer whose app goes down while it opens its socket is not open.
      if (isDown(now)) continue;
      socketOpen = true;
      if (who === 'customer') handle(connected('tab-2', now));
      else handle({ type: 'agent-connected', agentId: 'anna', connectionId: 'desk-2' });
    } else if (now === knockAt) {
      knockAt = nextKnock(now);
      if (isDown(now) || openAt !== Number.POSITIVE_INFINITY) continue;
      if (who === 'customer') {
        handle({ type: 'customer-returning' });
        handle(connect());
        openAt = now + opening;
      } else {
        openAt = now + 1;
      }
    } else {
      const decision = handle(reached);
      const outcome = 'outcome' in decision ? decision.outcome : undefined;
      fireAt = up((outcome?.type === 'not-reached' ? outcome.deadline : now) + lag());
    }
  }
  return conversation;
}

const LAWS = [
  ['its process has seen the outages', true],
  ['only the record shows the outage', false],
] as const;

describe.each(LAWS)('somebody who knocks all the time, where %s', (_name, isSeen) => {
  it('is never ended: a customer [R125]', () => {
    fc.assert(
      fc.property(scenes('customer', isSeen), (scene) => {
        const after = play(scene, true);
        expect(after).toMatchObject({ state: 'Active', liveConnectionIds: ['tab-2'] });
      }),
      RUNS,
    );
  });

  it('never loses its conversations: an agent [R126]', () => {
    fc.assert(
      fc.property(scenes('agent', isSeen), (scene) => {
        expect(play(scene, true)).toMatchObject({ state: 'Active', agent: { id: 'anna' } });
      }),
      RUNS,
    );
  });
});

describe('somebody who does not come back', () => {
  it('is ended once, not before its deadline, and at most the allowances after the last outage', () => {
    fc.assert(
      fc.property(scenes('customer', true), (scene) => {
        const { end, lastDisconnection } = play(scene, false);
        expect(end?.reason).toBe('customer-disconnected');
        const lastUp = Math.max(LOST_AT + scene.grace, ...scene.outages.map(({ to }) => to));
        const most = LIMITS.outagesInARow * (Math.min(scene.grace, scene.allowance) + SECOND);
        expect(end?.at).toBeGreaterThanOrEqual(LOST_AT + scene.grace);
        expect(end?.at).toBeLessThanOrEqual(lastUp + most + (LIMITS.outagesInARow + 1) * 2 * SECOND);
        expect(end?.at).toBeGreaterThanOrEqual(lastDisconnection?.deadline ?? Number.NaN);
      }),
      RUNS,
    );
  });

  it('gives the conversation back to the queue: an agent', () => {
    fc.assert(
      fc.property(scenes('agent', true), (scene) => {
        expect(play(scene, false)).toMatchObject({
          state: 'Open',
          requeue: { reason: 'agent-disconnected' },
        });
      }),
      RUNS,
    );
  });
});
