import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { queueGroup } from '../../../shared/conversation/conversation';
import type { Decision } from '../../../shared/conversation/decision';
import type { Audience } from '../../../shared/conversation/notifications';
import {
  accepted,
  afterStart,
  agentAccepted,
  agentOffered,
  ANNA,
  type Asked,
  BEN,
  change,
  connectedCustomer,
  contextAt,
  customerLeft,
  customerMessage,
  decide,
  deadlineReached,
  disconnected,
  effectsOf,
  GRACE,
  lost,
  NOBODY,
  offered,
  persistentChat,
} from '../../support/domain/builders';

/** The queue of every conversation of these tests. */
const QUEUE = connectedCustomer().customer.queue;
const AT = afterStart(20);
const transfer = (queue: string): Asked => ({ type: 'agent-transferred', agentId: ANNA.agentId, queue });

/** Which agents are told, by the type of the news. */
const toldAgents = (
  decision: Decision,
): Readonly<Record<string, Omit<Extract<Audience, { to: 'agents' }>, 'to'>>> =>
  Object.fromEntries(
    effectsOf(decision).flatMap((effect) =>
      effect.type === 'push' && effect.audience.to === 'agents'
        ? [[effect.push.type, { queues: effect.audience.queues, agentIds: effect.audience.agentIds }]]
        : [],
    ),
  );

describe('news of a conversation', () => {
  it('go to the agents of its queue, and to the agent who has it, whichever queues that one serves [R320]', () => {
    const loss = decide(
      accepted(),
      { type: 'disconnected', connectionId: 'tab-1', occurredAt: AT, device: 'desktop', presence: NOBODY },
      contextAt(AT),
    );
    expect(toldAgents(loss)).toEqual({ 'connection-lost': { queues: [QUEUE], agentIds: ['anna'] } });
    const end = decide(lost(), deadlineReached(2, NOBODY), contextAt(afterStart(10) + GRACE));
    expect(toldAgents(end)).toEqual({ 'conversation-ended': { queues: [QUEUE], agentIds: ['anna'] } });
    const left = decide(connectedCustomer(), customerLeft(), contextAt(AT));
    expect(toldAgents(left)).toMatchObject({ 'conversation-ended': { queues: [QUEUE], agentIds: [] } });
  });

  it('of a transfer go to both queues and to who has given it away, also when the transfer is repeated [R321]', () => {
    const both = { 'conversation-queued': { queues: ['billing', QUEUE], agentIds: ['anna'] } };
    const first = change(accepted(), transfer('billing'), AT);
    expect(toldAgents(first)).toEqual(both);
    expect(toldAgents(decide(first.conversation, transfer('billing'), contextAt(AT)))).toEqual(both);
  });

  it('after a transfer go to the new queue alone; one that leaves it where it was concerns one queue [R321]', () => {
    const { conversation } = change(accepted(), transfer('billing'), AT);
    const taken = decide(conversation, agentAccepted(BEN), contextAt(AT));
    expect(toldAgents(taken)).toEqual({
      'conversation-assigned': { queues: ['billing'], agentIds: ['ben'] },
    });
    const same = change(accepted(), transfer(QUEUE), AT);
    expect(same.conversation.requeue).not.toHaveProperty('formerQueue');
    expect(toldAgents(same)).toEqual({ 'conversation-queued': { queues: [QUEUE], agentIds: ['anna'] } });
  });

  it.each<[string, Asked]>([
    ['expires', { type: 'deadline-reached', kind: 'offer', number: 1 }],
    ['is declined', { type: 'agent-declined', agentId: ANNA.agentId }],
  ])('of an offer that %s reach the agent to whom it was made [R320]', (_what, event) => {
    const gone = decide(offered(), event, contextAt(afterStart(120)));
    expect(toldAgents(gone)).toEqual({ 'conversation-queued': { queues: [QUEUE], agentIds: ['anna'] } });
  });

  it('of an offer that is replaced reach both agents [R320]', () => {
    const replaced = decide(offered(), agentOffered(BEN), contextAt(AT));
    expect(toldAgents(replaced)).toEqual({
      'conversation-assigned': { queues: [QUEUE], agentIds: ['ben', 'anna'] },
    });
  });

  it('of a persistent chat that waits reach the agent who is to take it up again [R320]', () => {
    const waits = change(accepted(persistentChat()), { type: 'agent-closed', agentId: ANNA.agentId }, AT);
    expect(toldAgents(waits)).toEqual({ 'conversation-waiting': { queues: [QUEUE], agentIds: ['anna'] } });
    const writes = decide(waits.conversation, customerMessage('m-1'), contextAt(AT + 1));
    expect(toldAgents(writes)).toEqual({ 'conversation-queued': { queues: [QUEUE], agentIds: ['anna'] } });
  });

  it('of a colleague who takes it reach the agent who was to take it up again, also when repeated [R340]', () => {
    const waits = change(accepted(persistentChat()), { type: 'agent-closed', agentId: ANNA.agentId }, AT);
    const queued = change(waits.conversation, customerMessage('m-1'), AT + 1);
    const taken = change(queued.conversation, agentAccepted(BEN), AT + 2);
    const told = { 'conversation-assigned': { queues: [QUEUE], agentIds: ['ben', 'anna'] } };
    expect(toldAgents(taken)).toEqual(told);
    expect(toldAgents(decide(taken.conversation, agentAccepted(BEN), contextAt(AT + 3)))).toEqual(told);
  });

  it('do not reach the agent who has given it back, and heard that [R340]', () => {
    const given = change(accepted(), { type: 'agent-released', agentId: ANNA.agentId }, AT);
    const { conversation } = change(given.conversation, disconnected('tab-1', AT + 1), AT + 1);
    const toQueue = { queues: [QUEUE], agentIds: [] };
    expect(toldAgents(decide(given.conversation, disconnected('tab-1', AT + 1), contextAt(AT + 1)))).toEqual({
      'connection-lost': toQueue,
    });
    expect(toldAgents(decide(conversation, agentAccepted(BEN), contextAt(AT + 2)))).toEqual({
      'conversation-assigned': { queues: [QUEUE], agentIds: ['ben'] },
    });
  });
});

describe('the group of a queue', () => {
  it('is another one for every other name, also for names that no desk can give today [R320]', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(queueGroup(one)).toMatch(/^queue\.[\w.-]*$/);
        expect(queueGroup(one) === queueGroup(other)).toBe(one === other);
      }),
      {
        examples: [
          ["o'x", 'o.27.x'],
          ['a b', 'a.20.b'],
          ['', '.'],
          ['\ud800', '\ufffd'],
        ],
      },
    );
    expect(queueGroup('Sales_EU-1')).toBe('queue.Sales_EU-1');
  });
});
