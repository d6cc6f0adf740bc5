import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '../../../shared/conversation/conversation';
import {
  type Asked,
  accepted,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  agentMessage,
  BEN,
  change,
  connected,
  connectedCustomer,
  customerMessage,
  decideAt,
  disconnected,
  effectsOf,
  GRACE,
  lost,
  NOBODY,
  pushesOf,
  runningDisconnection,
} from '../../support/domain/builders';

/** Shortest stories that random lives have found, each kept under the name of what must follow. */

describe('the grace period is whole (invariant 4)', () => {
  it('when the calibrating event fell on a full second and the loss just before the next', () => {
    const at = afterStart(10) + 999;
    const decision = change(connectedCustomer(), disconnected('tab-1', at), at);
    expect(runningDisconnection(decision.conversation).deadline).toBeGreaterThanOrEqual(at + GRACE);
  });

  it('when the late event of one tab finds that the other tab has gone meanwhile', () => {
    // tab-1 closed at 10 s, its event comes at 70 s; tab-2 closed at 69 s, its event is still under way.
    const decision = change(
      connectedCustomer('tab-1', 'tab-2'),
      disconnected('tab-1', afterStart(10), NOBODY),
      afterStart(70),
    );
    expect(runningDisconnection(decision.conversation).deadline).toBe(afterStart(70) + GRACE);
  });

  it('when a tab was there meanwhile whose `connected` is late or lost', () => {
    const away = lost(accepted(), afterStart(10));
    const gone = change(away, disconnected('tab-2', afterStart(170)), afterStart(170));
    expect(runningDisconnection(gone.conversation).deadline).toBeGreaterThanOrEqual(afterStart(170) + GRACE);
    const again = decideAt(gone.conversation, disconnected('tab-2', afterStart(170)), afterStart(173));
    expect(again.kind).toBe('unchanged');
    expect(effectsOf(again)).toEqual(expect.arrayContaining(effectsOf(gone).filter(startsTimer)));
    expect(decideAt(gone.conversation, connected('tab-2', afterStart(15)), afterStart(174)).kind).toBe(
      'unchanged',
    );
  });

  it('when a tab nobody had heard of outlived the one that is reported lost behind it', () => {
    const unknown = change(connectedCustomer(), disconnected('tab-2', afterStart(60)), afterStart(60));
    const decision = change(unknown.conversation, disconnected('tab-1', afterStart(10)), afterStart(61));
    expect(runningDisconnection(decision.conversation).deadline).toBeGreaterThanOrEqual(
      afterStart(60) + GRACE,
    );
  });
});

describe('the grace period does not start over', () => {
  it('when the late `disconnected` of an unknown tab tells of a time before the loss', () => {
    const away = lost(accepted(), afterStart(30));
    const decision = change(away, disconnected('tab-2', afterStart(20)), afterStart(40));
    expect(decision.conversation.disconnection).toEqual(away.disconnection);
    expect(decision.conversation.endedConnectionIds).toContain('tab-2');
    expect(decision).toMatchObject({ outcome: { type: 'connection-removed' }, effects: [] });
  });

  it('when it tells of the very moment of the loss', () => {
    const away = lost(accepted(), afterStart(30) + 999);
    const { since } = runningDisconnection(away);
    const { conversation } = change(away, disconnected('tab-2', since), afterStart(40));
    expect(conversation.disconnection).toEqual(away.disconnection);
  });

  it(`when tabs nobody had heard of were lost more than ${LIMITS.inferredInARow} times in a row`, () => {
    const starts: number[] = [];
    let conversation = lost(accepted(), afterStart(10));
    for (let tab = 1; tab <= LIMITS.inferredInARow + 1; tab += 1) {
      const at = afterStart(10 + tab);
      conversation = change(conversation, disconnected(`unknown-${tab}`, at), at).conversation;
      starts.push(runningDisconnection(conversation).number);
    }
    const first = runningDisconnection(lost()).number + 1;
    const each = Array.from({ length: LIMITS.inferredInARow }, (_, index) => first + index);
    expect(starts).toEqual([...each, each[each.length - 1]]);
  });
});

describe('every push of one cause is the same, however often it is sent', () => {
  it.each<[string, Asked]>([
    ['a repeated end', agentEnded()],
    ['a socket that comes too late', connected('tab-2', afterStart(50))],
  ])('%s tells of the state the conversation ended in, also when it is closed since', (_title, event) => {
    const ended = change(accepted(), agentEnded(), afterStart(30));
    const closed = change(ended.conversation, agentClosed(), afterStart(40)).conversation;
    const [toEveryone] = pushesOf(ended);
    expect(pushesOf(decideAt(closed, event, afterStart(50)))).toContainEqual(toEveryone);
  });
});

describe('a message is repeated only by its author', () => {
  it('an agent whose message id is that of a customer writes a message of its own', () => {
    const wrote = change(accepted(), customerMessage('m1'), afterStart(5)).conversation;
    expect(change(wrote, agentMessage('m1'), afterStart(6)).outcome).toEqual({
      type: 'message-stored',
      sequence: 3,
    });
  });

  it('another agent cannot speak to the customer under a message id that is stored', () => {
    const wrote = change(accepted(), agentMessage('m1'), afterStart(5)).conversation;
    expect(decideAt(wrote, agentMessage('m1', BEN.agentId), afterStart(6))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'not-assigned-to-you' },
      effects: [],
    });
  });
});

describe('a place in the queue', () => {
  it('is other news in another queue, also within a millisecond', () => {
    const at = afterStart(5);
    const place: Asked = { type: 'queue-position-known', position: 2 };
    const told = change(connectedCustomer(), place, at);
    const taken = change(told.conversation, agentAccepted(BEN), at).conversation;
    const transfer: Asked = { type: 'agent-transferred', agentId: BEN.agentId, queue: 'other' };
    const again = change(change(taken, transfer, at).conversation, place, at);
    const idOf = (decision: typeof told) =>
      pushesOf(decision).find(({ type }) => type === 'queue-position')?.id;
    expect(idOf(told)).toBeDefined();
    expect(idOf(again)).not.toBe(idOf(told));
  });
});

const startsTimer = (effect: { readonly type: string }): boolean => effect.type === 'start-timer';
