import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import { MINUTE } from '../../../shared/conversation/time';
import type { PolicyValues } from '../../../shared/policies/policy';
import {
  type Asked,
  decide,
  accepted,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  BEN,
  connect,
  connected,
  connectedCustomer,
  contextAt,
  customerLeft,
  deadlineReached,
  disconnected,
  GRACE,
  NOBODY,
  offered,
  runningDisconnection,
} from '../../support/domain/builders';

/** "Configure reconnection to a previous chat session" (Dynamics 365): the time limit in the place of the grace. */

const AT = afterStart(60);
const LIMIT = 30 * MINUTE;
const ON: Partial<PolicyValues> = {
  reconnect: true,
  reconnectTimeLimit: LIMIT,
  reconnectRedirectUrl: 'https://shop.example/contact',
};
const NO_REDIRECT = { ...ON, reconnectRedirectUrl: undefined };

const answer = (conversation: Conversation, event: Asked, now: number, policies = ON) =>
  decide(conversation, event, contextAt(now, policies));

function after(conversation: Conversation, event: Asked, now: number, policies = ON) {
  const decision = answer(conversation, event, now, policies);
  if (decision.kind !== 'changed') throw new Error(`${event.type} was ${decision.kind}`);
  return decision.conversation;
}
const away = (conversation = accepted()) => after(conversation, disconnected('tab-1', AT), AT);

describe('the time limit of reconnection', () => {
  it.each<[string, Conversation, number]>([
    ['accepted by an agent', accepted(), LIMIT],
    ['only offered', offered(), GRACE],
    ['in the queue', connectedCustomer(), GRACE],
  ])(
    'replaces the grace period only where there is an agent to come back to: %s [R84]',
    (_where, before, length) => {
      expect(runningDisconnection(away(before)).deadline).toBe(AT + length);
    },
  );

  it('blocks the capacity of the agent until it is over, and the end leaves it to the wrap-up [R85]', () => {
    expect(away().capacityHold).toMatchObject({ agentId: 'anna', units: 20 });
    const policies = { ...ON, wrapUpCapacity: 'none' } as const;
    const over = after(away(), deadlineReached(2, NOBODY), AT + LIMIT, policies);
    expect(over.state).toBe('WrapUp');
    expect(over.capacityHold).toBeUndefined();
  });

  it('over, moves the conversation to WrapUp, and not a moment before [R86]', () => {
    expect(answer(away(), deadlineReached(2, NOBODY), AT + LIMIT - 1)).toMatchObject({
      outcome: { type: 'not-reached', deadline: AT + LIMIT },
    });
    expect(after(away(), deadlineReached(2, NOBODY), AT + LIMIT)).toMatchObject({
      state: 'WrapUp',
      end: { reason: 'customer-disconnected', redirectUrl: 'https://shop.example/contact' },
    });
  });

  it('over, sends whoever comes back to the redirect URL, or lets them begin anew', () => {
    const over = after(away(), deadlineReached(2, NOBODY), AT + LIMIT);
    expect(answer(over, connect(), AT + LIMIT + MINUTE)).toMatchObject({
      refusal: {
        code: 'conversation-ended',
        options: ['redirect', 'new-conversation'],
        redirectUrl: 'https://shop.example/contact',
      },
    });
  });

  it('over, leaves a new conversation as the only choice where no redirect URL is set [R89]', () => {
    const over = after(away(), deadlineReached(2, NOBODY), AT + LIMIT, NO_REDIRECT);
    const refused = answer(over, connect(), AT + LIMIT + MINUTE, NO_REDIRECT);
    expect(refused).toMatchObject({
      refusal: { code: 'conversation-ended', options: ['new-conversation'] },
    });
    expect(refused).not.toHaveProperty('refusal.redirectUrl');
  });
});

describe('a customer who reconnects within the time limit', () => {
  it('goes on with the same agent, who still holds the units of the conversation [R83]', () => {
    const back = after(away(), connected('tab-2', AT + LIMIT - 1), AT + LIMIT - 1);
    expect(back).toMatchObject({
      state: 'Active',
      agent: { id: 'anna' },
      assignmentCount: 1,
      capacityHold: { agentId: 'anna', assignment: 1 },
    });
    expect(back.disconnection).toBeUndefined();
  });

  it('finds the queue, and perhaps another agent, when the agent has closed the window meanwhile [R85 R96]', () => {
    const queued = after(away(), agentClosed(), AT + MINUTE);
    expect(queued).toMatchObject({ state: 'Open', disconnection: { deadline: AT + LIMIT } });
    expect(queued.capacityHold).toBeUndefined();
    const back = after(queued, connected('tab-2', AT + 2 * MINUTE), AT + 2 * MINUTE);
    expect(back.state).toBe('Open');
    expect(after(back, agentAccepted(BEN), AT + 3 * MINUTE)).toMatchObject({
      state: 'Active',
      agent: { id: 'ben' },
    });
  });

  it.each([
    ['the agent has ended the conversation', agentEnded(), 'agent-ended'],
    ['the customer has left it', customerLeft(), 'customer-ended'],
  ])('is refused when %s, and is not sent to the redirect URL [R93 R94]', (_who, ends, endReason) => {
    const refused = answer(after(away(), ends, AT + MINUTE), connect(), AT + 2 * MINUTE);
    expect(refused).toMatchObject({
      kind: 'refused',
      refusal: { code: 'conversation-ended', endReason, options: ['new-conversation'] },
    });
    expect(refused).not.toHaveProperty('refusal.redirectUrl');
  });
});
