import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../shared/domain/decide';
import type { ConversationEvent } from '../../../shared/domain/events';
import type { PolicyValues } from '../../../shared/domain/policies/policy';
import { MINUTE } from '../../../shared/domain/time';
import {
  accepted,
  afterStart,
  agentClosed,
  agentEnded,
  ANNA,
  BEN,
  change,
  connectedCustomer,
  contextAt,
  deadlineReached,
  decideAt,
  effectsOf,
  lost,
  NOBODY,
  offered,
  runningDisconnection,
} from '../../support/domain/builders';

const AT = afterStart(60);
const unanswered: ConversationEvent = { type: 'agent-accepted', ...ANNA };
const endWith = (wrapUpCapacity: PolicyValues['wrapUpCapacity']) => {
  const decision = decide(accepted(), agentEnded(), contextAt(AT, { wrapUpCapacity }));
  if (decision.kind !== 'changed') throw new Error(decision.kind);
  return decision;
};
const release = { type: 'release-capacity', agentId: 'anna', assignment: 1 };

describe('the capacity of an agent', () => {
  it('is asked for before an assignment, in the units that policy says', () => {
    const question = decide(connectedCustomer(), unanswered, contextAt(AT, { capacityUnits: 35 }));
    expect(question).toEqual({ kind: 'capacity-needed', agentId: 'anna', assignment: 1, units: 35 });
  });

  it('that is full refuses the assignment', () => {
    expect(decideAt(connectedCustomer(), { ...unanswered, capacity: 'full' }, AT)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'agent-at-capacity' },
    });
  });

  it('is not asked for again when an offer is accepted', () => {
    expect(decideAt(offered(), unanswered, AT)).toMatchObject({ kind: 'changed' });
  });

  it('goes back to the first agent when the offer goes to another', () => {
    const decision = change(offered(), { type: 'agent-offered', ...BEN, capacity: 'reserved' }, AT);
    expect(decision.conversation.capacityHold).toMatchObject({ agentId: 'ben', assignment: 2 });
    expect(decision.effects).toContainEqual(release);
  });

  it('is blocked by the wrap-up until it is closed', () => {
    const wrapUp = endWith('always');
    expect(wrapUp.conversation.capacityHold).toMatchObject({ agentId: 'anna' });
    expect(wrapUp.effects).not.toContainEqual(release);
    expect(change(wrapUp.conversation, agentClosed(), AT).effects).toContainEqual(release);
  });

  it('is not blocked by the wrap-up', () => {
    const wrapUp = endWith('none');
    expect(wrapUp.conversation.capacityHold).toBeUndefined();
    expect(wrapUp.effects).toContainEqual(release);
  });

  it('is blocked for a custom time, by a timer of its own, and the agent is told when it is free', () => {
    const wrapUp = endWith(2 * MINUTE);
    const due = AT + 2 * MINUTE;
    expect(wrapUp.effects).toContainEqual({
      type: 'start-timer',
      kind: 'capacity-release',
      number: 1,
      deadline: due,
    });
    const reached: ConversationEvent = { type: 'deadline-reached', kind: 'capacity-release', number: 1 };
    expect(decideAt(wrapUp.conversation, reached, due - 1)).toMatchObject({
      outcome: { type: 'not-reached' },
    });
    const freed = change(wrapUp.conversation, reached, due);
    expect(freed.effects).toContainEqual(release);
    expect(freed.effects).toContainEqual(
      expect.objectContaining({
        push: expect.objectContaining({ type: 'capacity-released', units: 20 }) as unknown,
      }),
    );
    const again = decideAt(freed.conversation, reached, due + 1);
    expect(again).toMatchObject({ kind: 'unchanged', outcome: { type: 'capacity-released' } });
    expect(effectsOf(again)).toContainEqual(release);
  });
});

describe('a deactivated message', () => {
  it('is not written, and the state moves all the same', () => {
    const { deadline } = runningDisconnection(lost());
    const context = {
      ...contextAt(deadline),
      messages: [{ trigger: 'customer-disconnected', active: false }] as const,
    };
    const decision = decide(lost(), deadlineReached(2, NOBODY), context);
    expect(decision).toMatchObject({
      kind: 'changed',
      entries: [],
      conversation: { state: 'WrapUp', end: { reason: 'customer-disconnected' } },
    });
    const told = effectsOf(decision).flatMap((effect) => (effect.type === 'push' ? [effect.push.type] : []));
    expect(told).toEqual(['conversation-ended', 'conversation-ended']);
  });
});
