import { describe, expect, it } from '@jest/globals';
import { type ConversationRecord, conversationOf } from '../../../shared/conversation/conversation';
import {
  accepted,
  afterStart,
  ANNA,
  connectedCustomer,
  expired,
  lost,
  offered,
  persistentChat,
} from '../../support/domain/builders';

const END = { at: afterStart(9), reason: 'agent-ended' } as const;

describe('a record that is read', () => {
  it.each([
    ['in the queue', connectedCustomer()],
    ['offered', offered()],
    ['accepted', accepted()],
    ['whose customer is away', lost()],
    ['in WrapUp', expired()],
    ['closed at once', expired(lost(connectedCustomer()))],
    ['a persistent chat', persistentChat()],
  ])('of a conversation that is %s is that conversation', (_what, conversation) => {
    expect(conversationOf(conversation)).toStrictEqual(conversation);
  });

  it.each<[string, ConversationRecord]>([
    ['WrapUp without its end', { ...accepted(), state: 'WrapUp' }],
    ['Closed without its end', { ...accepted(), state: 'Closed' }],
    ['Active with an end', { ...accepted(), end: END }],
    ['Active without its agent', { ...connectedCustomer(), state: 'Active' }],
    ['WrapUp without its agent', { ...connectedCustomer(), state: 'WrapUp', end: END }],
    ['Waiting in a live chat', { ...connectedCustomer(), state: 'Waiting' }],
  ])('breaks a rule where it is %s', (breaks, record) => {
    expect(conversationOf(record)).toEqual({ breaks });
  });

  it('waits for its customer where a connection is known beside a running disconnection', () => {
    const away = lost();
    expect(conversationOf({ ...away, liveConnectionIds: ['tab-9'] })).toStrictEqual(away);
  });

  it('has lost a customer of whom it knows neither: the next deadline has passed', () => {
    const nobody: ConversationRecord = { ...connectedCustomer(), liveConnectionIds: [] };
    expect(conversationOf(nobody)).toMatchObject({
      disconnection: { number: 2, deadline: nobody.lastSignOfLife, reason: 'connection-lost' },
      disconnectionCount: 2,
    });
  });

  it('was closed when it came into its state, where it does not say', () => {
    const record: ConversationRecord = { ...connectedCustomer(), state: 'Closed', end: END };
    expect(conversationOf(record)).toMatchObject({ closedAt: record.stateSince });
  });

  it('has in the queue no agent, and no capacity of one', () => {
    const hold = { agentId: ANNA.agentId, assignment: 1, units: 20 };
    const record: ConversationRecord = { ...accepted(), state: 'Open', capacityHold: hold };
    const conversation = conversationOf(record);
    expect(conversation).not.toHaveProperty('agent');
    expect(conversation).not.toHaveProperty('capacityHold');
  });
});
