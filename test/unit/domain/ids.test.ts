import { describe, expect, it } from '@jest/globals';
import {
  AGENT_ID,
  agentUserId,
  CONVERSATION_ID,
  customerGroup,
  customerUserId,
  etagOf,
  namesVersion,
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

describe('a version', () => {
  const STORED = 'W/"datetime\'2026-03-01T10%3A02%3A05.1234567Z\'"';
  const NAME = '"20260301T1002051234567Z"';

  it('has a short and strong ETag, without quotes inside', () => {
    expect(etagOf(STORED)).toBe(NAME);
    expect(etagOf(NAME)).toBe(NAME);
  });

  it('has another one than the version before it', () => {
    expect(etagOf(STORED.replace('567Z', '568Z'))).not.toBe(NAME);
  });

  it.each([
    ['the API', NAME],
    ['an earlier version of the API', STORED],
    ['a proxy that has compressed the answer', `W/${NAME}`],
    ['somebody who leaves the quotes out', NAME.replaceAll('"', '')],
    ['somebody who has seen two versions', `"20260301T1002050000000Z", ${NAME}`],
  ])('is named by %s', (_, ifMatch) => {
    expect(namesVersion(ifMatch, STORED)).toBe(true);
  });

  it.each(['', '""', 'W/""', '"20260301T1002051234568Z"', STORED.replace('567', '566'), '"datetime"', '*'])(
    'is not named by %j',
    (ifMatch) => {
      expect(namesVersion(ifMatch, STORED)).toBe(false);
    },
  );
});
