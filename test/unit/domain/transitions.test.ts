import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/domain/conversation';
import type { ConversationEvent } from '../../../shared/domain/events';
import {
  accepted,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  agentOffered,
  ANNA,
  BEN,
  change,
  connect,
  connected,
  connectedCustomer,
  customerLeft,
  customerMessage,
  decideAt,
  effectsOf,
  lost,
  offered,
  outcomeOf,
  PROFILE,
} from '../../support/domain/builders';

/** "Understand conversation states" (Dynamics 365 Omnichannel), row by row. */

const declined: ConversationEvent = { type: 'agent-declined', agentId: ANNA.agentId };
const released: ConversationEvent = { type: 'agent-released', agentId: ANNA.agentId };
const transferred: ConversationEvent = { type: 'agent-transferred', agentId: ANNA.agentId, queue: 'billing' };
const AT = afterStart(30);

const persistent = (): Conversation => {
  const event = { ...connect(), profile: { ...PROFILE, workstream: 'persistent' } } as ConversationEvent;
  const born = change(undefined, event, afterStart(0)).conversation;
  const here = change(born, connected('tab-1', afterStart(1)), afterStart(1)).conversation;
  return change(here, agentAccepted(), afterStart(3)).conversation;
};
const waiting = (): Conversation => change(persistent(), agentClosed(), AT).conversation;
const wrapUp = (): Conversation => change(accepted(), agentEnded(), AT).conversation;
const closed = (): Conversation => change(wrapUp(), agentClosed(), AT).conversation;

describe('a transition', () => {
  it.each<[string, () => Conversation, ConversationEvent, string]>([
    ['Open, picked by an agent', connectedCustomer, agentAccepted(), 'Active'],
    ['Open, assigned', connectedCustomer, agentOffered(), 'Active'],
    ['Open, the customer leaves', connectedCustomer, customerLeft(), 'Closed'],
    ['Active, the agent ends', accepted, agentEnded(), 'WrapUp'],
    ['Active, the customer leaves', accepted, customerLeft(), 'WrapUp'],
    ['Active, released to the queue', accepted, released, 'Open'],
    ['Active, transferred to a queue', accepted, transferred, 'Open'],
    ['Active live chat, the agent closes the window', accepted, agentClosed(), 'Open'],
    ['Active persistent chat, the agent closes the window', persistent, agentClosed(), 'Waiting'],
    ['offered, declined', offered, declined, 'Open'],
    ['offered, the customer leaves', offered, customerLeft(), 'Closed'],
    ['Waiting, revived by its agent', waiting, agentAccepted(), 'Active'],
    ['Waiting, the customer writes', waiting, customerMessage('m1'), 'Open'],
    ['Waiting, the customer leaves', waiting, customerLeft(), 'Closed'],
    ['WrapUp, the agent closes the window', wrapUp, agentClosed(), 'Closed'],
  ])('%s', (_row, before, event, state) => {
    expect(change(before(), event, AT).conversation.state).toBe(state);
  });

  it('to another queue takes its name, and frees the agent', () => {
    const { conversation } = change(accepted(), transferred, AT);
    expect(conversation).toMatchObject({
      customer: { queue: 'billing' },
      requeue: { reason: 'agent-transferred' },
    });
    expect(conversation.agent).toBeUndefined();
    expect(conversation.capacityHold).toBeUndefined();
    expect(conversation.previousAgent).toEqual({ id: 'anna', name: 'Anna' });
  });

  it('of Waiting does not come from an open page alone, only from a message', () => {
    const back = change(waiting(), connected('tab-2', AT), AT).conversation;
    expect(back.state).toBe('Waiting');
  });

  it('that is repeated changes nothing and is told again', () => {
    for (const event of [released, transferred, agentClosed()]) {
      const first = change(accepted(), event, AT);
      const again = decideAt(first.conversation, event, AT + 1_000);
      expect(again.kind).toBe('unchanged');
      expect(effectsOf(again)).toEqual(expect.arrayContaining([...first.effects]));
    }
  });
});

describe('an illegal transition', () => {
  it.each<[() => Conversation, ConversationEvent, string, string]>([
    [connectedCustomer, agentEnded(), 'Open', 'end'],
    [connectedCustomer, released, 'Open', 'release'],
    [connectedCustomer, transferred, 'Open', 'transfer'],
    [connectedCustomer, declined, 'Open', 'decline'],
    [connectedCustomer, agentClosed(), 'Open', 'close'],
    [accepted, declined, 'Active', 'decline'],
    [waiting, agentEnded(), 'Waiting', 'end'],
    [waiting, agentOffered(), 'Waiting', 'offer'],
  ])('is refused by naming state and action (%#)', (before, event, state, action) => {
    expect(decideAt(before(), event, AT)).toMatchObject({
      kind: 'refused',
      refusal: {
        code: 'illegal-transition',
        state,
        action,
        detail: expect.stringContaining(action) as unknown as string,
      },
    });
  });

  it('of an offer that is not accepted yet says so', () => {
    for (const event of [released, transferred, agentEnded(), agentClosed()]) {
      expect(decideAt(offered(), event, AT)).toMatchObject({ refusal: { code: 'not-assigned-to-you' } });
    }
  });

  it('by somebody else names the reason', () => {
    const byBen: ConversationEvent = { type: 'agent-released', agentId: BEN.agentId };
    expect(decideAt(accepted(), byBen, AT)).toMatchObject({ refusal: { code: 'assigned-to-other-agent' } });
    expect(decideAt(waiting(), agentAccepted(BEN), AT)).toMatchObject({
      refusal: { code: 'assigned-to-other-agent' },
    });
  });

  it('out of Closed is every one: it is final', () => {
    const events = [
      agentOffered(),
      agentAccepted(),
      agentEnded(),
      agentClosed(),
      declined,
      released,
      transferred,
    ];
    for (const event of [...events, customerMessage('m9')]) {
      expect(decideAt(closed(), event, AT)).toMatchObject({ refusal: { code: 'conversation-ended' } });
    }
  });
});

describe('the disconnection rule', () => {
  it('is for live chat only: a persistent chat loses its connections, and nothing begins', () => {
    const gone = lost(persistent(), afterStart(60));
    expect(gone).toMatchObject({ state: 'Active', liveConnectionIds: [], disconnectionCount: 0 });
    expect(gone.disconnection).toBeUndefined();
    const checked = decideAt(
      gone,
      { type: 'presence-checked', presence: { alive: false }, agentPresent: true },
      AT,
    );
    expect(outcomeOf(checked)).toEqual({ type: 'agrees' });
  });
});
