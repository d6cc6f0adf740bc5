import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import type { Decision } from '../../../shared/conversation/decision';
import { MINUTE } from '../../../shared/conversation/time';
import {
  type Asked,
  accepted,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  agentOffered,
  ANNA,
  BEN,
  change,
  connected,
  connectedCustomer,
  customerLeft,
  customerMessage,
  deadlineReached,
  decideAt,
  effectsOf,
  lost,
  NOBODY,
  offered,
  outcomeOf,
  persistentChat,
} from '../../support/domain/builders';

/** "Understand conversation states" (Dynamics 365 Omnichannel): every action in every state. */

const AT = afterStart(30);
const waiting = (): Conversation => change(accepted(persistentChat()), agentClosed(), AT).conversation;

/** Anna has it, where somebody has; the customer is there. */
const from = (queued: () => Conversation) => {
  const wrapUp = () => change(accepted(queued()), agentEnded(), AT).conversation;
  return {
    Open: queued,
    Offered: () => offered(queued()),
    Active: () => accepted(queued()),
    WrapUp: wrapUp,
    Closed: () => change(wrapUp(), agentClosed(), AT).conversation,
  };
};
const LIVE = from(connectedCustomer);
const PERSISTENT = { ...from(persistentChat), Waiting: waiting };

/** The state it leads to, `same` where nothing changes, or why it is refused. */
function told(decision: Decision): string {
  switch (decision.kind) {
    case 'changed':
      return decision.conversation.state;
    case 'unchanged':
      return 'same';
    case 'refused':
      return decision.refusal.code;
    default:
      return decision.kind;
  }
}

const becomes = (states: Record<string, () => Conversation>, event: Asked) =>
  Object.fromEntries(
    Object.entries(states).map(([state, before]) => [state, told(decideAt(before(), event, AT))]),
  );

type Action = (who: { agentId: string; agentName: string }) => Asked;
const ACTIONS = {
  offer: agentOffered,
  accept: agentAccepted,
  decline: ({ agentId }) => ({ type: 'agent-declined', agentId }),
  release: ({ agentId }) => ({ type: 'agent-released', agentId }),
  transfer: ({ agentId }) => ({ type: 'agent-transferred', agentId, queue: 'billing' }),
  end: ({ agentId }) => agentEnded(agentId),
  close: ({ agentId }) => agentClosed(agentId),
  'extend-wait': ({ agentId }) => ({ type: 'wait-extended', agentId, by: MINUTE, key: 'key-1' }),
  'end-wait': ({ agentId }) => ({ type: 'wait-ended', agentId, presence: NOBODY }),
} satisfies Record<string, Action>;
type Name = keyof typeof ACTIONS;

const illegal = 'illegal-transition';
const theirs = 'assigned-to-other-agent';
const offer = 'not-assigned-to-you';
const there = 'customer-is-connected';
const over = { WrapUp: 'conversation-ended', Closed: 'conversation-ended' };

describe('an action of the agent who has the conversation', () => {
  it.each<[Name, Record<string, string>, Record<string, string>]>([
    ['offer', { Open: 'Active', Offered: 'same', Active: 'same', ...over }, { Waiting: illegal }],
    ['accept', { Open: 'Active', Offered: 'Active', Active: 'same', ...over }, { Waiting: 'Active' }],
    ['decline', { Open: illegal, Offered: 'Open', Active: illegal, ...over }, { Waiting: illegal }],
    ['release', { Open: illegal, Offered: offer, Active: 'Open', ...over }, { Waiting: illegal }],
    ['transfer', { Open: illegal, Offered: offer, Active: 'Open', ...over }, { Waiting: illegal }],
    ['end', { Open: illegal, Offered: offer, Active: 'WrapUp', ...over }, { Waiting: illegal }],
    [
      'close',
      { Open: illegal, Offered: offer, Active: 'Open', ...over, WrapUp: 'Closed' },
      { Active: 'Waiting', Waiting: 'same' },
    ],
    ['extend-wait', { Open: illegal, Offered: offer, Active: there, ...over }, { Waiting: illegal }],
    ['end-wait', { Open: illegal, Offered: offer, Active: there, ...over }, { Waiting: illegal }],
  ])('%s', (name, liveChat, persistentChat) => {
    expect(becomes(LIVE, ACTIONS[name](ANNA))).toEqual(liveChat);
    expect(becomes(PERSISTENT, ACTIONS[name](ANNA))).toEqual({ ...liveChat, ...persistentChat });
  });
});

describe('an action of a colleague', () => {
  const mineOnly = { Open: illegal, Offered: theirs, Active: theirs, ...over };
  it.each<[Name, Record<string, string>, string]>([
    ['offer', { Open: 'Active', Offered: 'Active', Active: theirs, ...over }, illegal],
    ['accept', { Open: 'Active', Offered: theirs, Active: theirs, ...over }, theirs],
    ['decline', mineOnly, illegal],
    ['release', mineOnly, illegal],
    ['transfer', mineOnly, illegal],
    ['end', mineOnly, illegal],
    ['close', { ...mineOnly, WrapUp: theirs }, illegal],
    ['extend-wait', mineOnly, illegal],
    ['end-wait', mineOnly, illegal],
  ])('%s', (name, liveChat, whileWaiting) => {
    expect(becomes(LIVE, ACTIONS[name](BEN))).toEqual(liveChat);
    expect(becomes(PERSISTENT, ACTIONS[name](BEN))).toEqual({ ...liveChat, Waiting: whileWaiting });
  });
});

describe('a refusal', () => {
  const refusals = Object.values({ ...LIVE, Waiting: waiting }).flatMap((before) =>
    Object.entries(ACTIONS).flatMap(([action, by]) =>
      [ANNA, BEN].flatMap((who) => {
        const decision = decideAt(before(), by(who), AT);
        return decision.kind === 'refused'
          ? [{ action, state: before().state, refusal: decision.refusal }]
          : [];
      }),
    ),
  );

  it('names the state and the action, whatever it refuses', () => {
    expect(new Set(refusals.map(({ action }) => action))).toEqual(new Set(Object.keys(ACTIONS)));
    for (const { action, state, refusal } of refusals) expect(refusal).toMatchObject({ state, action });
  });

  it('of an illegal transition names the state for people, too', () => {
    const transitions = refusals.filter(({ refusal }) => refusal.code === illegal);
    expect(transitions).not.toHaveLength(0);
    for (const { state, refusal } of transitions) expect(refusal.detail).toContain(state);
  });
});

describe('without an agent', () => {
  const same = { WrapUp: 'same', Closed: 'same' };

  it('the customer leaves: nobody had accepted yet, so it is closed, or else there is a wrap-up', () => {
    const liveChat = { Open: 'Closed', Offered: 'Closed', Active: 'WrapUp', ...same };
    expect(becomes(LIVE, customerLeft())).toEqual(liveChat);
    expect(becomes(PERSISTENT, customerLeft())).toEqual({ ...liveChat, Waiting: 'Closed' });
  });

  it('the customer writes: what waits is in the queue again, what is over stays over', () => {
    const liveChat = { Open: 'Open', Offered: 'Active', Active: 'Active', ...over };
    expect(becomes(LIVE, customerMessage('m1'))).toEqual(liveChat);
    expect(becomes(PERSISTENT, customerMessage('m1'))).toEqual({ ...liveChat, Waiting: 'Open' });
  });

  it('the customer of a live chat is away for too long', () => {
    const away = (before: Conversation) => lost(before).disconnection!;
    const after = (before: Conversation) =>
      told(decideAt(lost(before), deadlineReached(2, NOBODY), away(before).deadline));
    expect(after(LIVE.Open())).toBe('Closed');
    expect(after(LIVE.Offered())).toBe('Closed');
    expect(after(LIVE.Active())).toBe('WrapUp');
  });

  it('the customer of a persistent chat loses its connections, and nothing begins', () => {
    const gone = lost(PERSISTENT.Active(), afterStart(60));
    expect(gone).toMatchObject({ state: 'Active', liveConnectionIds: [], disconnectionCount: 0 });
    expect(gone.disconnection).toBeUndefined();
    const checked = { type: 'presence-checked', presence: NOBODY, agentPresent: true } as const;
    expect(outcomeOf(decideAt(gone, checked, afterStart(61)))).toEqual({ type: 'agrees' });
  });

  it('an open page does not bring a waiting chat back, only a message does', () => {
    const back = change(waiting(), connected('tab-2', AT), AT).conversation;
    expect(back.state).toBe('Waiting');
  });
});

describe('a transfer', () => {
  it('to another queue takes its name, and frees the agent', () => {
    const { conversation } = change(accepted(), ACTIONS.transfer(ANNA), AT);
    expect(conversation).toMatchObject({
      customer: { queue: 'billing' },
      requeue: { reason: 'agent-transferred' },
    });
    expect(conversation.agent).toBeUndefined();
    expect(conversation.capacityHold).toBeUndefined();
    expect(conversation.previousAgent).toEqual({ id: 'anna', name: 'Anna' });
  });

  it('to a third queue is another transfer, which nobody can make who has it no more', () => {
    const { conversation } = change(accepted(), ACTIONS.transfer(ANNA), AT);
    const further: Asked = { type: 'agent-transferred', agentId: 'anna', queue: 'sales' };
    expect(told(decideAt(conversation, further, AT))).toBe(illegal);
  });
});

describe('a transition that is repeated', () => {
  it.each<[string, () => Conversation, Asked]>([
    ['a decline', offered, ACTIONS.decline(ANNA)],
    ['a release', accepted, ACTIONS.release(ANNA)],
    ['a transfer', accepted, ACTIONS.transfer(ANNA)],
    ['a closed window of a live chat', accepted, agentClosed()],
    ['a closed window of a persistent chat', PERSISTENT.Active, agentClosed()],
  ])('changes nothing and is told again: %s', (_name, before, event) => {
    const first = change(before(), event, AT);
    const again = decideAt(first.conversation, event, AT + 1_000);
    expect(again.kind).toBe('unchanged');
    expect(effectsOf(first)).not.toHaveLength(0);
    expect(effectsOf(again)).toEqual(expect.arrayContaining([...first.effects]));
  });

  it('says nothing once the conversation has gone on', () => {
    const queued = change(accepted(), ACTIONS.release(ANNA), AT).conversation;
    const taken = change(queued, agentAccepted(BEN), AT + 1_000).conversation;
    const late = decideAt(taken, ACTIONS.release(ANNA), AT + 2_000);
    expect(late).toMatchObject({ kind: 'refused', refusal: { code: theirs }, effects: [] });
  });
});
