import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/domain/conversation';
import type { ConversationEvent } from '../../../shared/domain/events';
import { MINUTE } from '../../../shared/domain/time';
import {
  accepted,
  afterStart,
  agentAccepted,
  agentEnded,
  agentMessage,
  ANNA,
  BEN,
  change,
  connectedCustomer,
  decideAt,
  effectTypes,
  offered,
  outcomeOf,
} from '../../support/domain/builders';

/** "Understand conversation states", Active to Open: the representative disconnects and does not reconnect in time. */

const gone = (agentId: string = ANNA.agentId): ConversationEvent => ({ type: 'agent-disconnected', agentId });
const back = (connectionId = 'desk-2'): ConversationEvent => ({
  type: 'agent-connected',
  agentId: ANNA.agentId,
  connectionId,
});
const reached = (number: number, agentPresent?: boolean): ConversationEvent => ({
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

describe('an agent who comes back', () => {
  it('in time keeps the conversation; a timer whose cancel was lost does nothing', () => {
    const decision = change(away(), back(), AT + 20_000);
    expect(effectTypes(decision)).toContain('push agent-back');
    expect(decision.conversation).toMatchObject({ state: 'Active', agent: { id: 'anna' } });
    expect(outcomeOf(decideAt(decision.conversation, reached(1), DEADLINE))).toEqual({
      type: 'agent-present',
    });
  });

  it('and whose event was lost keeps it, too, when the service says so', () => {
    expect(change(away(), reached(1, true), DEADLINE).conversation).toMatchObject({ state: 'Active' });
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

describe("a colleague's loss, and one behind the end", () => {
  it('concern nobody', () => {
    expect(decideAt(accepted(), gone('ben'), AT)).toMatchObject({ kind: 'unchanged', effects: [] });
    expect(decideAt(connectedCustomer(), gone(), AT)).toMatchObject({ kind: 'unchanged', effects: [] });
    const ended = change(away(), agentEnded(), AT + 1_000).conversation;
    expect(ended.agentDisconnection).toBeUndefined();
    expect(decideAt(ended, gone(), AT + 2_000)).toMatchObject({ kind: 'unchanged', effects: [] });
  });
});
