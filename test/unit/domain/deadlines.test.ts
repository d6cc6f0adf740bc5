import { describe, expect, it } from '@jest/globals';
import { type Deadline, deadlinesOf, sameDeadline } from '../../../shared/conversation/work-list';
import {
  accepted,
  aConversation,
  afterStart,
  change,
  GRACE,
  lost,
  START,
} from '../../support/domain/builders';

describe('the deadlines of a conversation', () => {
  it('are none while everybody is there', () => {
    expect(deadlinesOf(accepted())).toEqual([]);
  });

  it('are those of customer and agent, where both are away', () => {
    const gone = { type: 'agent-disconnected', agentId: 'anna' } as const;
    const { conversation } = change(lost(), gone, afterStart(20));
    expect(deadlinesOf(conversation)).toEqual([
      { kind: 'disconnection', number: 2, at: afterStart(10) + GRACE },
      { kind: 'agent-disconnection', number: 1, at: conversation.agentDisconnection?.deadline },
    ]);
  });

  it('include that of the customer who has not connected yet', () => {
    expect(deadlinesOf(aConversation())).toEqual([{ kind: 'disconnection', number: 1, at: START + GRACE }]);
  });
});

describe('two deadlines are the same', () => {
  const one: Deadline = { kind: 'auto-close', number: 2, at: 1_000 };

  it('when kind and number are, whenever they are due', () => {
    expect(sameDeadline(one, { ...one, at: 9_000 })).toBe(true);
    expect(sameDeadline(one, { ...one, number: 3 })).toBe(false);
    expect(sameDeadline(one, { ...one, kind: 'disconnection' })).toBe(false);
  });
});
