import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import { MINUTE } from '../../../shared/conversation/time';
import {
  type Asked,
  decide,
  accepted,
  afterStart,
  agentAccepted,
  agentEnded,
  agentMessage,
  agentOffered,
  alive,
  ANNA,
  BEN,
  change,
  connectedCustomer,
  contextAt,
  deadlineReached,
  decideAt,
  effectTypes,
  lost,
  NOBODY,
  offered,
  outcomeOf,
  pushesOf,
  runningDisconnection,
} from '../../support/domain/builders';

/** "Understand conversation states", Active to Open: the representative disconnects and does not reconnect in time. */

const gone = (agentId: string = ANNA.agentId): Asked => ({ type: 'agent-disconnected', agentId });
const back = (connectionId = 'desk-2'): Asked => ({
  type: 'agent-connected',
  agentId: ANNA.agentId,
  connectionId,
});
const reached = (number: number, agentPresent?: boolean): Asked => ({
  type: 'deadline-reached',
  kind: 'agent-disconnection',
  number,
  ...(agentPresent !== undefined && { agentPresent }),
});
const AT = afterStart(60);
const DEADLINE = AT + MINUTE;
const away = (conversation: Conversation = accepted()) => change(conversation, gone(), AT).conversation;

describe('an agent whose last socket is lost', () => {
  it('has the grace period to come back in, and the colleagues are told until when', () => {
    const decision = change(accepted(), gone(), AT);
    expect(decision.conversation).toMatchObject({
      state: 'Active',
      agentDisconnection: { number: 1, agentId: 'anna', since: AT, deadline: DEADLINE },
    });
    expect(effectTypes(decision)).toEqual(
      expect.arrayContaining(['start-timer', 'push agent-connection-lost', 'update-work-list']),
    );
  });

  it('has the grace period that policy says', () => {
    const decision = decide(accepted(), gone(), contextAt(AT, { agentGrace: 5_000 }));
    expect(decision).toMatchObject({ conversation: { agentDisconnection: { deadline: AT + 5_000 } } });
  });

  it('keeps the conversation until the grace period is over', () => {
    expect(decideAt(away(), reached(1), DEADLINE - 1)).toEqual({
      kind: 'unchanged',
      outcome: { type: 'not-reached', deadline: DEADLINE },
      effects: [],
    });
  });

  it('gives the conversation back to the queue, once the service has said that nobody is there', () => {
    expect(decideAt(away(), reached(1), DEADLINE)).toEqual({
      kind: 'agent-presence-needed',
      agentId: 'anna',
    });
    const decision = change(away(), reached(1, false), DEADLINE);
    expect(decision.conversation).toMatchObject({ state: 'Open', requeue: { reason: 'agent-disconnected' } });
    expect(decision.conversation.capacityHold).toBeUndefined();
    expect(decision.entries).toMatchObject([{ trigger: 'agent-disconnected', recipient: 'customer' }]);
    expect(decision.entries[0]?.text).toContain('Anna');
    expect(effectTypes(decision)).toEqual(
      expect.arrayContaining(['release-capacity', 'push notice', 'push conversation-queued']),
    );
  });

  it('and whose timer fires twice gives it back once, and everyone is told again', () => {
    const queued = change(away(), reached(1, false), DEADLINE).conversation;
    const again = decideAt(queued, reached(1), DEADLINE + MINUTE);
    expect(again).toMatchObject({ kind: 'unchanged', outcome: { type: 'requeued' } });
    expect(effectTypes(again)).toEqual(
      expect.arrayContaining(['push conversation-queued', 'release-capacity']),
    );
  });

  it('who had only been offered the conversation loses the offer, and the customer reads nothing', () => {
    const decision = change(away(offered()), reached(1, false), DEADLINE);
    expect(decision.conversation.state).toBe('Open');
    expect(decision.entries).toEqual([]);
  });

  it('and whose event comes twice has one disconnection', () => {
    const again = decideAt(away(), gone(), AT + 1_000);
    expect(again).toMatchObject({ kind: 'unchanged' });
    expect(effectTypes(again)).toContain('start-timer');
  });
});

describe('an agent who is away', () => {
  it('leaves the time of a customer who is away, too, as it is', () => {
    const both = away(lost());
    const queued = change(both, reached(1, false), DEADLINE).conversation;
    expect(queued).toMatchObject({ state: 'Open', disconnection: both.disconnection });
    const { number, deadline } = runningDisconnection(queued);
    expect(change(queued, deadlineReached(number, NOBODY), deadline).conversation).toMatchObject({
      state: 'Closed',
      end: { reason: 'customer-disconnected' },
    });
  });

  it('and whose offer is taken by a colleague has no absence any more', () => {
    const { conversation, effects } = change(away(offered()), agentOffered(BEN), AT + 1_000);
    expect(conversation.agentDisconnection).toBeUndefined();
    expect(effects).toContainEqual(
      expect.objectContaining({ type: 'cancel-timer', kind: 'agent-disconnection', number: 1 }),
    );
    expect(outcomeOf(decideAt(conversation, reached(1), DEADLINE))).toEqual({ type: 'superseded' });
  });
});

describe('an agent who comes back', () => {
  it('in time keeps the conversation; a timer whose cancel was lost does nothing', () => {
    const decision = change(away(), back(), AT + 20_000);
    expect(effectTypes(decision)).toContain('push agent-back');
    expect(decision.conversation).toMatchObject({ state: 'Active', agent: { id: 'anna' } });
    expect(outcomeOf(decideAt(decision.conversation, reached(1), DEADLINE))).toEqual({
      type: 'agent-present',
    });
  });

  it('is told of once, however often the event comes; another socket is no news', () => {
    const returned = change(away(), back(), AT + 20_000);
    expect(returned.effects).toContainEqual(
      expect.objectContaining({
        push: expect.objectContaining({ type: 'agent-back', number: 1, absentFor: 'PT20S' }) as unknown,
      }),
    );
    const again = decideAt(returned.conversation, back(), AT + 21_000);
    expect(pushesOf(again).filter(({ type }) => type === 'agent-back')).toEqual(
      pushesOf(returned).filter(({ type }) => type === 'agent-back'),
    );
    expect(decideAt(returned.conversation, back('desk-3'), AT + 22_000)).toMatchObject({
      kind: 'unchanged',
      effects: [],
    });
  });

  it('and goes again has the whole time again; the first timer does nothing, and says nothing', () => {
    const returned = change(away(), back(), AT + 20_000).conversation;
    const again = change(returned, gone(), AT + 30_000).conversation;
    expect(again.agentDisconnection).toMatchObject({ number: 2, deadline: AT + 30_000 + MINUTE });
    expect(decideAt(again, reached(1), DEADLINE)).toEqual({
      kind: 'unchanged',
      outcome: { type: 'superseded' },
      effects: [],
    });
  });

  it('before the loss of the old socket is heard of keeps it: the service is asked at the deadline', () => {
    expect(decideAt(accepted(), back(), AT)).toMatchObject({ kind: 'unchanged', effects: [] });
    const stale = away();
    expect(decideAt(stale, reached(1), DEADLINE).kind).toBe('agent-presence-needed');
    const decision = change(stale, reached(1, true), DEADLINE);
    expect(decision.conversation).toMatchObject({ state: 'Active', agent: { id: 'anna' } });
    expect(decision.conversation.agentDisconnection).toBeUndefined();
    expect(effectTypes(decision)).toContain('push agent-back');
    expect(decision.entries).toEqual([]);
  });

  it('by accepting the offer is there', () => {
    const { conversation } = change(away(offered()), agentAccepted(), AT + 1_000);
    expect(conversation).toMatchObject({ state: 'Active', lastAgentDisconnection: { outcome: 'returned' } });
    expect(conversation.agentDisconnection).toBeUndefined();
  });

  it('and writes is there', () => {
    const { conversation } = change(away(), agentMessage('m1'), AT + 1_000);
    expect(conversation.agentDisconnection).toBeUndefined();
  });

  it('finds the conversation with the colleague who has taken it meanwhile', () => {
    const queued = change(away(), reached(1, false), DEADLINE).conversation;
    const taken = change(queued, agentAccepted(BEN), DEADLINE + 1_000).conversation;
    expect(decideAt(taken, back(), DEADLINE + 2_000)).toMatchObject({
      outcome: { type: 'ignored', because: 'not-concerned' },
    });
    expect(outcomeOf(decideAt(taken, reached(1), DEADLINE + 2_000))).toEqual({ type: 'superseded' });
  });
});

describe('reconciliation', () => {
  const checked = (agentPresent?: boolean): Asked => ({
    type: 'presence-checked',
    presence: alive('tab-1'),
    ...(agentPresent !== undefined && { agentPresent }),
  });

  it('asks for the agent when all is well with the customer', () => {
    expect(decideAt(accepted(), checked(), AT)).toEqual({ kind: 'agent-presence-needed', agentId: 'anna' });
  });

  it('makes up for a loss and for a return that nobody has heard of, and else changes nothing', () => {
    expect(change(accepted(), checked(false), AT).conversation.agentDisconnection).toMatchObject({
      since: AT,
      deadline: DEADLINE,
    });
    expect(change(away(), checked(true), AT + 1_000).conversation.agentDisconnection).toBeUndefined();
    expect(outcomeOf(decideAt(accepted(), checked(true), AT))).toEqual({ type: 'agrees' });
    expect(outcomeOf(decideAt(away(), checked(false), AT))).toEqual({ type: 'agrees' });
  });
});

describe("a colleague's loss, and one behind the end", () => {
  it('concern nobody', () => {
    expect(decideAt(accepted(), gone('ben'), AT)).toMatchObject({ kind: 'unchanged', effects: [] });
    expect(decideAt(connectedCustomer(), gone(), AT)).toMatchObject({ kind: 'unchanged', effects: [] });
    const ended = change(away(), agentEnded(), AT + 1_000).conversation;
    expect(ended.agentDisconnection).toBeUndefined();
    expect(decideAt(ended, gone(), AT + 2_000)).toMatchObject({ kind: 'unchanged', effects: [] });
  });
});
