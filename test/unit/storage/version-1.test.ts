import { describe, expect, test } from '@jest/globals';
import { decodeConversation, encodeConversation } from '../../../shared/conversation/conversation-table';
import { MINUTE } from '../../../shared/conversation/time';
import { decodeEntry } from '../../../shared/conversation/conversation-table';
import { decodeWorkListItem } from '../../../shared/conversation/work-list-table';
import { agentClosed, agentEnded, change, deadlineReached, NOBODY } from '../../support/domain/builders';
import { ACTIVE, at, AWAY, CLOSED, LISTED, MESSAGE, NOTICE, QUEUED } from './older-rows';
import { asRead } from './samples';

/** Rows as version 1 has written them, in every state; a deployment finds them in the middle of their lives. */

describe('a conversation of version 1', () => {
  test('in the queue is a live chat that no agent has', () => {
    const conversation = decodeConversation(QUEUED);
    expect(conversation).toMatchObject({ channel: 'live-chat', state: 'Open', stateSince: at('12:00:00') });
    expect(conversation).not.toHaveProperty('agent');
    expect(conversation).not.toHaveProperty('capacityHold');
    expect(conversation).not.toHaveProperty('autoClosure');
  });

  test('whose customer is away keeps its deadline', () => {
    expect(decodeConversation(AWAY).disconnection).toStrictEqual({
      number: 2,
      since: at('12:01:00'),
      deadline: at('12:04:00'),
      reason: 'connection-lost',
      lostConnectionId: 'connection-1',
      inferred: 1,
    });
  });

  test('that is closed has been so since it was, and by whom is not known', () => {
    const conversation = decodeConversation(CLOSED);
    expect(conversation).toMatchObject({
      state: 'Closed',
      stateSince: at('12:06:00'),
      closedAt: at('12:06:00'),
      end: { at: at('12:05:00'), reason: 'agent-ended', agentId: 'anna' },
    });
    expect(conversation).not.toHaveProperty('closeReason');
  });

  test.each([QUEUED, ACTIVE, AWAY, CLOSED])('is the same after it was written anew (%#)', (row) => {
    const conversation = decodeConversation(row);
    expect(decodeConversation(asRead(encodeConversation(conversation)))).toStrictEqual(conversation);
  });

  test('whose customer stays away ends at its deadline, and gives back no capacity that it never took', () => {
    const decision = change(decodeConversation(AWAY), deadlineReached(2, NOBODY), at('12:04:00'));
    expect(decision.conversation).toMatchObject({
      state: 'WrapUp',
      end: { reason: 'customer-disconnected' },
      autoClosure: { number: 1, deadline: at('12:04:00') + 15 * MINUTE },
    });
    expect(decision.entries).toMatchObject([{ trigger: 'customer-disconnected', sequence: 1 }]);
    expect(decision.effects.map(({ type }) => type)).not.toContain('release-capacity');
  });

  test('is ended and closed by its agent as any other', () => {
    const ended = change(decodeConversation(ACTIVE), agentEnded(), at('12:05:00')).conversation;
    const closed = change(ended, agentClosed(), at('12:06:00')).conversation;
    expect(closed).toMatchObject({ state: 'Closed', closeReason: 'agent-closed', closedAt: at('12:06:00') });
  });
});

describe('an entry of version 1', () => {
  test('that was for everyone is for the customer: the agents see every entry', () => {
    expect(decodeEntry(NOTICE)).toStrictEqual({
      kind: 'notice',
      sequence: 2,
      at: at('12:04:00.020'),
      author: { role: 'system' },
      text: 'It is over.',
      trigger: 'agent-ended-conversation',
      recipient: 'customer',
      reason: 'agent-ended',
    });
  });

  test('that was for the agent still is, and the customer never reads it', () => {
    const forAgent = {
      ...NOTICE,
      trigger: 'customer-disconnected',
      recipient: 'agent',
      reason: 'customer-disconnected',
      disconnectionNumber: 2,
    };
    expect(decodeEntry(forAgent)).toMatchObject({ recipient: 'agent', disconnectionNumber: 2 });
  });

  test.each([
    [
      { authorRole: 'customer', authorName: 'Zoë' },
      { role: 'customer', name: 'Zoë' },
    ],
    [
      { authorRole: 'agent', authorId: 'anna', authorName: 'Anna' },
      { role: 'agent', id: 'anna', name: 'Anna' },
    ],
  ])('that somebody wrote is still theirs (%#)', (columns, author) => {
    expect(decodeEntry({ ...MESSAGE, ...columns })).toStrictEqual({
      kind: 'message',
      sequence: 1,
      at: at('12:04:00.020'),
      author,
      text: 'Hello',
      messageId: 'm1',
    });
  });
});

test('a row of the work list of version 1 shows a live chat, in its state since it began', () => {
  expect(decodeWorkListItem(LISTED)).toStrictEqual({
    conversationId: 'c-00000001',
    channel: 'live-chat',
    state: 'Active',
    queue: 'billing',
    customerName: 'Zoë',
    agentId: 'anna',
    accepted: true,
    createdAt: at('12:00:00'),
    stateSince: at('12:00:00'),
    deadlines: [],
    disconnection: { number: 2, since: at('12:01:00'), deadline: at('12:04:00') },
  });
});
