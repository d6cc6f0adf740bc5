import { describe, expect, test } from '@jest/globals';
import { decodeCustomer } from '../../../shared/access/customers-table';
import { decodeAgent, decodeHolding } from '../../../shared/capacity/capacity-table';
import {
  decodeConversation,
  decodeEntry,
  decodeWorkListItem,
  encodeConversation,
} from '../../../shared/conversation/conversation-table';
import { MINUTE } from '../../../shared/conversation/time';
import { decodeDeadLetter } from '../../../shared/dead-letters/dead-letters-table';
import { parsePolicyDocument } from '../../../shared/policies/policy-document-parser';
import { decodeOverride, decodePolicies } from '../../../shared/policies/settings-table';
import { agentClosed, agentEnded, change, deadlineReached, NOBODY } from '../../support/domain/builders';
import * as stored from './older-rows';
import { ACTIVE, at, AWAY, AWAY_2, CLOSED, ENDED, MESSAGE, NOTICE, ONE_KEY, QUEUED } from './older-rows';
import { asRead, conversationOf, itemOf } from './samples';

/** Rows as versions 1 and 2 have written them; a deployment finds them in the middle of their lives. */

const agent = { id: 'anna', name: 'Anna', assignedAt: at('12:00:05'), acceptedAt: at('12:00:10') };

describe('a conversation of version 1', () => {
  test('is read completely', () => {
    expect(decodeConversation(ENDED)).toStrictEqual(
      conversationOf('c-00000001', {
        state: 'WrapUp',
        device: 'unknown',
        agent,
        liveConnectionIds: [],
        endedConnectionIds: ['connection-1'],
        lastDisconnection: {
          number: 2,
          since: at('12:01:00'),
          deadline: at('12:04:00'),
          reason: 'connection-lost',
          lostConnectionId: 'connection-1',
          outcome: 'expired',
          endedAt: at('12:04:00.020'),
        },
        disconnectionCount: 2,
        lastSignOfLife: at('12:00:59'),
        smallestEventDelay: -120.5,
        recentMessages: [{ id: 'm1', by: 'customer', sequence: 1, at: 1_767_225_600_000 }],
        lastSequence: 2,
        end: { at: at('12:04:00.020'), reason: 'customer-disconnected' },
      }),
    );
  });

  test('is written with every column as it was, but for the version', () => {
    expect(asRead(encodeConversation(decodeConversation(ENDED)))).toMatchObject({
      ...ENDED,
      schemaVersion: 2,
    });
  });

  test('in the queue is a live chat that no agent has', () => {
    expect(decodeConversation(QUEUED)).toStrictEqual(
      conversationOf('c-00000001', { device: 'unknown', lastSignOfLife: at('12:00:01') }),
    );
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

describe('a conversation of version 2', () => {
  test('is read completely', () => {
    expect(decodeConversation(AWAY_2)).toStrictEqual({
      ...conversationOf('c-00000001'),
      channel: 'live-chat',
      state: 'Active',
      stateSince: at('12:00:10'),
      device: 'phone',
      customer: { ...conversationOf('c').customer, workstream: 'sales', channelInstance: 'shop' },
      agent,
      previousAgent: { id: 'bob', name: 'Bob' },
      assignmentCount: 2,
      capacityHold: { agentId: 'anna', assignment: 2, units: 20 },
      releasedHold: { agentId: 'bob', assignment: 1, units: 20 },
      lastAgentDisconnection: {
        number: 1,
        agentId: 'bob',
        since: at('12:00:01'),
        deadline: at('12:00:03'),
        outcome: 'requeued',
        endedAt: at('12:00:03'),
      },
      agentDisconnectionCount: 1,
      requeue: { at: at('12:00:03'), reason: 'agent-disconnected', agentId: 'bob' },
      queuePosition: { position: 3, at: at('12:00:02') },
      liveConnectionIds: [],
      endedConnectionIds: ['connection-1'],
      disconnection: {
        number: 2,
        since: at('12:01:00'),
        deadline: at('12:09:00'),
        reason: 'connection-lost',
        lostConnectionId: 'connection-1',
        extension: { by: 300_000, keys: ['key-1', 'key-2'], at: at('12:02:00') },
      },
      disconnectionCount: 2,
      lastSignOfLife: at('12:00:59'),
      smallestEventDelay: -120.5,
      recentMessages: [{ id: 'm1', by: 'customer', sequence: 1, at: at('12:00:30') }],
      recentNotices: [
        {
          cause: 'c',
          sequence: 2,
          at: at('12:00:10'),
          trigger: 'agent-joined',
          recipient: 'customer',
          text: 'Hi',
        },
      ],
      lastSequence: 2,
      autoClosure: { number: 1, deadline: Date.parse('2026-02-01T12:00:00Z') },
      autoClosureCount: 1,
    });
  });

  test('that is a persistent chat has no disconnection, whatever else the row says', () => {
    const { channel, disconnection } = decodeConversation({ ...AWAY_2, channel: 'persistent-chat' });
    expect({ channel, disconnection }).toEqual({ channel: 'persistent-chat', disconnection: undefined });
  });

  test('whose wait was extended when one key was kept goes on with that key, running or past', () => {
    const { disconnection } = decodeConversation({ ...AWAY_2, disconnectionExtension: ONE_KEY });
    expect(disconnection?.extension).toStrictEqual({ by: 300_000, keys: ['key-1'], at: at('12:02:00') });
    const past = {
      ...(JSON.parse(ENDED.lastDisconnection) as object),
      extension: JSON.parse(ONE_KEY) as unknown,
    };
    const { lastDisconnection } = decodeConversation({ ...AWAY_2, lastDisconnection: JSON.stringify(past) });
    expect(lastDisconnection?.extension?.keys).toEqual(['key-1']);
  });
});

describe('an entry', () => {
  const notice = {
    kind: 'notice',
    sequence: 2,
    at: at('12:04:00.020'),
    author: { role: 'system' },
    text: 'It is over.',
    trigger: 'agent-ended-conversation',
    recipient: 'customer',
    reason: 'agent-ended',
  };

  test('of version 1 that was for everyone is for the customer: the agents see every entry', () => {
    expect(decodeEntry(NOTICE)).toStrictEqual(notice);
  });

  test('that was for the agent still is, and the customer never reads it', () => {
    const row = { ...NOTICE, schemaVersion: 2, recipient: 'agent', disconnectionNumber: 2 };
    expect(decodeEntry(row)).toStrictEqual({ ...notice, recipient: 'agent', disconnectionNumber: 2 });
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

describe('the other rows', () => {
  const item = itemOf('c-00000001', {
    state: 'Active',
    agentId: 'anna',
    accepted: true,
    disconnection: { number: 2, since: at('12:01:00'), deadline: at('12:04:00') },
  });
  const deadlines = [{ kind: 'auto-close', number: 1, at: at('12:15:00') }] as const;

  test.each<[string, unknown, unknown]>([
    [
      'an item of version 1: a live chat, in its state since it began',
      decodeWorkListItem(stored.LISTED),
      item,
    ],
    [
      'an item of version 2',
      decodeWorkListItem({
        ...stored.LISTED,
        schemaVersion: 2,
        stateSince: '2026-01-31T12:00:10.000Z',
        deadlines: JSON.stringify(deadlines),
      }),
      { ...item, stateSince: at('12:00:10'), deadlines },
    ],
    ["an agent's capacity", decodeAgent(stored.AGENT), { totalUnits: 100 }],
    [
      'what is held of it',
      decodeHolding(stored.HOLDING),
      { conversationId: 'c-00000001', assignment: 2, units: 20, reservedAt: at('12:00:05') },
    ],
    [
      'the rules of the policy document',
      decodePolicies(stored.POLICIES, (value) => parsePolicyDocument(value, 'document')).rules,
      [{ id: 'phones', when: {}, set: { grace: 600_000 } }],
    ],
    [
      'an override of a message',
      decodeOverride(stored.OVERRIDE),
      { trigger: 'agent-joined', locale: 'de-AT', text: 'Servus', active: true },
    ],
    [
      'a dead letter',
      decodeDeadLetter(stored.LETTER),
      {
        id: 'c-00000001.deadline-failed.disconnection.2',
        conversationId: 'c-00000001',
        kind: 'deadline-failed',
        deadline: { kind: 'disconnection', number: 2 },
        code: 'retries-exhausted',
        state: 'resolved',
        firstSeen: at('12:04:00'),
        lastSeen: at('12:10:00'),
        count: 2,
        resolvedAt: at('12:11:00'),
      },
    ],
    ["a customer's latest conversation", decodeCustomer(stored.CUSTOMER), ['c-00000001']],
  ])('%s', (_, read, meaning) => {
    expect(read).toStrictEqual(meaning);
  });
});
