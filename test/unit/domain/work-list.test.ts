import { describe, expect, it } from '@jest/globals';
import { sameItem, workListItem } from '../../../shared/domain/work-list';
import {
  accepted,
  aConversation,
  afterStart,
  agentEnded,
  change,
  connectedCustomer,
  customerMessage,
  expired,
  GRACE,
  lost,
  offered,
  START,
} from '../../support/domain/builders';

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

  it.each([
    ['the customer was lost', () => lost(accepted())],
    ['the conversation ended', () => change(accepted(), agentEnded(), afterStart(30)).conversation],
  ])('but not when %s', (_title, after) => {
    expect(sameItem(workListItem(accepted()), workListItem(after()))).toBe(false);
  });
});
