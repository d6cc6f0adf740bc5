import { describe, expect, it } from '@jest/globals';
import { MINUTE } from '../../../shared/conversation/time';
import type { PolicyValues } from '../../../shared/policies/policy';
import { given } from '../../support/domain/given';
import {
  type Asked,
  decide,
  accepted,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  ANNA,
  change,
  connectedCustomer,
  contextAt,
  decideAt,
  effectsOf,
  effectTypes,
  lost,
  offered,
  PROFILE,
  customerLeft,
  deadlineReached,
  NOBODY,
  runningDisconnection,
} from '../../support/domain/builders';

/** "Understand conversation states" (Dynamics 365 Omnichannel), Wrap-up: "Block capacity for wrap up". */

const AT = afterStart(60);
const unanswered: Asked = { type: 'agent-accepted', ...ANNA, agentPresent: true };
const release = { type: 'release-capacity', agentId: 'anna', assignment: 1 };
const reached = (number: number): Asked => ({
  type: 'deadline-reached',
  kind: 'capacity-release',
  number,
});
const endWith = (wrapUpCapacity: PolicyValues['wrapUpCapacity'], before = accepted()) => {
  const decision = decide(before, agentEnded(), contextAt(AT, { wrapUpCapacity }));
  if (decision.kind !== 'changed') throw new Error(decision.kind);
  return decision;
};

describe('the capacity of an agent', () => {
  it('is asked for before an assignment, in the units that policy says [R38]', () => {
    const question = decide(connectedCustomer(), unanswered, contextAt(AT, { capacityUnits: 35 }));
    expect(question).toEqual({ kind: 'capacity-needed', agentId: 'anna', assignment: 1, units: 35 });
  });

  it('is asked for in the units of the workstream of the conversation [R38]', () => {
    const context = contextAt(AT);
    const unitsWhere = (workstream: string) => {
      const rule = { id: 'heavy', when: { workstream: [workstream] }, set: { capacityUnits: 50 } };
      const policies = { ...context.policies, rules: [rule] };
      return decide(connectedCustomer(), unanswered, { ...context, policies });
    };
    expect(unitsWhere(PROFILE.workstream)).toMatchObject({ kind: 'capacity-needed', units: 50 });
    expect(unitsWhere('sales')).toMatchObject({ kind: 'capacity-needed', units: 20 });
  });

  it('is taken in the units that policy said then, whatever it says later [R38]', () => {
    const taken = decide(connectedCustomer(), agentAccepted(), contextAt(AT, { capacityUnits: 35 }));
    expect(taken).toMatchObject({
      conversation: { capacityHold: { agentId: 'anna', assignment: 1, units: 35 } },
    });
  });

  it.each<[string, Asked]>([
    ['picked', { ...unanswered, capacity: 'full' }],
    ['offered', { type: 'agent-offered', ...ANNA, agentPresent: true, capacity: 'full' }],
  ])('that is full refuses a conversation that is %s, and names the units [R46]', (_how, event) => {
    expect(decideAt(connectedCustomer(), event, AT)).toMatchObject({
      kind: 'refused',
      refusal: {
        code: 'agent-at-capacity',
        state: 'Open',
        detail: expect.stringContaining('20') as unknown as string,
      },
      effects: [],
    });
  });

  it('is not asked for again when an offer is accepted [R37]', () => {
    expect(decideAt(offered(), unanswered, AT)).toMatchObject({
      kind: 'changed',
      conversation: { capacityHold: { agentId: 'anna', assignment: 1 } },
    });
  });
});

describe('the capacity of an agent who gave the conversation back', () => {
  it('is taken again by another assignment, which a late timer leaves alone', () => {
    const queued = change(accepted(), { type: 'agent-released', agentId: 'anna' }, AT).conversation;
    const again = change(queued, agentAccepted(), AT + 1).conversation;
    expect(again.capacityHold).toMatchObject({ agentId: 'anna', assignment: 2 });
    expect(decideAt(again, reached(1), AT + 60 * MINUTE)).toMatchObject({
      outcome: { type: 'superseded' },
      effects: [],
    });
  });
});

describe('a wrap-up', () => {
  it('blocks capacity until it is closed [R39]', () => {
    const wrapUp = endWith('always');
    expect(wrapUp.conversation.capacityHold).toMatchObject({ agentId: 'anna' });
    expect(wrapUp.effects).not.toContainEqual(release);
    expect(change(wrapUp.conversation, agentClosed(), AT).effects).toContainEqual(release);
  });

  it('blocks capacity until it closes itself [R39]', () => {
    const wrapUp = endWith('always').conversation;
    const closes: Asked = { type: 'deadline-reached', kind: 'auto-close', number: 1 };
    expect(change(wrapUp, closes, AT + 15 * MINUTE).effects).toContainEqual(release);
  });

  it('does not block capacity [R40]', () => {
    const wrapUp = endWith('none');
    expect(wrapUp.conversation.capacityHold).toBeUndefined();
    expect(wrapUp.effects).toContainEqual(release);
    expect(effectTypes(change(wrapUp.conversation, agentClosed(), AT))).not.toContain('release-capacity');
  });

  it('after an absence of the customer is a wrap-up like any other [R45]', () => {
    const { deadline } = runningDisconnection(lost());
    const endedWith = (wrapUpCapacity: PolicyValues['wrapUpCapacity'], before = lost()) =>
      given(before, { wrapUpCapacity }).when(deadlineReached(2, NOBODY), deadline).then({ changed: true });
    const hold = { agentId: 'anna', assignment: 1, units: 20 };
    const blocked = endedWith('always');
    expect(blocked.conversation.capacityHold).toEqual(hold);
    expect(effectsOf(blocked.decision)).not.toContainEqual(release);
    const free = endedWith('none');
    expect(free.conversation).not.toHaveProperty('capacityHold');
    expect(effectsOf(free.decision)).toContainEqual(release);
    const later = endedWith(5 * MINUTE);
    expect(later.conversation.capacityHold).toEqual({ ...hold, releaseAt: deadline + 5 * MINUTE });
    expect(effectTypes(later.decision)).toContain('start-timer');
    const offer = endedWith('always', lost(offered()));
    expect(offer.conversation).toMatchObject({ state: 'Closed' });
    expect(effectsOf(offer.decision)).toContainEqual(release);
  });

  it('there is none, and the capacity is free at once, when the customer leaves an offer', () => {
    const left = given(offered())
      .when(customerLeft(), AT)
      .then({ state: 'Closed', without: ['capacityHold'] });
    expect(effectsOf(left.decision)).toContainEqual(release);
    expect(effectsOf(left.when(customerLeft(), AT + 1).decision)).toContainEqual(release);
  });
});

describe('a wrap-up that blocks capacity for a custom time', () => {
  const due = AT + 2 * MINUTE;

  it('has a timer of its own, and the agent is told when the units are free [R41]', () => {
    const wrapUp = endWith(2 * MINUTE);
    expect(wrapUp.effects).not.toContainEqual(release);
    expect(wrapUp.effects).toContainEqual({
      type: 'start-timer',
      kind: 'capacity-release',
      number: 1,
      deadline: due,
    });
    expect(decideAt(wrapUp.conversation, reached(1), due - 1)).toMatchObject({
      outcome: { type: 'not-reached', deadline: due },
      effects: [],
    });
    const freed = change(wrapUp.conversation, reached(1), due);
    expect(freed.conversation).toMatchObject({ state: 'WrapUp' });
    expect(freed.conversation.capacityHold).toBeUndefined();
    expect(freed.effects).toContainEqual(release);
    expect(freed.effects).toContainEqual(
      expect.objectContaining({
        audience: { to: 'agent', agentId: 'anna' },
        push: expect.objectContaining({ type: 'capacity-released', units: 20 }) as unknown,
      }),
    );
  });

  it('gives them back again when its timer fires again', () => {
    const freed = change(endWith(2 * MINUTE).conversation, reached(1), due);
    const again = decideAt(freed.conversation, reached(1), due + 1);
    expect(again).toMatchObject({ kind: 'unchanged', outcome: { type: 'capacity-released' } });
    expect(effectsOf(again)).toEqual(expect.arrayContaining(freed.effects.filter(isRelease)));
  });

  it('gives them back earlier when the agent closes it, and its timer has nothing left to do [R42]', () => {
    const closed = change(endWith(2 * MINUTE).conversation, agentClosed(), AT + MINUTE);
    expect(closed.effects).toContainEqual(release);
    expect(closed.effects).toContainEqual(
      expect.objectContaining({ type: 'cancel-timer', kind: 'capacity-release', number: 1 }),
    );
    expect(decideAt(closed.conversation, reached(1), due)).toMatchObject({
      outcome: { type: 'superseded' },
      effects: [],
    });
  });
});

const isRelease = (effect: { readonly type: string }): boolean =>
  effect.type === 'release-capacity' || effect.type === 'push';
