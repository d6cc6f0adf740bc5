import { describe, expect, it } from '@jest/globals';
import type { Presence } from '../../../shared/conversation/inputs';
import { MINUTE } from '../../../shared/conversation/time';
import { deadlinesOf } from '../../../shared/conversation/work-list';
import { policies } from '../../support/domain/policies';
import {
  type Asked,
  decide,
  accepted,
  aConversation,
  afterStart,
  alive,
  change,
  connected,
  connectedCustomer,
  decideAt,
  disconnected,
  effectsOf,
  effectTypes,
  expired,
  GRACE,
  lost,
  NOBODY,
  outcomeOf,
  persistentChat,
} from '../../support/domain/builders';

/** The agent is there, unless a test says otherwise. */
const checked = (presence?: Presence, agentPresent = true): Asked => ({
  type: 'presence-checked',
  agentPresent,
  ...(presence && { presence }),
});

describe('a comparison with the service', () => {
  it('asks the service first', () => {
    expect(decideAt(accepted(), checked(), afterStart(60))).toEqual({ kind: 'presence-needed' });
  });

  it('changes nothing while both agree', () => {
    const decision = decideAt(accepted(), checked(alive('tab-1')), afterStart(60));
    expect(decision).toMatchObject({ kind: 'unchanged', outcome: { type: 'agrees' }, effects: [] });
  });

  it('tells again who is away: it may have failed to be told', () => {
    const away = change(
      accepted(),
      { type: 'agent-disconnected', agentId: 'anna' },
      afterStart(30),
    ).conversation;
    const again = decideAt(away, checked(alive('tab-1'), false), afterStart(60));
    expect(effectTypes(again)).toContain('push agent-connection-lost');
    const both = decideAt(lost(), checked(NOBODY), afterStart(60));
    expect(effectTypes(both)).toContain('push connection-lost');
  });

  it('does not ask for an agent while the conversation has none', () => {
    const event: Asked = { type: 'presence-checked', presence: alive('tab-1') };
    expect(decideAt(connectedCustomer('tab-1'), event, afterStart(60))).toEqual({
      kind: 'unchanged',
      outcome: { type: 'agrees' },
      effects: [],
    });
  });

  it('forgets the tabs that the service no longer lists, while another is open', () => {
    const open = connectedCustomer('tab-1', 'tab-2');
    const { conversation, outcome } = change(open, checked(alive('tab-2')), afterStart(60));
    expect(outcome).toEqual({ type: 'customer-present' });
    expect(conversation.liveConnectionIds).toEqual(['tab-2']);
    expect(conversation.disconnection).toBeUndefined();
  });

  it('takes the connections of a persistent chat away once, and begins no disconnection', () => {
    const { conversation, outcome } = change(persistentChat(), checked(NOBODY), afterStart(60));
    expect(outcome).toEqual({ type: 'connection-removed' });
    expect(conversation.liveConnectionIds).toEqual([]);
    expect(conversation.disconnection).toBeUndefined();
    expect(decideAt(conversation, checked(NOBODY), afterStart(120)).kind).toBe('unchanged');
  });

  it('starts the timer of a running disconnection again, for it may never have started', () => {
    const decision = decideAt(lost(), checked(NOBODY), afterStart(20));
    expect(decision).toMatchObject({ kind: 'unchanged', outcome: { type: 'agrees' } });
    expect(effectTypes(decision)).toContain('start-timer');
  });

  it('starts it even where the agent is away as well', () => {
    const decision = decideAt(lost(), checked(NOBODY, false), afterStart(20));
    expect(outcomeOf(decision)).toEqual({ type: 'agent-disconnection-began' });
    const timers = effectsOf(decision).flatMap((one) => (one.type === 'start-timer' ? [one.kind] : []));
    expect(timers.sort()).toEqual(['agent-disconnection', 'disconnection']);
  });

  it('begins a disconnection, from now on, when nobody is there any more', () => {
    const { conversation } = change(accepted(), checked(NOBODY), afterStart(600));
    expect(conversation.disconnection).toMatchObject({
      number: 2,
      since: afterStart(600),
      deadline: afterStart(600) + GRACE,
    });
    expect(conversation.liveConnectionIds).toEqual([]);
  });

  it('ignores the `disconnected` that comes after all', () => {
    const { conversation } = change(accepted(), checked(NOBODY), afterStart(600));
    const late = decideAt(conversation, disconnected('tab-1', afterStart(599)), afterStart(605));
    expect(outcomeOf(late)).toEqual({ type: 'ignored', because: 'repeated' });
  });

  it('ends a running disconnection when the customer is there after all [R34]', () => {
    const { conversation, effects } = change(lost(), checked(alive('tab-2')), afterStart(30));
    expect(conversation.disconnection).toBeUndefined();
    expect(conversation.liveConnectionIds).toEqual(['tab-2']);
    expect(effects.map(({ type }) => type)).toEqual(expect.arrayContaining(['cancel-timer', 'push']));
    const late = decideAt(conversation, connected('tab-2', afterStart(29)), afterStart(31));
    expect(late.kind).toBe('unchanged');
  });

  it('begins the closure of a wrapped up conversation that nothing would close, with its timer and row', () => {
    const { autoClosure: _none, ...forgotten } = expired();
    const { conversation, effects, outcome } = change(
      { ...forgotten, autoClosureCount: 0 },
      checked(),
      afterStart(9_000),
    );
    const deadline = (forgotten.end?.at ?? 0) + 15 * MINUTE;
    expect(outcome).toEqual({ type: 'closure-began' });
    expect(conversation).toEqual({ ...forgotten, autoClosure: { number: 1, deadline }, autoClosureCount: 1 });
    expect(effects).toEqual([
      { type: 'update-work-list', conversation },
      { type: 'start-timer', kind: 'auto-close', number: 1, deadline },
    ]);
  });

  it('begins none where policy says never', () => {
    const { autoClosure: _none, ...forgotten } = expired();
    const context = {
      now: afterStart(9_000),
      policies: policies({ wrapUpAutoClose: 'never' }),
      messages: [],
    };
    expect(decide(forgotten, checked(), context)).toMatchObject({ kind: 'unchanged', effects: [] });
  });

  it.each([
    ['wrapped up', expired()],
    ['closed', expired(aConversation())],
  ])(
    'leaves an ended conversation alone, but for the timers of what it waits for: %s',
    (_title, conversation) => {
      const timers = deadlinesOf(conversation).map(({ kind, number, at }) => ({
        ...{ type: 'start-timer', kind, number, deadline: at },
      }));
      expect(decideAt(conversation, checked(NOBODY), afterStart(900))).toEqual({
        kind: 'unchanged',
        outcome: { type: 'ignored', because: 'ended' },
        effects: timers,
      });
    },
  );
});
