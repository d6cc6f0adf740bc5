import { describe, expect, it } from '@jest/globals';
import type { Push } from '../../../shared/conversation/notifications';
import type { ConversationView, WorkListItem } from '../../../web/console/core/model';
import { type DeskEvent, type DeskState, EMPTY, reduceAll } from '../../../web/console/desk/state';

const ID = 'conversation-0001';
const T0 = Date.parse('2026-03-01T10:00:00.000Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1_000).toISOString();

let pushes = 0;
type Told = Push extends infer P ? (P extends Push ? Omit<P, 'id' | 'conversationId' | 'at'> : never) : never;
const push = (seconds: number, told: Told, conversationId = ID): DeskEvent => ({
  type: 'push',
  push: { id: `p${(pushes += 1)}`, conversationId, at: at(seconds), ...told } as Push,
  now: T0 + seconds * 1_000,
});
const item = (more: Partial<WorkListItem> = {}): WorkListItem => ({
  conversationId: ID,
  channel: 'live-chat',
  state: 'Active',
  queue: 'sales',
  customerName: 'Ann',
  agentId: 'anna',
  accepted: true,
  createdAt: at(0),
  stateSince: at(1),
  deadlines: [],
  ...more,
});
const view = (entries: readonly [number, string][]): ConversationView => ({
  conversation: {
    id: ID,
    channel: 'live-chat',
    state: 'Active',
    stateSince: at(1),
    createdAt: at(0),
    customer: {
      name: 'Ann',
      locale: 'en',
      queue: 'sales',
      workstream: 'default',
      channelInstance: 'default',
      context: {},
    },
    agent: { id: 'anna', name: 'Anna', accepted: true },
  },
  transcript: entries.map(([sequence, text]) => ({
    sequence,
    at: at(sequence),
    kind: 'message',
    author: { role: 'customer', name: 'Ann' },
    text,
  })),
  etag: '"1"',
});
const message = (sequence: number, text: string, more: object = {}): DeskEvent =>
  push(sequence, { type: 'message', sequence, author: { role: 'customer', name: 'Ann' }, text, ...more });
const listed = (seconds: number, ...items: WorkListItem[]): DeskEvent => ({
  type: 'listed',
  items,
  now: T0 + seconds * 1_000,
});
const play = (...events: DeskEvent[]): DeskState =>
  reduceAll(EMPTY, [{ type: 'me', agentId: 'anna', name: 'Anna' }, ...events]);
const lost = (seconds: number, number = 2) =>
  push(seconds, { type: 'connection-lost', number, since: at(seconds), deadline: at(seconds + 180) });
const back = (seconds: number, absentFor: string, number = 2) =>
  push(seconds, { type: 'customer-back', number, absentFor });
const row = (state: DeskState) => state.rows.get(ID);

describe('a loss on the desk', () => {
  it('is shown once it has lasted two seconds [R277]', () => {
    const told = play(listed(1, item()), lost(10));
    expect(row(told)?.lost).toBe(false);
    expect(row(reduceAll(told, [{ type: 'settled', conversationId: ID, number: 2 }]))?.lost).toBe(true);
  });

  it('is shown at once if it has lasted so long already when it is told, or when the list is read', () => {
    const late = { ...lost(10), now: T0 + 12_000 } as DeskEvent;
    expect(row(play(listed(1, item()), late))?.lost).toBe(true);
    const disconnection = { number: 2, since: at(10), deadline: at(190) };
    expect(row(play(listed(12, item({ disconnection }))))?.lost).toBe(true);
    expect(row(play(listed(11, item({ disconnection }))))?.lost).toBe(false);
  });

  it('leaves nothing behind when it was a page change [R277]', () => {
    const state = play(listed(1, item()), lost(10), back(11, 'PT0.4S'));
    expect(row(state)).toMatchObject({ lost: false, marks: [] });
    expect(row(state)?.back).toBeUndefined();
    const settled = reduceAll(state, [{ type: 'settled', conversationId: ID, number: 2 }]);
    expect(row(settled)?.lost).toBe(false);
  });

  it('is told with its length when it is over, until that is old', () => {
    const state = play(listed(1, item()), lost(10), back(52, 'PT42S'));
    expect(row(state)?.back).toEqual({ number: 2, absentFor: 42_000 });
    expect(row(state)?.marks.map(({ kind, length }) => [kind, length])).toEqual([
      ['lost', undefined],
      ['back', 42_000],
    ]);
    const calm = reduceAll(state, [{ type: 'calm', conversationId: ID, number: 2 }]);
    expect(row(calm)?.back).toBeUndefined();
  });

  it('is not shown for who has never been connected', () => {
    const disconnection = { number: 1, since: at(0), deadline: at(180) };
    expect(row(play(listed(60, item({ disconnection }))))?.lost).toBe(false);
  });

  it('has the deadline that was extended last, and none of another absence', () => {
    const extended = (number: number, until: number) =>
      push(20, { type: 'wait-extended', number, deadline: at(until), extendedBy: 'PT1M', because: 'agent' });
    const state = play(listed(1, item()), lost(10), extended(2, 250), extended(3, 999));
    expect(row(state)?.disconnection?.deadline).toBe(at(250));
  });

  it('is not begun again by news of an older one that come late', () => {
    const state = play(listed(1, item()), lost(10, 3), back(9, 'PT5S', 2));
    expect(row(state)?.disconnection?.number).toBe(3);
    expect(row(reduceAll(state, [lost(5, 2)]))?.disconnection?.number).toBe(3);
  });

  const extended = (seconds: number, until: number, number = 2) =>
    push(seconds, {
      type: 'wait-extended',
      number,
      deadline: at(until),
      extendedBy: 'PT1M',
      because: 'agent',
    });
  const over = (seconds: number) =>
    push(seconds, { type: 'conversation-ended', state: 'WrapUp', reason: 'agent-ended', options: [] });
  const isGone = (state: DeskState) => {
    expect(row(state)).toMatchObject({ disconnection: undefined, lost: false });
    expect(state.episodes.filter(({ outcome }) => outcome === 'running')).toEqual([]);
  };

  it('is over for good, whatever is told or read of it late [R292]', () => {
    const late = { ...lost(10), now: T0 + 60_000 } as DeskEvent;
    const disconnection = { number: 2, since: at(10), deadline: at(190) };
    const read = { ...item({ disconnection }), stateSince: at(1) };
    isGone(play(listed(1, item()), back(20, 'PT10S'), late));
    isGone(play(listed(1, item()), lost(10), back(20, 'PT10S'), late, extended(15, 400)));
    isGone(play(listed(1, item()), lost(10), back(20, 'PT10S'), listed(60, read)));
    isGone(play(listed(1, item()), lost(10, 3), back(20, 'PT10S', 3), late, back(19, 'PT9S', 2)));
    for (const came of [late, back(30, 'PT20S'), extended(15, 400)]) {
      const ended = play(listed(1, item()), over(20), came);
      isGone(ended);
      expect(row(ended)).toMatchObject({ state: 'WrapUp', marks: [] });
      expect(row(ended)?.back).toBeUndefined();
    }
  });

  it('is not over because another one is', () => {
    const connected = push(5, { type: 'customer-connected' });
    const disconnection = { number: 3, since: at(10), deadline: at(190) };
    expect(row(play(listed(1, item()), lost(10), connected))?.disconnection?.number).toBe(2);
    const read = play(listed(11, item({ disconnection })), back(9, 'PT5S', 2));
    expect(row(read)?.disconnection?.number).toBe(3);
  });

  it('has the later of two deadlines, whichever is told or read last [R292]', () => {
    const disconnection = { number: 2, since: at(10), deadline: at(300) };
    for (const events of [
      [lost(10), extended(30, 300), extended(20, 250)],
      [extended(30, 300), lost(10)],
      [listed(40, item({ disconnection })), lost(10)],
      [
        lost(10),
        extended(30, 300),
        listed(40, item({ disconnection: { ...disconnection, deadline: at(190) } })),
      ],
    ]) {
      expect(row(play(listed(1, item()), ...events))?.disconnection?.deadline).toBe(at(300));
    }
  });

  it('of an agent is over for good, too, and is none of the next agent', () => {
    const away = (agentId: string, number: number) =>
      push(10, { type: 'agent-connection-lost', agentId, number, since: at(10), deadline: at(70) });
    const here = push(20, { type: 'agent-back', agentId: 'anna', number: 1, absentFor: 'PT10S' });
    expect(row(play(listed(1, item()), away('anna', 1)))?.agentAway).toBe(true);
    expect(row(play(listed(1, item()), here, away('anna', 1)))?.agentAway).toBe(false);
    expect(row(play(listed(1, item()), away('ben', 1)))?.agentAway).toBeUndefined();
  });

  it('of an agent ends with what the agent does, and with nothing that others do or that was before [R292]', () => {
    const away = (agentId: string, number = 1) =>
      push(10, { type: 'agent-connection-lost', agentId, number, since: at(10), deadline: at(70) });
    const given = (seconds: number, agentId: string, accepted: boolean) =>
      push(seconds, { type: 'conversation-assigned', agentId, agentName: agentId, accepted });
    const queued = push(30, { type: 'conversation-queued', queue: 'sales', reason: 'agent-disconnected' });
    const isAway = (...events: DeskEvent[]) => row(play(listed(1, item()), ...events))?.agentAway ?? false;
    // An acceptance of before, told late; an offer proves nothing.
    expect(isAway(away('anna'), given(5, 'anna', true))).toBe(true);
    expect(isAway(away('anna'), given(15, 'anna', false))).toBe(true);
    expect(isAway(away('anna'), given(15, 'anna', true))).toBe(false);
    // Of the next agent, whose assignment is told later.
    expect(isAway(away('ben'), given(9, 'ben', true))).toBe(true);
    expect(isAway(away('anna'), given(15, 'ben', true))).toBe(false);
    expect(isAway(away('ben'), listed(12, item({ agentId: 'ben' })))).toBe(true);
    expect(isAway(away('anna'), queued, given(40, 'anna', false))).toBe(false);
  });

  it('counts for the operations page: returned, ended for it, or ended otherwise', () => {
    const outcome = (...events: DeskEvent[]) =>
      play(listed(1, item()), lost(10), ...events).episodes.map((episode) => episode.outcome);
    const ended = (reason: 'customer-disconnected' | 'agent-ended') =>
      push(190, { type: 'conversation-ended', state: 'WrapUp', reason, options: [] });
    expect(outcome()).toEqual(['running']);
    expect(outcome(back(20, 'PT10S'))).toEqual(['returned']);
    expect(outcome(ended('customer-disconnected'))).toEqual(['expired']);
    expect(outcome(ended('agent-ended'))).toEqual(['ended']);
  });
});

describe('the list', () => {
  const assigned = (seconds: number, agentId: string) =>
    push(seconds, { type: 'conversation-assigned', agentId, agentName: agentId, accepted: true });

  it('follows the news, and not those that come too late', () => {
    const opened = push(0, { type: 'conversation-opened', queue: 'sales', customerName: 'Ann' });
    const state = play(opened, assigned(5, 'ben'));
    expect(row(state)).toMatchObject({ state: 'Active', agentId: 'ben' });
    const queued = push(3, { type: 'conversation-queued', queue: 'sales', reason: 'agent-declined' });
    expect(row(reduceAll(state, [queued]))).toMatchObject({ state: 'Active', agentId: 'ben' });
  });

  it('has the names of agents, whichever is read first', () => {
    const named: DeskEvent = { type: 'named', agents: [{ agentId: 'ben', name: 'Ben Agent' }] };
    const read = listed(1, item({ agentId: 'ben' }));
    for (const events of [
      [read, named],
      [named, read],
    ])
      expect(row(play(...events))?.agentName).toBe('Ben Agent');
  });

  it('says why it cannot be read, until it is', () => {
    const failed = play({ type: 'unlisted', error: 'Try again.', isFinal: false });
    expect(failed).toMatchObject({ isLoaded: false, listError: 'Try again.' });
    expect(reduceAll(failed, [listed(1, item())]).listError).toBeUndefined();
  });

  it('has no conversation that is closed', () => {
    const closed = push(9, {
      type: 'conversation-closed',
      reason: 'agent-ended',
      closeReason: 'agent-closed',
    });
    expect(play(listed(1, item()), closed).rows.size).toBe(0);
  });

  it('leaves the rows alone that nothing has happened to', () => {
    const other = item({ conversationId: 'conversation-0002' });
    const before = play(listed(1, item(), other));
    const after = reduceAll(before, [lost(10)]);
    expect(after.rows.get('conversation-0002')).toBe(before.rows.get('conversation-0002'));
    expect(row(after)).not.toBe(row(before));
  });

  it('counts what is unread of conversations that are not looked at', () => {
    const state = play(listed(1, item()), message(3, 'Hello'), message(4, 'Anybody?'));
    expect(row(state)?.unread).toBe(2);
    expect(row(reduceAll(state, [{ type: 'opened', id: ID }]))?.unread).toBe(0);
  });

  it('counts what is unread of the one that is looked at while nobody can see the page', () => {
    const looked = (isHidden: boolean): DeskEvent => ({ type: 'looked', isHidden });
    const opened: DeskEvent = { type: 'opened', id: ID };
    const state = play(listed(1, item()), opened, looked(true), message(3, 'Hello'));
    expect(row(state)?.unread).toBe(1);
    const back = reduceAll(state, [looked(false), message(4, 'Anybody?')]);
    expect(row(back)?.unread).toBe(0);
  });

  it('counts and marks once what came while it was being read, known before or not', () => {
    const came = [message(3, 'Hello'), lost(10)];
    const since = came.flatMap((event) => (event.type === 'push' ? [event.push] : []));
    const read = { ...listed(11, item()), since } as DeskEvent;
    for (const before of [[listed(1, item())], []]) {
      const state = play(...before, ...came, read);
      expect(row(state)).toMatchObject({ unread: 1, disconnection: { number: 2 } });
      expect(row(state)?.marks.map(({ kind }) => kind)).toEqual(['lost']);
    }
  });
});

describe('a transcript that is looked at', () => {
  const opened: DeskEvent = { type: 'opened', id: ID };
  const viewed = (entries: readonly [number, string][], isRest = false): DeskEvent => ({
    type: 'viewed',
    view: view(entries),
    isRest,
    now: T0,
  });
  const moved = (seconds: number, more: object, since?: readonly DeskEvent[]): DeskEvent => {
    const { conversation, ...rest } = view([]);
    const stateSince = at(seconds);
    return {
      type: 'viewed',
      view: { ...rest, conversation: { ...conversation, stateSince, ...more } },
      isRest: false,
      ...(since && { since: since.flatMap((event) => (event.type === 'push' ? [event.push] : [])) }),
      now: T0,
    };
  };
  const ended = push(20, {
    type: 'conversation-ended',
    state: 'WrapUp',
    reason: 'agent-ended',
    options: [],
  });

  it('is not taken for news when it was read before what has moved the conversation [R292]', () => {
    const before = moved(1, {});
    const state = play(listed(1, item()), opened, moved(20, { state: 'WrapUp' }), ended, before);
    expect(row(state)?.state).toBe('WrapUp');
    expect(state.opened?.conversation?.state).toBe('WrapUp');
    expect(row(play(listed(1, item()), ended, listed(21, item())))?.state).toBe('WrapUp');
    const queued = push(20, { type: 'conversation-queued', queue: 'sales', reason: 'agent-declined' });
    expect(row(play(listed(1, item()), queued, before))?.state).toBe('Open');
    expect(row(play(listed(1, item()), queued, moved(30, {})))?.state).toBe('Active');
  });

  it('is not taken for news of the same state either: what came meanwhile happens to it', () => {
    const toBen = push(20, {
      type: 'conversation-assigned',
      agentId: 'ben',
      agentName: 'Ben',
      accepted: true,
    });
    const came = [lost(10), toBen];
    const state = play(listed(1, item()), opened, ...came, moved(1, {}, came));
    expect(row(state)).toMatchObject({ agentId: 'ben', disconnection: { number: 2 } });
    expect(row(state)?.marks.filter(({ kind }) => kind === 'lost')).toHaveLength(1);
    // It was asked for later: it is newer.
    const agent = { id: 'anna', name: 'Anna', accepted: true };
    expect(row(play(listed(1, item()), toBen, moved(1, { agent }, [])))?.agentId).toBe('anna');
  });

  it('puts a conversation on the list that is not there, and none that is closed', () => {
    const closed = push(9, {
      type: 'conversation-closed',
      reason: 'agent-ended',
      closeReason: 'agent-closed',
    });
    expect(row(play(listed(1), moved(1, {})))).toMatchObject({ customerName: 'Ann', agentName: 'Anna' });
    for (const late of [
      moved(1, {}),
      listed(10, item()),
      push(0, { type: 'conversation-opened', queue: 'sales', customerName: 'Ann' }),
    ]) {
      expect(play(listed(1, item()), closed, late).rows.size).toBe(0);
    }
  });

  it('says how far nothing is missing, whatever was pushed behind it', () => {
    const first = play(listed(1, item()), opened, viewed([[1, 'one']]), message(3, 'three'));
    expect(first.opened?.readTo).toBe(1);
    expect(reduceAll(first, [message(2, 'two')]).opened?.readTo).toBe(3);
  });

  it('counts what is new in one that is not looked at: once, after what was seen or answered [R291]', () => {
    const remembered: DeskEvent = { type: 'remembered', seen: new Map([[ID, 1]]) };
    const said: [number, string][] = [
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ];
    const unread = (...events: DeskEvent[]) => row(play(listed(1, item()), ...events))?.unread;
    expect(unread(remembered, viewed(said, true))).toBe(2);
    expect(unread(remembered, message(3, 'three'), viewed(said, true), message(2, 'two'))).toBe(2);
    expect(unread(viewed(said), opened, viewed(said), { type: 'opened', id: undefined }, viewed(said))).toBe(
      0,
    );
    const { conversation, transcript, etag } = view(said);
    const answered = transcript.map((entry) =>
      entry.sequence === 2 ? { ...entry, author: { role: 'agent' as const, id: 'anna' } } : entry,
    );
    const answer = { conversation, transcript: answered, etag };
    expect(unread({ type: 'viewed', view: answer, isRest: false, now: T0 })).toBe(1);
    const mine = play(
      listed(1, item({ agentId: 'ben' })),
      moved(1, { agent: { id: 'ben', name: 'Ben', accepted: true } }),
    );
    expect(row(mine)?.unread).toBe(0);
  });

  const texts = (state: DeskState) => state.opened?.entries.map(({ text }) => text);

  it('has everything once and in order, whatever comes first [R278]', () => {
    const first = play(
      listed(1, item()),
      opened,
      message(3, 'three'),
      viewed([
        [1, 'one'],
        [2, 'two'],
      ]),
      message(3, 'three'),
    );
    expect(texts(first)).toEqual(['one', 'two', 'three']);
    const filled = reduceAll(first, [
      message(5, 'five'),
      viewed(
        [
          [4, 'four'],
          [5, 'five'],
        ],
        true,
      ),
    ]);
    expect(texts(filled)).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('has a message of the agent as sent, failed or refused; what is stored is never failed [R278]', () => {
    const sending = {
      conversationId: ID,
      messageId: 'm-1',
      text: 'Hello',
      at: at(3),
      delivery: 'sending',
    } as const;
    const failed: DeskEvent = { type: 'delivery', messageId: 'm-1', delivery: 'failed', reason: 'Not sent' };
    const delivery = (...events: DeskEvent[]) =>
      play(listed(1, item()), opened, { type: 'sending', message: sending }, ...events).outbox.map(
        (one) => one.delivery,
      );
    expect(delivery()).toEqual(['sending']);
    expect(delivery(failed)).toEqual(['failed']);
    expect(delivery(failed, { type: 'sending', message: sending })).toEqual(['sending']);
    expect(delivery(message(3, 'Hello', { messageId: 'm-1' }), failed)).toEqual(['sent']);
    const refused = { type: 'refused', messageId: 'm-1', code: 'not-assigned-to-you', detail: 'No' } as const;
    expect(
      delivery({ type: 'refused', refused }, { type: 'delivery', messageId: 'm-1', delivery: 'sent' }),
    ).toEqual(['refused']);
  });
});
