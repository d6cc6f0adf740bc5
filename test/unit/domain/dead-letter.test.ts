import { describe, expect, it } from '@jest/globals';
import { deadLetterId } from '../../../shared/dead-letters/dead-letter';

describe('the id of a dead letter', () => {
  it('names conversation and cause, so that a failure that comes again finds its letter', () => {
    expect(deadLetterId({ conversationId: 'c-1', kind: 'unreadable-row' })).toBe('c-1.unreadable-row');
  });

  it('tells the deadlines of a conversation apart', () => {
    const deadline = { kind: 'disconnection', number: 2 } as const;
    expect(deadLetterId({ conversationId: 'c-1', kind: 'deadline-failed', deadline })).toBe(
      'c-1.deadline-failed.disconnection.2',
    );
  });
});
