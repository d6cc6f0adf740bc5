import { describe, expect, it } from '@jest/globals';
import {
  type Asked,
  accepted,
  aConversation,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  agentMessage,
  agentOffered,
  ANNA,
  BEN,
  change,
  connectedCustomer,
  decideAt,
  effectsOf,
  effectTypes,
  expired,
  lost,
  offered,
  START,
} from '../../support/domain/builders';

const ended = () => change(accepted(), agentEnded(), afterStart(30)).conversation;
const closed = () => change(ended(), agentClosed(), afterStart(40)).conversation;

const refusalOf = (...args: Parameters<typeof decideAt>) => {
  const decision = decideAt(...args);
  return decision.kind === 'refused' ? decision.refusal.code : decision.kind;
};

describe('an agent is offered a conversation', () => {
  it('makes it Active, not accepted, and tells the agents; the customer reads that somebody is coming', () => {
    const decision = change(connectedCustomer(), agentOffered(), afterStart(2));
    expect(decision.conversation).toMatchObject({
      state: 'Active',
      agent: { id: 'anna', name: 'Anna', assignedAt: afterStart(2) },
    });
    expect(decision.conversation.agent).not.toHaveProperty('acceptedAt');
    expect(effectTypes(decision)).toEqual([
      'update-work-list',
      'push notice',
      'push notice',
      'push conversation-assigned',
    ]);
    expect(decision.effects[3]).toMatchObject({ audience: { to: 'agents' }, push: { accepted: false } });
  });

  it('changes nothing when it is repeated, and tells the agents again', () => {
    const first = change(connectedCustomer(), agentOffered(), afterStart(2));
    const again = decideAt(first.conversation, agentOffered(), afterStart(4));
    expect(again.kind).toBe('unchanged');
    expect(effectsOf(again)).toEqual(first.effects);
  });

  it('can be offered to another while nobody has accepted', () => {
    const { conversation } = change(offered(), agentOffered(BEN), afterStart(4));
    expect(conversation.agent).toMatchObject({ id: BEN.agentId, name: BEN.agentName });
    expect(refusalOf(conversation, agentAccepted(), afterStart(5))).toBe('assigned-to-other-agent');
  });

  it('is called by the name of its own ticket, whatever the offer said', () => {
    const offer = agentOffered({ agentId: BEN.agentId, agentName: 'The director' });
    const { conversation } = change(connectedCustomer(), offer, afterStart(2));
    const taken = change(conversation, agentAccepted(BEN), afterStart(3)).conversation;
    expect(taken.agent?.name).toBe(BEN.agentName);
  });

  it('is refused when another agent has accepted, or it is over', () => {
    expect(refusalOf(accepted(), agentOffered(BEN), afterStart(4))).toBe('assigned-to-other-agent');
    expect(refusalOf(expired(), agentOffered(), afterStart(400))).toBe('conversation-ended');
  });
});

describe('an agent accepts a conversation', () => {
  it('from its offer, keeping the time of the offer', () => {
    const decision = change(offered(), agentAccepted(), afterStart(3));
    expect(decision.conversation.agent).toEqual({
      id: 'anna',
      name: 'Anna',
      assignedAt: afterStart(2),
      acceptedAt: afterStart(3),
    });
    expect(effectTypes(decision)).toEqual([
      'update-work-list',
      'push notice',
      'push notice',
      'push conversation-assigned',
      'push conversation-assigned',
    ]);
  });

  it('straight from the queue', () => {
    expect(accepted().agent).toMatchObject({ assignedAt: afterStart(3), acceptedAt: afterStart(3) });
  });

  it('while the customer is away, without touching the disconnection', () => {
    const away = lost(connectedCustomer());
    const taken = change(away, agentAccepted(), afterStart(20)).conversation;
    expect(taken.disconnection).toEqual(away.disconnection);
  });

  it('changes nothing when it is repeated, and tells everyone again', () => {
    const first = change(connectedCustomer(), agentAccepted(), afterStart(3));
    const again = decideAt(first.conversation, agentAccepted(), afterStart(5));
    expect(again).toEqual({ kind: 'unchanged', outcome: { type: 'assigned' }, effects: first.effects });
  });

  it('of two agents, one wins', () => {
    expect(refusalOf(accepted(), agentAccepted(BEN), afterStart(4))).toBe('assigned-to-other-agent');
    expect(refusalOf(offered(), agentAccepted(BEN), afterStart(4))).toBe('assigned-to-other-agent');
  });
});

describe('an agent ends a conversation', () => {
  it('moves it to WrapUp with a notice for the customer', () => {
    const decision = change(accepted(), agentEnded(), afterStart(30));
    expect(decision.conversation).toMatchObject({
      state: 'WrapUp',
      end: { at: afterStart(30), reason: 'agent-ended', agentId: 'anna' },
    });
    expect(decision.conversation).not.toHaveProperty('closedAt');
    expect(decision.entries).toMatchObject([{ trigger: 'agent-ended-conversation', recipient: 'customer' }]);
  });

  it('while the customer is away cancels the timer', () => {
    const decision = change(lost(), agentEnded(), afterStart(30));
    expect(decision.conversation.lastDisconnection).toMatchObject({ number: 2, outcome: 'ended' });
    expect(decision.effects).toContainEqual(
      expect.objectContaining({ type: 'cancel-timer', number: 2, because: 'conversationEnded' }),
    );
  });

  it('is refused but told again when it is repeated', () => {
    const first = change(accepted(), agentEnded(), afterStart(30));
    const again = decideAt(first.conversation, agentEnded(), afterStart(31));
    expect(again).toMatchObject({ kind: 'refused', refusal: { code: 'conversation-ended' } });
    expect(effectsOf(again)).toEqual(first.effects);
  });

  it('is refused to others, before it is accepted, and in the queue', () => {
    expect(refusalOf(accepted(), agentEnded('ben'), afterStart(4))).toBe('assigned-to-other-agent');
    expect(refusalOf(offered(), agentEnded(), afterStart(4))).toBe('not-assigned-to-you');
    expect(refusalOf(connectedCustomer(), agentEnded(), afterStart(4))).toBe('illegal-transition');
  });

  it('says nothing on behalf of somebody else', () => {
    expect(effectsOf(decideAt(ended(), agentEnded('ben'), afterStart(31)))).toEqual([]);
    expect(effectsOf(decideAt(expired(), agentEnded(), afterStart(400)))).toEqual([]);
  });
});

describe('an agent closes a conversation', () => {
  it('moves WrapUp to Closed and takes it off the list', () => {
    const decision = change(ended(), agentClosed(), afterStart(40));
    expect(decision.conversation).toMatchObject({ state: 'Closed', closedAt: afterStart(40) });
    expect(decision.entries).toMatchObject([{ trigger: 'session-ended', recipient: 'customer' }]);
    expect(effectTypes(decision)).toEqual([
      'update-work-list',
      'cancel-timer',
      'release-capacity',
      ...['push notice', 'push notice'],
      // What was told of the end, for the first try may have died after its save.
      ...['push notice', 'push notice', 'push conversation-ended'],
      ...['push conversation-closed', 'close-customer-connections'],
    ]);
    const { effects } = change(accepted(), agentEnded(), afterStart(30));
    const toCustomer = effects.filter(
      (effect) => effect.type === 'push' && effect.audience.to === 'customer',
    );
    expect(decision.effects).toEqual(expect.arrayContaining(toCustomer));
  });

  it('is refused but told again when it is repeated', () => {
    const first = change(ended(), agentClosed(), afterStart(40));
    const again = decideAt(first.conversation, agentClosed(), afterStart(41));
    expect(again.kind).toBe('refused');
    // The timer that was cancelled finds its number superseded, should the cancel be lost.
    expect(effectsOf(again)).toEqual(first.effects.filter(({ type }) => type !== 'cancel-timer'));
  });

  it('is refused to others, and while the conversation waits in the queue', () => {
    expect(refusalOf(ended(), agentClosed('ben'), afterStart(40))).toBe('assigned-to-other-agent');
    expect(refusalOf(connectedCustomer(), agentClosed(), afterStart(40))).toBe('illegal-transition');
    expect(effectsOf(decideAt(closed(), agentClosed('ben'), afterStart(41)))).toEqual([]);
  });

  it('is final', () => {
    const events: Asked[] = [
      agentOffered(),
      agentAccepted(),
      agentMessage('m1'),
      agentEnded(),
      agentClosed(),
    ];
    for (const event of events) {
      expect(decideAt(closed(), event, afterStart(50)).kind).toBe('refused');
    }
  });
});

describe('a refusal', () => {
  it('names the action of the agent and the state that does not allow it', () => {
    expect(decideAt(aConversation(), agentEnded(), afterStart(2))).toMatchObject({
      kind: 'refused',
      refusal: { state: 'Open', action: 'end' },
    });
  });

  it('names no action where the conversation is unknown', () => {
    expect(decideAt(undefined, agentEnded(), afterStart(2))).not.toHaveProperty('refusal.action');
  });
});

describe('a conversation nobody knows', () => {
  it('is not found', () => {
    expect(refusalOf(undefined, agentAccepted(), START)).toBe('conversation-not-found');
  });

  it('differs from one that is only new', () => {
    expect(decideAt(aConversation(), agentAccepted(ANNA), START).kind).toBe('changed');
  });
});
