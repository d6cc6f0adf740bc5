import { describe, expect, it } from '@jest/globals';
import { type Conversation, LIMITS } from '../../../shared/conversation/conversation';
import { MINUTE } from '../../../shared/conversation/time';
import {
  type Asked,
  accepted,
  aConversation,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  agentMessage,
  BEN,
  change,
  connect,
  connected,
  connectPersistent,
  customerMessage,
  decideAt,
  disconnected,
  effectsOf,
  effectTypes,
  expired,
  lost,
  offered,
  outcomeOf,
  persistentChat,
  pushesOf,
  START,
} from '../../support/domain/builders';

/** What a repetition tells again is what its first try may not have told, and nothing that is old news. */

const AT = afterStart(60);
const released: Asked = { type: 'agent-released', agentId: 'anna' };
const agentGone: Asked = { type: 'agent-disconnected', agentId: 'anna' };
const reached = (kind: 'agent-disconnection' | 'auto-close' | 'capacity-release', number: number) =>
  ({ type: 'deadline-reached', kind, number, agentPresent: false }) as Asked;
const then = (conversation: Conversation, event: Asked, at = AT) =>
  change(conversation, event, at).conversation;
const toldBy = (conversation: Conversation, event: Asked, at = AT) =>
  pushesOf(decideAt(conversation, event, at)).map(({ type }) => type);

const waiting = () => then(accepted(persistentChat()), agentClosed());

describe('a message that is repeated', () => {
  it('does not tell of the return that an earlier message of the same tab was', () => {
    const back = then(lost(), customerMessage('m1', 'tab-2'), afterStart(20));
    const wrote = then(back, customerMessage('m2', 'tab-2'), afterStart(30));
    expect(toldBy(wrote, customerMessage('m1', 'tab-2'))).toContain('customer-back');
    expect(toldBy(wrote, customerMessage('m2', 'tab-2'))).not.toContain('customer-back');
  });

  it('tells that a waiting chat is in the queue again where it was the one that revived it', () => {
    const revived = then(waiting(), customerMessage('m1'), AT + 1);
    const wrote = then(revived, customerMessage('m2'), AT + 2);
    expect(toldBy(wrote, customerMessage('m1'))).toContain('conversation-queued');
    expect(toldBy(wrote, customerMessage('m2'))).not.toContain('conversation-queued');
    const taken = then(then(wrote, agentAccepted(), AT + 3), released, AT + 3);
    expect(toldBy(taken, customerMessage('m1'))).not.toContain('conversation-queued');
  });

  it('of an agent does not tell of the return that an earlier one was; a new one tells of none', () => {
    const back = then(then(accepted(), agentGone, afterStart(10)), agentMessage('m1'), afterStart(20));
    expect(toldBy(then(accepted(), agentGone), agentMessage('m1'))).toContain('agent-back');
    expect(toldBy(back, agentMessage('m2'))).not.toContain('agent-back');
    const wrote = then(back, agentMessage('m2'), afterStart(30));
    expect(toldBy(wrote, agentMessage('m1'))).toContain('agent-back');
    expect(toldBy(wrote, agentMessage('m2'))).not.toContain('agent-back');
  });

  it('of an agent who has left keeps that agent’s name, whoever has the conversation now', () => {
    const wrote = then(accepted(), agentMessage('m1'), afterStart(5));
    const withBen = then(then(wrote, released), agentAccepted(BEN));
    expect(pushesOf(decideAt(withBen, agentMessage('m1'), AT))).toMatchObject([
      { author: { role: 'agent', name: 'Anna' } },
      { author: { role: 'agent', id: 'anna', name: 'Anna' } },
    ]);
  });

  it('of an agent proves a return, so it is never too much', () => {
    let conversation = accepted();
    for (let n = 0; n < LIMITS.messagesInWindow.agent; n += 1) {
      conversation = then(conversation, agentMessage(`m${n}`), AT);
    }
    expect(decideAt(conversation, agentMessage('more'), AT)).toMatchObject({
      refusal: { code: 'too-many-messages', detail: 'At most 40 messages are taken in 10 seconds.' },
    });
    expect(then(then(conversation, agentGone), agentMessage('more')).agentDisconnection).toBeUndefined();
  });
});

describe('an assignment', () => {
  it('is told by an id that tells the offer from the acceptance', () => {
    const ids = (conversation: Conversation, event: Asked) =>
      pushesOf(decideAt(conversation, event, AT)).flatMap(({ id, type }) =>
        type === 'conversation-assigned' ? [id] : [],
      );
    expect(ids(offered(), { ...agentAccepted(), type: 'agent-offered' } as Asked)).toEqual([
      'conversation-0001.assigned.1.offered',
    ]);
    expect(ids(offered(), agentAccepted())).toEqual(Array(2).fill('conversation-0001.assigned.1.accepted'));
  });
});

describe('the first `connect` of a conversation', () => {
  it.each([
    ['of a live chat', connect(), ['start-timer', 'push conversation-opened']],
    ['of a persistent chat', connectPersistent(), ['start-timer', 'push conversation-opened']],
  ])('%s tells the agents of it, again while nobody has connected', (_which, event, effects) => {
    const first = change(undefined, event, START);
    expect(first.outcome).toEqual({ type: 'created' });
    expect(effectTypes(first)).toEqual(effects);
    expect(effectTypes(decideAt(first.conversation, event, START + 1))).toEqual([
      'update-work-list',
      ...effects,
    ]);
    const open = then(first.conversation, connected('tab-1', AT));
    expect(effectsOf(decideAt(open, event, AT + 1))).toEqual([]);
  });

  it('of a persistent chat tells of nothing once somebody was there', () => {
    const left = then(persistentChat(), disconnected('tab-1', AT));
    expect(left.liveConnectionIds).toEqual([]);
    expect(toldBy(left, connectPersistent())).toEqual([]);
    const again = then(left, connected('tab-2', AT + 1), AT + 1);
    expect(effectsOf(decideAt(again, connectPersistent(), AT + 2))).toEqual([]);
  });

  it('of a persistent chat writes the row of a customer who is away once more: its sockets may have been found dead', () => {
    const left = then(persistentChat(), disconnected('tab-1', AT));
    expect(effectsOf(decideAt(left, connectPersistent(), AT + 1))).toContainEqual({
      type: 'update-work-list',
      conversation: left,
    });
  });

  it('tells of it also where a handshake has failed in the same moment', () => {
    const failed = then(aConversation(), disconnected('failed', START), START);
    expect(toldBy(failed, connect())).toEqual(['conversation-opened']);
  });

  it('does not call a conversation new that an agent has had already', () => {
    const queued = then(accepted(aConversation()), released);
    expect(toldBy(queued, connect())).not.toContain('conversation-opened');
  });
});

describe('a deadline that fires again', () => {
  const requeued = () => then(then(accepted(), agentGone), reached('agent-disconnection', 1), AT + MINUTE);

  it('of an agent tells that the conversation is queued, until something else has happened', () => {
    expect(
      outcomeOf(decideAt(then(accepted(), agentGone), reached('agent-disconnection', 1), AT + MINUTE)),
    ).toEqual({ type: 'requeued' });
    const taken = then(then(requeued(), agentAccepted(), AT + MINUTE), released, AT + 2 * MINUTE);
    expect(outcomeOf(decideAt(taken, reached('agent-disconnection', 1), AT + 3 * MINUTE))).toEqual({
      type: 'superseded',
    });
  });

  it('of an agent who came back tells nothing once the conversation has ended', () => {
    const back = then(then(accepted(), agentGone), agentMessage('m1'), AT + 1);
    const ended = then(back, agentEnded(), AT + 2);
    expect(outcomeOf(decideAt(ended, reached('agent-disconnection', 1), AT + MINUTE))).toEqual({
      type: 'superseded',
    });
  });

  it('of a closure tells of the closing that it was, and of no other', () => {
    const wrapUp = then(accepted(), agentEnded());
    const closed = change(wrapUp, reached('auto-close', 1), AT + 15 * MINUTE);
    const again = decideAt(closed.conversation, reached('auto-close', 1), AT + 16 * MINUTE);
    expect(pushesOf(again)).toEqual(pushesOf(closed));
    expect(outcomeOf(decideAt(closed.conversation, reached('auto-close', 2), AT + 16 * MINUTE))).toEqual({
      type: 'superseded',
    });
  });

  it('of a closure that never was tells of no return', () => {
    const back = then(lost(then(aConversation(), connected('tab-1', START))), connected('tab-2', AT));
    expect(outcomeOf(decideAt(back, reached('auto-close', 5), AT + MINUTE))).toEqual({ type: 'superseded' });
  });

  it('of a capacity that another assignment holds gives nothing back', () => {
    expect(outcomeOf(decideAt(expired(), reached('capacity-release', 7), AT))).toEqual({
      type: 'superseded',
    });
  });
});

describe('after an end, which may not have been told', () => {
  const ended = then(accepted(), agentEnded());

  it('whatever does not tell all of it leaves the row, which may be all that leads to it', () => {
    const late = effectTypes(decideAt(ended, connected('tab-2', AT), AT + 1));
    expect(late).toContain('push conversation-ended');
    expect(late).not.toContain('update-work-list');
  });
});

describe('a connection that the service lists after all', () => {
  it('is no longer among those that have ended', () => {
    const { conversation } = change(
      lost(),
      { type: 'presence-checked', presence: { alive: true, connectionIds: ['tab-1'] } },
      AT,
    );
    expect(conversation).toMatchObject({ liveConnectionIds: ['tab-1'], endedConnectionIds: [] });
  });
});
