import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '../../../shared/conversation/conversation';
import {
  aConversation,
  afterStart,
  alive,
  change,
  connect,
  connected,
  connectedCustomer,
  decideAt,
  disconnected,
  GRACE,
  NOBODY,
  persistentChat,
} from '../../support/domain/builders';
import { given } from '../../support/domain/given';
import { DEFAULTS } from '../../support/domain/policies';

const MOST = DEFAULTS.connections;
const tabs = (count: number) => Array.from({ length: count }, (_, index) => `tab-${index + 1}`);

describe('connections are bounded', () => {
  it(`refuses the socket beyond ${MOST} open ones`, () => {
    const full = connectedCustomer(...tabs(MOST));
    expect(decideAt(full, connect(), afterStart(2))).toEqual({ kind: 'presence-needed' });
    const [first = '', ...more] = tabs(MOST);
    const asked = { ...connect(), presence: alive(first, ...more) };
    expect(decideAt(full, asked, afterStart(2))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'too-many-connections' },
      effects: [],
    });
    const nearly = connectedCustomer(...tabs(MOST - 1));
    expect(decideAt(nearly, connect(), afterStart(2)).kind).toBe('unchanged');
  });

  it('forgets connections that are gone before it refuses for them: the events of their loss were lost [R124]', () => {
    const full = connectedCustomer(...tabs(MOST));
    const asked = { ...connect(), presence: alive('tab-7', 'tab-unheard') };
    const { conversation, outcome, effects } = change(full, asked, afterStart(2));
    expect(outcome).toEqual({ type: 'admitted' });
    expect(conversation).toMatchObject({ liveConnectionIds: ['tab-7', 'tab-unheard'] });
    expect(conversation.disconnection).toBeUndefined();
    expect(effects).toEqual([]);
    // A late `connected` of one of them does not revive it.
    expect(decideAt(conversation, connected(`tab-${MOST}`, afterStart(1)), afterStart(3)).kind).toBe(
      'unchanged',
    );
    // The next ones are admitted without a question.
    expect(decideAt(conversation, connect(), afterStart(3)).kind).toBe('unchanged');
  });

  it('begins the absence that nobody has told of when all of them are gone, and lets the customer back in [R124]', () => {
    const full = connectedCustomer(...tabs(MOST));
    const asked = { ...connect(), presence: NOBODY };
    const { conversation, effects } = change(full, asked, afterStart(2));
    expect(conversation).toMatchObject({
      liveConnectionIds: [],
      disconnection: { since: afterStart(2), deadline: afterStart(2) + GRACE, reason: 'connection-lost' },
    });
    const begun = effects.filter(({ type }) => type !== 'update-work-list');
    expect(begun.map(({ type }) => type)).toEqual(expect.arrayContaining(['start-timer', 'push']));
    // Saved, then an effect failed: the service repeats the handshake.
    expect(decideAt(conversation, connect(), afterStart(3))).toMatchObject({
      kind: 'unchanged',
      outcome: { type: 'admitted' },
      effects: expect.arrayContaining(begun),
    });
    const back = change(conversation, connected('tab-new', afterStart(4)), afterStart(4)).conversation;
    expect(back).toMatchObject({
      liveConnectionIds: ['tab-new'],
      lastDisconnection: { outcome: 'reconnected' },
    });
  });

  it('of a persistent chat are just gone [R124]', () => {
    const full = tabs(MOST).reduce(
      (before, id) => change(before, connected(`p-${id}`, afterStart(1), NOBODY), afterStart(1)).conversation,
      persistentChat(),
    );
    const { conversation } = change(full, { ...connect(), presence: NOBODY }, afterStart(2));
    expect(conversation).toMatchObject({ liveConnectionIds: [] });
    expect(conversation.disconnection).toBeUndefined();
  });

  it('keeps the newest when more were admitted at once than fit', () => {
    const { liveConnectionIds } = connectedCustomer(...tabs(LIMITS.liveConnections + 1));
    expect(liveConnectionIds).toHaveLength(LIMITS.liveConnections);
    expect(liveConnectionIds[0]).toBe('tab-2');
    expect(liveConnectionIds[liveConnectionIds.length - 1]).toBe(`tab-${LIMITS.liveConnections + 1}`);
  });

  it(`remembers the ${LIMITS.endedConnections} connections that ended last`, () => {
    const conversation = tabs(LIMITS.endedConnections + 1).reduce(
      (before, id) => change(before, disconnected(id, afterStart(1)), afterStart(1)).conversation,
      connectedCustomer('tab-0'),
    );
    expect(conversation.endedConnectionIds).toHaveLength(LIMITS.endedConnections);
    expect(conversation.endedConnectionIds[0]).toBe('tab-2');
    expect(decideAt(conversation, connected('tab-2', afterStart(1)), afterStart(2)).kind).toBe('unchanged');
  });
});

describe('connections are known by their ids', () => {
  it('lists the open ones oldest first', () => {
    expect(connectedCustomer('tab-2', 'tab-1').liveConnectionIds).toEqual(['tab-2', 'tab-1']);
  });

  it('an open tab that is lost is among the ended ones, and no longer open', () => {
    const { conversation } = change(
      connectedCustomer('tab-1', 'tab-2'),
      disconnected('tab-1', afterStart(5), alive('tab-2')),
      afterStart(5),
    );
    expect(conversation).toMatchObject({ liveConnectionIds: ['tab-2'], endedConnectionIds: ['tab-1'] });
  });

  it('leaves the order of the open ones when the service lists them in another', () => {
    const { conversation } = change(
      connectedCustomer('tab-1', 'tab-2', 'tab-3'),
      disconnected('tab-3', afterStart(5), alive('tab-2', 'tab-1')),
      afterStart(5),
    );
    expect(conversation.liveConnectionIds).toEqual(['tab-1', 'tab-2']);
  });

  it('ignores a repeated `connected`; of a persistent chat it writes the row again, which says who is away', () => {
    const repeated = connected('tab-1', afterStart(1));
    given(connectedCustomer('tab-1', 'tab-2'))
      .when(connected('tab-2', afterStart(1)), afterStart(2))
      .then({ changed: false, effects: [] });
    given(persistentChat())
      .when(repeated, afterStart(2))
      .then({
        changed: false,
        outcome: 'repeated',
        effects: ['list', 'start auto-close.1 in P29DT23H59M59S'],
      });
  });

  it('calibrates the clock of the service with the fastest event', () => {
    const late = change(aConversation(), connected('tab-1', afterStart(1)), afterStart(30)).conversation;
    const prompt = change(late, connected('tab-2', afterStart(40)), afterStart(40)).conversation;
    expect(prompt.smallestEventDelay).toBeLessThan(late.smallestEventDelay ?? 0);
    const again = change(prompt, connected('tab-3', afterStart(50)), afterStart(70)).conversation;
    expect(again.smallestEventDelay).toBe(prompt.smallestEventDelay);
  });
});

describe('what a connection tells', () => {
  it('is an arrival, whose device is remembered until a later one tells another', () => {
    const phone = { ...connected('tab-1', afterStart(1)), device: 'phone' } as const;
    const first = change(aConversation(), phone, afterStart(1));
    expect(first.outcome).toEqual({ type: 'connected' });
    expect(first.conversation.device).toBe('phone');
    const second = change(first.conversation, connected('tab-2', afterStart(2)), afterStart(2));
    expect(second.conversation.device).toBe('phone');
  });

  it('cannot move its loss back by more than half the grace period', () => {
    const late = afterStart(3600);
    const { conversation } = change(connectedCustomer('tab-1'), disconnected('tab-1', afterStart(2)), late);
    expect(conversation.disconnection?.since).toBe(late - GRACE / 2);
  });
});
