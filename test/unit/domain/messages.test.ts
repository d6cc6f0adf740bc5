import { describe, expect, it } from '@jest/globals';
import { type Conversation, LIMITS } from '../../../shared/conversation/conversation';
import {
  type Asked,
  accepted,
  afterStart,
  agentEnded,
  agentMessage,
  change,
  connectedCustomer,
  customerMessage,
  decideAt,
  effectsOf,
  effectTypes,
  lost,
  offered,
  pushesOf,
} from '../../support/domain/builders';

describe('a message of the customer', () => {
  it('is numbered, stored and pushed to the customer and the agent', () => {
    const first = change(accepted(), customerMessage('m1'), afterStart(5));
    const second = change(first.conversation, customerMessage('m2'), afterStart(6));
    expect(second.outcome).toEqual({ type: 'message-stored', sequence: 3 });
    expect(second.entries).toEqual([
      {
        kind: 'message',
        sequence: 3,
        at: afterStart(6),
        author: { role: 'customer', name: 'Kim' },
        text: 'text of m2',
        messageId: 'm2',
      },
    ]);
    expect(second.effects).toMatchObject([
      { type: 'push', audience: { to: 'customer' }, push: { sequence: 3, text: 'text of m2' } },
      { type: 'push', audience: { to: 'agent', agentId: 'anna' }, push: { sequence: 3 } },
    ]);
  });

  it('in the queue is pushed to the customer alone', () => {
    const decision = change(connectedCustomer(), customerMessage('m1'), afterStart(5));
    expect(decision.effects).toMatchObject([{ type: 'push', audience: { to: 'customer' } }]);
  });

  it('is stored once, and pushed again when it is repeated', () => {
    const first = change(accepted(), customerMessage('m1'), afterStart(5));
    const again = decideAt(first.conversation, customerMessage('m1'), afterStart(9));
    expect(again).toMatchObject({ kind: 'unchanged', outcome: { type: 'message-stored', sequence: 2 } });
    expect(effectsOf(again)).toEqual(first.effects);
  });

  it('that brought the customer back tells so again, but not once the customer is lost anew', () => {
    const returning = customerMessage('m1', 'tab-2');
    const back = change(lost(), returning, afterStart(20)).conversation;
    const toldBy = (conversation: Conversation) =>
      pushesOf(decideAt(conversation, returning, afterStart(40))).map(({ type }) => type);
    expect(toldBy(back)).toContain('customer-back');
    expect(toldBy(lost(back, afterStart(30), 'tab-2'))).not.toContain('customer-back');
  });

  it('is a sign of life', () => {
    expect(change(accepted(), customerMessage('m1'), afterStart(5)).conversation.lastSignOfLife).toBe(
      afterStart(5),
    );
  });

  it('is refused when the conversation has ended [R112]', () => {
    const ended = change(accepted(), agentEnded(), afterStart(30)).conversation;
    expect(decideAt(ended, customerMessage('m1'), afterStart(31))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'conversation-ended', endReason: 'agent-ended' },
      // A socket that opened after the end, and whose `connected` was lost, is closed by nothing else.
      effects: [{ type: 'close-connection', connectionId: 'tab-1' }],
    });
  });

  it('that was stored before the end is acknowledged after it', () => {
    const wrote = change(accepted(), customerMessage('m1'), afterStart(5)).conversation;
    const ended = change(wrote, agentEnded(), afterStart(30)).conversation;
    expect(decideAt(ended, customerMessage('m1'), afterStart(31))).toMatchObject({
      kind: 'unchanged',
      outcome: { type: 'message-stored', sequence: 2 },
    });
  });

  it('is recognised among the latest ones, which are bounded', () => {
    let conversation = accepted();
    for (let n = 1; n <= LIMITS.recentMessages + 1; n += 1) {
      conversation = change(conversation, customerMessage(`m${n}`), afterStart(5 + n)).conversation;
    }
    expect(conversation.recentMessages).toHaveLength(LIMITS.recentMessages);
    expect(conversation.lastSequence).toBe(1 + LIMITS.recentMessages + 1);
    expect(decideAt(conversation, customerMessage('m2'), afterStart(80)).kind).toBe('unchanged');
  });
});

describe('a message that is repeated after many others', () => {
  const named = (n: number) => `sent.order-${n}.0123456789abcdef`;
  const afterMany = (count: number) => {
    let conversation = change(accepted(), customerMessage(named(0)), afterStart(5)).conversation;
    for (let n = 1; n <= count; n += 1) {
      conversation = change(
        conversation,
        { ...agentMessage(named(n)), stored: 0 },
        afterStart(5 + n),
      ).conversation;
    }
    return conversation;
  };

  it('is looked for in the transcript, and stored once at any time [R133]', () => {
    const conversation = afterMany(LIMITS.recentMessages + 1);
    const again = customerMessage(named(0));
    const question = { kind: 'message-needed', by: 'customer', messageId: named(0) };
    expect(decideAt(conversation, again, afterStart(500))).toEqual(question);
    expect(decideAt(conversation, { ...again, stored: 2 }, afterStart(500))).toMatchObject({
      kind: 'unchanged',
      outcome: { type: 'message-stored', sequence: 2 },
    });
    // Nobody knows it after all: its bits were those of others.
    expect(decideAt(conversation, { ...again, stored: 0 }, afterStart(500))).toMatchObject({
      kind: 'changed',
    });
  });

  it('costs new messages hardly a question: of 1,000 behind 1,000, at most 50', () => {
    const conversation = afterMany(1_000);
    const fresh = Array.from({ length: 1_000 }, (_, n) => customerMessage(named(5_000 + n)));
    const asked = fresh.filter(
      (message) => decideAt(conversation, message, afterStart(9_000)).kind === 'message-needed',
    );
    expect(asked.length).toBeLessThanOrEqual(50);
    expect(conversation.olderMessages).toHaveLength(2_048);
  });
});

describe('a message of an agent', () => {
  it('is stored under the name of the agent, and changes nothing that the list shows', () => {
    const decision = change(accepted(), agentMessage('m1'), afterStart(5));
    expect(decision.entries).toMatchObject([
      { sequence: 2, author: { role: 'agent', id: 'anna', name: 'Anna' }, text: 'text of m1' },
    ]);
    expect(effectTypes(decision)).toEqual(['push message', 'push message']);
  });

  it('that showed the agent to be back tells so again, but not once the agent is gone anew', () => {
    const gone: Asked = { type: 'agent-disconnected', agentId: 'anna' };
    const absent = change(accepted(), gone, afterStart(10)).conversation;
    const back = change(absent, agentMessage('m1'), afterStart(20)).conversation;
    const toldBy = (conversation: Conversation) =>
      pushesOf(decideAt(conversation, agentMessage('m1'), afterStart(40))).map(({ type }) => type);
    expect(toldBy(back)).toContain('agent-back');
    expect(toldBy(change(back, gone, afterStart(30)).conversation)).not.toContain('agent-back');
  });

  it('is no sign of life of the customer', () => {
    const before = accepted();
    const { conversation } = change(before, agentMessage('m1'), afterStart(50));
    expect(conversation.lastSignOfLife).toBe(before.lastSignOfLife);
  });

  it.each([
    ['another agent', () => accepted(), 'ben'],
    ['an agent who has not accepted', () => offered(), 'anna'],
    ['an agent of an unassigned conversation', () => connectedCustomer(), 'anna'],
  ])('is refused from %s [R23]', (_title, conversation, agentId) => {
    expect(decideAt(conversation(), agentMessage('m1', agentId), afterStart(5))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'not-assigned-to-you' },
    });
  });

  it('is refused when the conversation has ended [R112]', () => {
    const ended = change(accepted(), agentEnded(), afterStart(30)).conversation;
    expect(decideAt(ended, agentMessage('m1'), afterStart(31))).toMatchObject({
      refusal: { code: 'conversation-ended' },
    });
  });
});
