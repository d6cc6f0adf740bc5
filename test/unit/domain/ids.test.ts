import { describe, expect, it } from '@jest/globals';
import {
  AGENT_ID,
  agentUserId,
  CONVERSATION_ID,
  customerGroup,
  customerUserId,
  participantOf,
  timerInstanceId,
} from '../../../shared/conversation/conversation';

describe('conversation ids', () => {
  it.each(['12345678', 'a-b-c-d-e', 'conversation-0001', 'a'.repeat(64)])('accept %s', (id) => {
    expect(CONVERSATION_ID.test(id)).toBe(true);
  });

  it.each([
    ['too short', '1234567'],
    ['too long', 'a'.repeat(65)],
    ['upper case', 'Conversation'],
    ['a dot', 'conversation.1'],
    ['a slash', 'conversation/1'],
    ['a hyphen in front', '-conversation'],
    ['a hyphen behind', 'conversation-'],
    ['a line break behind', 'conversation\n'],
    ['letters beyond ASCII', 'conversätion'],
    ['nothing', ''],
  ])('refuse %s', (_title, id) => {
    expect(CONVERSATION_ID.test(id)).toBe(false);
  });
});

describe('agent ids', () => {
  it.each(['a', 'Anna_B-1', 'x'.repeat(64)])('accept %s', (id) => {
    expect(AGENT_ID.test(id)).toBe(true);
  });

  it.each(['', 'x'.repeat(65), 'anna.b', 'anna b', 'anna\n'])('refuse %j', (id) => {
    expect(AGENT_ID.test(id)).toBe(false);
  });
});

describe('the participant behind a user id', () => {
  it('is the customer of a conversation', () => {
    expect(participantOf(customerUserId('conversation-0001'))).toEqual({
      role: 'customer',
      conversationId: 'conversation-0001',
    });
  });

  it('is an agent', () => {
    expect(participantOf(agentUserId('anna'))).toEqual({ role: 'agent', agentId: 'anna' });
  });

  it.each([
    '',
    '.',
    'customer',
    'customer.',
    'agent.',
    'customer.short',
    'Customer.conversation-0001',
    'admin.conversation-0001',
    'customer.agent.anna',
    '.conversation-0001',
    'agent.anna.b',
  ])('is nobody for %j', (userId) => {
    expect(participantOf(userId)).toBeUndefined();
  });
});

describe('derived names', () => {
  it('the group of a conversation carries its id', () => {
    expect(customerGroup('conversation-0001')).toBe('conversation.conversation-0001');
  });

  it('every disconnection has its own timer', () => {
    expect(timerInstanceId('conversation-0001', 'disconnection', 1)).toBe(
      'conversation-0001.disconnection.1',
    );
    expect(timerInstanceId('conversation-0001', 'disconnection', 2)).not.toBe(
      timerInstanceId('conversation-0001', 'disconnection', 1),
    );
  });
});
