import { describe, expect, it } from '@jest/globals';
import type { Conversation, DeadlineKind } from '../../../shared/conversation/conversation';
import { sameItem, workListItem, type WorkListItem } from '../../../shared/conversation/work-list';
import {
  accepted,
  aConversation,
  afterStart,
  agentAccepted,
  agentEnded,
  BEN,
  change,
  connectedCustomer,
  customerMessage,
  expired,
  GRACE,
  lost,
  offered,
  START,
} from '../../support/domain/builders';

function rowOf(conversation: Conversation): WorkListItem {
  const item = workListItem(conversation);
  if (item === undefined) throw new Error('the conversation is not in the list');
  return item;
}

describe('the row of the work list', () => {
  it('shows a new conversation with its running disconnection', () => {
    expect(workListItem(aConversation())).toEqual({
      conversationId: 'conversation-0001',
      channel: 'live-chat',
      stateSince: START,
      deadlines: [],
      state: 'Open',
      queue: 'support',
      customerName: 'Kim',
      accepted: false,
      createdAt: START,
      disconnection: { number: 1, since: START, deadline: START + GRACE },
    });
  });

  it('shows who has it, and whether it is accepted', () => {
    expect(workListItem(offered())).toMatchObject({ state: 'Active', agentId: 'anna', accepted: false });
    expect(workListItem(accepted())).toMatchObject({ state: 'Active', agentId: 'anna', accepted: true });
  });

  it('shows the place in the queue that the customer was told', () => {
    const place = { type: 'queue-position-known', position: 3 } as const;
    const told = change(connectedCustomer(), place, afterStart(5)).conversation;
    expect(workListItem(told)).toMatchObject({ queuePosition: 3 });
    expect(workListItem(connectedCustomer())).not.toHaveProperty('queuePosition');
  });

  it('shows who had it before, while nobody has it', () => {
    const released = { type: 'agent-released', agentId: 'anna' } as const;
    const queued = change(accepted(), released, afterStart(5)).conversation;
    expect(workListItem(queued)).toMatchObject({ previousAgentId: 'anna' });
    const taken = change(queued, agentAccepted(BEN), afterStart(6)).conversation;
    expect(workListItem(taken)).toMatchObject({ agentId: 'ben' });
    expect(workListItem(taken)).not.toHaveProperty('previousAgentId');
  });

  it('shows no disconnection while the customer is there', () => {
    expect(workListItem(connectedCustomer())).not.toHaveProperty('disconnection');
  });

  it('stays in WrapUp and goes when the conversation is closed', () => {
    expect(workListItem(expired(lost(accepted())))).toMatchObject({ state: 'WrapUp' });
    expect(workListItem(expired(lost(connectedCustomer())))).toBeUndefined();
  });
});

describe('two versions of a conversation look the same in the list', () => {
  it('when only messages came', () => {
    const before = accepted();
    const { conversation } = change(before, customerMessage('m1'), afterStart(5));
    expect(sameItem(workListItem(before), workListItem(conversation))).toBe(true);
  });

  it('whatever the order of their columns', () => {
    const item = rowOf(lost());
    const turned = Object.fromEntries(Object.entries(item).reverse()) as unknown as WorkListItem;
    expect(sameItem(item, turned)).toBe(true);
  });

  it('when an automatic closure is put off, but not when it is another one, or another kind of deadline is', () => {
    const due = (kind: DeadlineKind, number: number, at: number): WorkListItem => ({
      ...rowOf(accepted()),
      deadlines: [{ kind, number, at }],
    });
    expect(sameItem(due('auto-close', 1, 1_000), due('auto-close', 1, 2_000))).toBe(true);
    expect(sameItem(due('auto-close', 1, 1_000), due('auto-close', 2, 1_000))).toBe(false);
    const [agent, capacity] = ['agent-disconnection', 'capacity-release'] as const;
    expect(sameItem(due(agent, 1, 1_000), due(agent, 1, 2_000))).toBe(false);
    expect(sameItem(due(agent, 1, 1_000), due(capacity, 1, 1_000))).toBe(false);
  });

  it.each([
    ['the customer was lost', () => lost(accepted())],
    ['the conversation ended', () => change(accepted(), agentEnded(), afterStart(30)).conversation],
  ])('but not when %s', (_title, after) => {
    expect(sameItem(workListItem(accepted()), workListItem(after()))).toBe(false);
  });
});
