import { describe, expect, it } from '@jest/globals';
import { type Conversation, LIMITS } from '../../../shared/conversation/conversation';
import { MINUTE } from '../../../shared/conversation/time';
import {
  accepted,
  afterStart,
  agentEnded,
  agentMessage,
  ANNA,
  BEN,
  change,
  connectedCustomer,
  customerMessage,
  deadlineReached,
  decideAt,
  disconnected,
  lost,
  NOBODY,
  runningDisconnection,
} from '../../support/domain/builders';

const { customer: OF_CUSTOMER, agent: OF_AGENTS } = LIMITS.messagesInWindow;
const WRITTEN = afterStart(5);
const TOO_MANY = { kind: 'refused', refusal: { code: 'too-many-messages' }, effects: [] };

const customerWrites = (count: number, conversation: Conversation, at = WRITTEN): Conversation =>
  Array.from({ length: count }).reduce<Conversation>(
    (before, _, n) => change(before, customerMessage(`c${at}.${n}`), at).conversation,
    conversation,
  );
const agentWrites = (count: number, conversation: Conversation, agentId: string = ANNA.agentId) =>
  Array.from({ length: count }).reduce<Conversation>(
    (before, _, n) => change(before, agentMessage(`a${n}`, agentId), WRITTEN).conversation,
    conversation,
  );

describe('messages within a few seconds', () => {
  it(`of the customer are at most ${OF_CUSTOMER}: the next one is refused, and told when it will be taken`, () => {
    const full = customerWrites(OF_CUSTOMER, accepted());
    expect(decideAt(full, customerMessage('more'), afterStart(9))).toMatchObject({
      ...TOO_MANY,
      refusal: { code: 'too-many-messages', retryAfterSeconds: 6 },
    });
    expect(decideAt(full, customerMessage('more'), afterStart(14.999))).toMatchObject(TOO_MANY);
    expect(decideAt(full, customerMessage('more'), afterStart(15)).kind).toBe('changed');
  });

  it('leave the window one by one', () => {
    const first = customerWrites(1, accepted(), afterStart(5));
    const full = customerWrites(OF_CUSTOMER - 1, first, afterStart(9));
    const next = change(full, customerMessage('next'), afterStart(15)).conversation;
    expect(decideAt(next, customerMessage('more'), afterStart(15))).toMatchObject({
      refusal: { code: 'too-many-messages', retryAfterSeconds: 4 },
    });
  });

  it(`of agents are at most ${OF_AGENTS}, whichever agent has the conversation`, () => {
    const half = agentWrites(OF_AGENTS / 2, accepted());
    const released = change(half, { type: 'agent-released', agentId: ANNA.agentId }, WRITTEN).conversation;
    const full = agentWrites(OF_AGENTS / 2, accepted(released, BEN), BEN.agentId);
    expect(decideAt(full, agentMessage('more', BEN.agentId), WRITTEN)).toMatchObject(TOO_MANY);
  });

  it('of one side leave room for the other, to the last one', () => {
    const full = customerWrites(OF_CUSTOMER, agentWrites(OF_AGENTS, accepted()));
    expect(decideAt(full, customerMessage('more'), WRITTEN)).toMatchObject(TOO_MANY);
    expect(decideAt(full, agentMessage('more'), WRITTEN)).toMatchObject(TOO_MANY);
    expect(full.recentMessages).toHaveLength(OF_CUSTOMER + OF_AGENTS);
  });

  it('that are repeated are acknowledged, for they are stored already', () => {
    const full = customerWrites(OF_CUSTOMER, accepted());
    expect(decideAt(full, customerMessage(`c${WRITTEN}.0`), WRITTEN)).toMatchObject({
      kind: 'unchanged',
      outcome: { type: 'message-stored', sequence: 2 },
    });
  });

  it('of an instance whose clock is far ahead keep nobody waiting', () => {
    const ahead = customerWrites(OF_CUSTOMER, accepted(), WRITTEN + 10 * MINUTE);
    expect(decideAt(ahead, customerMessage('more'), WRITTEN).kind).toBe('changed');
  });
});

describe('a transcript', () => {
  const full = (conversation: Conversation): Conversation => ({
    ...conversation,
    lastSequence: LIMITS.transcriptEntries,
  });

  it(`takes messages up to its entry ${LIMITS.transcriptEntries}`, () => {
    const nearly = { ...accepted(), lastSequence: LIMITS.transcriptEntries - 1 };
    const last = change(nearly, customerMessage('last'), WRITTEN).conversation;
    for (const event of [customerMessage('more'), agentMessage('more')]) {
      const decision = decideAt(last, event, afterStart(60));
      expect(decision).toMatchObject({ kind: 'refused', refusal: { code: 'conversation-full' } });
      expect(decision).not.toHaveProperty('refusal.retryAfterSeconds');
    }
  });

  it('that is full still takes the notice of the end', () => {
    const ended = change(full(accepted()), agentEnded(), afterStart(30));
    expect(ended.entries).toMatchObject([{ sequence: LIMITS.transcriptEntries + 1, kind: 'notice' }]);
  });
});

describe('no limit touches', () => {
  const flooded = customerWrites(OF_CUSTOMER, accepted());
  const FULL = { ...flooded, lastSequence: LIMITS.transcriptEntries };

  it('the loss of the customer, its wait and its end', () => {
    const away = change(FULL, disconnected('tab-1', afterStart(6)), afterStart(6)).conversation;
    const { number, since, deadline } = runningDisconnection(away);
    expect(deadline - since).toBe(3 * MINUTE);
    const end = change(away, deadlineReached(number, NOBODY), deadline);
    expect(end.outcome).toEqual({ type: 'expired' });
    expect(end.entries).toMatchObject([{ kind: 'notice', reason: 'customer-disconnected' }]);
  });

  it('a message that proves a customer who counts as away', () => {
    const away = lost(FULL, afterStart(6));
    const back = change(away, customerMessage('here', 'tab-2'), afterStart(7)).conversation;
    expect(back.disconnection).toBeUndefined();
    expect(decideAt(back, customerMessage('again', 'tab-2'), afterStart(7))).toMatchObject({
      refusal: { code: 'conversation-full' },
    });
  });

  it('a message that proves an agent who counts as away', () => {
    const busy = { ...agentWrites(OF_AGENTS, accepted()), lastSequence: LIMITS.transcriptEntries };
    const event = { type: 'agent-disconnected', agentId: ANNA.agentId } as const;
    const away = change(busy, event, afterStart(6)).conversation;
    expect(change(away, agentMessage('here'), afterStart(7)).conversation.agentDisconnection).toBeUndefined();
  });

  it('who is in the queue', () => {
    const queued = customerWrites(OF_CUSTOMER, connectedCustomer());
    expect(change(queued, { type: 'customer-left' }, WRITTEN).outcome).toEqual({ type: 'ended' });
  });
});
