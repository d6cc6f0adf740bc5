import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import { decide } from '../../../shared/conversation/decide';
import type { Decided, Effect } from '../../../shared/conversation/decision';
import type { Answers, ConversationEvent } from '../../../shared/conversation/inputs';
import { type Instant, MINUTE, SECOND, toIso } from '../../../shared/conversation/time';
import {
  accepted,
  afterStart,
  alive,
  connected,
  connectedCustomer,
  deadlineReached,
  disconnected,
  effectsOf,
  GRACE,
  NOBODY,
  pushesOf,
} from '../../support/domain/builders';
import { DEFAULTS, policies } from '../../support/domain/policies';

/** Losses as they are told by default: agents hear of one that has lasted for two seconds. */
const NEWS = DEFAULTS.lossNewsAfter;
const table = policies({ grace: GRACE, lossNewsAfter: NEWS });

function at(now: Instant, conversation: Conversation, event: ConversationEvent & Answers): Decided {
  const decision = decide(conversation, event, { now, policies: table, messages: [] }, event);
  if (!('effects' in decision)) throw new Error(`${event.type} asks`);
  return decision;
}
const after = (decision: Decided): Conversation => {
  if (decision.kind !== 'changed') throw new Error('nothing has changed');
  return decision.conversation;
};
const timers = (effects: readonly Effect[]) =>
  effects.flatMap((effect) =>
    effect.type === 'start-timer'
      ? [`start ${effect.kind}.${effect.number} at ${toIso(effect.deadline)}`]
      : effect.type === 'cancel-timer'
        ? [`cancel ${effect.kind}.${effect.number}`]
        : [],
  );
const told = (decision: Decided) => pushesOf(decision).map(({ type }) => type);

const LOSS = afterStart(10);
const lost = () => at(LOSS, accepted(), disconnected('tab-1', LOSS));

describe('a loss', () => {
  it('begins at once, with its whole wait, and is told when it has lasted a moment [R162]', () => {
    const began = lost();
    expect(after(began).disconnection).toMatchObject({ number: 2, since: LOSS, deadline: LOSS + GRACE });
    expect(told(began)).toEqual([]);
    expect(timers(began.effects)).toEqual([`start disconnection.2 at ${toIso(LOSS + NEWS)}`]);

    const news = at(LOSS + NEWS, after(began), deadlineReached(2));
    expect(news).toMatchObject({ outcome: { type: 'not-reached', deadline: LOSS + GRACE } });
    expect(told(news)).toEqual(['connection-lost']);
    expect(timers(news.effects)).toEqual([]);

    const over = at(LOSS + GRACE, after(news), deadlineReached(2, NOBODY));
    expect(over).toMatchObject({ outcome: { type: 'expired' } });
    expect(timers(over.effects)).not.toContain('cancel disconnection.2');
  });

  it('that was told, then the push failed, is told again when its timer comes again [R162]', () => {
    const news = at(LOSS + NEWS, after(lost()), deadlineReached(2));
    const again = at(LOSS + NEWS + SECOND, after(news), deadlineReached(2));
    expect(again.kind).toBe('unchanged');
    expect(pushesOf(again)).toEqual(pushesOf(news));
  });

  it('that lasts no moment, a reload, is told to nobody, and neither is the return [R162]', () => {
    const began = after(lost());
    const back = at(LOSS + SECOND, began, connected('tab-2', LOSS + SECOND));
    expect([told(back), timers(back.effects)]).toEqual([[], []]);
    const over = at(LOSS + NEWS, after(back), deadlineReached(2));
    expect([over, told(over)]).toMatchObject([{ outcome: { type: 'superseded' } }, []]);
    expect(timers(over.effects)).toEqual([]);
    // The activity died before it returned.
    expect(at(LOSS + NEWS, after(over), deadlineReached(2)).kind).toBe('unchanged');
  });

  it('whose timer never came is told when it is compared with the service [R162]', () => {
    const began = after(lost());
    const check = { type: 'presence-checked', presence: NOBODY, agentPresent: true } as const;
    expect(told(at(LOSS + NEWS - 1, began, check))).toEqual([]);
    const checked = at(LOSS + MINUTE, began, check);
    expect(told(checked)).toEqual(['connection-lost']);
    expect(timers(checked.effects)).toContain(`start disconnection.2 at ${toIso(LOSS + GRACE)}`);
  });

  it('is told at once where policy wants it so', () => {
    const context = { now: LOSS, policies: policies({ grace: GRACE, lossNewsAfter: 0 }), messages: [] };
    const began = decide(accepted(), disconnected('tab-1', LOSS), context);
    expect(pushesOf(began).map(({ type }) => type)).toEqual(['connection-lost']);
    expect(timers(effectsOf(began))).toEqual([`start disconnection.2 at ${toIso(LOSS + GRACE)}`]);
  });

  it('starts no closure of the queue before it is told [R163]', () => {
    const short = policies({ grace: 10 * MINUTE, openAutoClose: 5 * MINUTE, lossNewsAfter: NEWS });
    const say = (now: Instant, conversation: Conversation, event: ConversationEvent) =>
      decide(conversation, event, { now, policies: short, messages: [] });
    const began = say(LOSS, connectedCustomer(), disconnected('tab-1', LOSS));
    expect(timers(effectsOf(began))).toEqual([`start disconnection.2 at ${toIso(LOSS + NEWS)}`]);
    const news = say(LOSS + NEWS, after(began as Decided), deadlineReached(2));
    expect(timers(effectsOf(news))).toEqual([`start auto-close.1 at ${toIso(LOSS + 5 * MINUTE)}`]);
  });
});

describe('a socket that comes and goes', () => {
  /** Lost and back every 0.2 seconds; timers come when they are due, and later when they are told so. */
  function flap(times: number) {
    let conversation = accepted();
    const started: string[] = [];
    const pushed: string[] = [];
    const due = new Map<number, Instant>();
    const take = (decision: Decided) => {
      if (decision.kind === 'changed') conversation = decision.conversation;
      pushed.push(...told(decision));
      for (const effect of decision.effects) {
        if (effect.type === 'cancel-timer') due.delete(effect.number);
        if (effect.type !== 'start-timer' || due.has(effect.number)) continue;
        started.push(`${effect.kind}.${effect.number}`);
        due.set(effect.number, effect.deadline);
      }
    };
    const wake = (now: Instant) => {
      for (const [number, moment] of [...due].filter(([, when]) => when <= now)) {
        const decision = at(moment, conversation, deadlineReached(number, NOBODY));
        due.delete(number);
        const { outcome } = decision as Extract<Decided, { kind: 'changed' }>;
        if (outcome.type === 'not-reached') due.set(number, outcome.deadline);
        take(decision);
      }
    };
    for (let flaps = 1; flaps <= times; flaps += 1) {
      const now = LOSS + flaps * 200;
      wake(now);
      take(at(now, conversation, disconnected(`tab-${flaps}`, now)));
      wake(now + 100);
      take(at(now + 100, conversation, connected(`tab-${flaps + 1}`, now)));
    }
    return { conversation: () => conversation, started, pushed, take, wake, due };
  }

  it('a hundred times in twenty seconds costs a timer for every moment, and tells nobody anything [R163]', () => {
    const { conversation, started, pushed } = flap(100);
    expect(conversation().disconnectionCount).toBe(101);
    expect(started.length).toBeLessThanOrEqual(12);
    expect(pushed).toEqual([]);
  });

  it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    'and then stays away (after %d times): it is told once, and ended at its deadline [R163]',
    (times) => {
      const story = flap(times);
      const now = LOSS + times * 200 + 150;
      story.take(at(now, story.conversation(), disconnected(`tab-${times + 1}`, now)));
      const { deadline } = story.conversation().disconnection!;
      expect(deadline).toBe(now + GRACE);
      story.wake(now + NEWS);
      story.wake(now + NEWS);
      expect(story.pushed).toEqual(['connection-lost']);
      story.wake(deadline);
      expect(story.conversation().end).toEqual({ at: deadline, reason: 'customer-disconnected' });
    },
  );

  it('starts its timer when the event is repeated that could not, whatever has come since [R163]', () => {
    const began = after(lost());
    const back = after(at(LOSS + 100, began, connected('tab-2', LOSS)));
    const again = after(at(LOSS + 200, back, disconnected('tab-2', LOSS)));
    expect(again.disconnection).toMatchObject({ number: 3, timer: { number: 2 } });
    const repeated = at(LOSS + SECOND, again, disconnected('tab-1', LOSS));
    expect(timers(repeated.effects).join()).toMatch(/^start disconnection\.2 at /);
    const present = at(LOSS + SECOND, back, disconnected('tab-1', LOSS));
    expect(timers(present.effects)).toEqual([`start disconnection.2 at ${toIso(LOSS + NEWS)}`]);
  });

  it('calls its timer off when the conversation ends meanwhile [R163]', () => {
    const back = after(at(LOSS + 100, after(lost()), connected('tab-2', LOSS)));
    const left = at(LOSS + 200, back, { type: 'customer-left' });
    expect(timers(left.effects)).toContain('cancel disconnection.2');
  });
});

describe('all tabs of a customer that close at once', () => {
  it.each([2, 20, 33, 40, 200])(
    '%d of them are one disconnection, in whatever order they are told [R164]',
    (count) => {
      const tabs = Array.from({ length: count }, (_, index) => `tab-${index + 1}`);
      let conversation = connectedCustomer(...tabs);
      const pushed: string[] = [];
      [...tabs].reverse().forEach((tab, index) => {
        const now = LOSS + index * 10;
        const decision = at(now, conversation, { ...disconnected(tab, LOSS), presence: NOBODY });
        if (decision.kind === 'changed') conversation = decision.conversation;
        pushed.push(...timers(decision.effects));
      });
      expect(conversation).toMatchObject({ disconnectionCount: 2, disconnection: { number: 2 } });
      expect(pushed).toHaveLength(1);
    },
  );
});

describe('one socket more than policy allows', () => {
  const tabs = Array.from({ length: 20 }, (_, index) => `tab-${index + 1}`);
  const full = () => connectedCustomer(...tabs);

  it('is closed when it was let in beside others, and told again when that failed [R160]', () => {
    const event = { ...connected('tab-x', LOSS), presence: alive('tab-x', ...tabs) };
    const refused = at(LOSS, full(), event);
    expect(refused).toMatchObject({ kind: 'changed', outcome: { type: 'connection-refused' } });
    expect(after(refused).liveConnectionIds).toEqual(tabs);
    const closes = [{ type: 'close-connection', connectionId: 'tab-x' }];
    expect(refused.effects).toEqual(closes);
    expect(at(LOSS, after(refused), event)).toMatchObject({ kind: 'unchanged', effects: closes });
    // Its loss is no news.
    expect(at(LOSS, after(refused), disconnected('tab-x', LOSS)).kind).toBe('unchanged');
  });

  it('is heard where those before it are gone, or the service does not say [R160]', () => {
    const healed = at(LOSS, full(), { ...connected('tab-x', LOSS), presence: alive('tab-1', 'tab-x') });
    expect(after(healed).liveConnectionIds).toEqual(['tab-1', 'tab-x']);
    const unsaid = at(LOSS, full(), { ...connected('tab-x', LOSS), presence: NOBODY });
    expect(after(unsaid).liveConnectionIds).toContain('tab-x');
  });

  it('may be on a record of before: none of its events is refused [R160]', () => {
    const before = connectedCustomer(...tabs, 'tab-21', 'tab-22');
    expect(before.liveConnectionIds).toHaveLength(22);
    const others = alive('tab-1', ...tabs.slice(1), 'tab-21');
    const closed = at(LOSS, before, { ...disconnected('tab-22', LOSS), presence: others });
    expect(after(closed).liveConnectionIds).toEqual([...tabs, 'tab-21']);
  });
});

describe('a timer that serves a later loss', () => {
  const back = (connectionId: string, now: Instant, conversation: Conversation) =>
    at(now, conversation, connected(connectionId, now));
  const again = LOSS + 1.5 * SECOND;
  const shared = () => {
    const there = after(back('tab-2', LOSS + SECOND, after(lost())));
    return after(at(again, there, disconnected('tab-2', again)));
  };

  it('is not cancelled by a return that is repeated before it [R163]', () => {
    const there = after(back('tab-2', LOSS + 200, after(lost())));
    const repeated = back('tab-2', LOSS + 1_200, there);
    expect(repeated.kind).toBe('unchanged');
    expect(timers(repeated.effects)).not.toContain('cancel disconnection.2');
    const next = at(again, there, disconnected('tab-2', again));
    expect(after(next).disconnection).toMatchObject({ number: 3, timer: { number: 2 } });
    expect(timers(next.effects)).toEqual([]);
  });

  it('tells of the end again when its activity died after the save', () => {
    const running = shared();
    expect(running.disconnection).toMatchObject({ number: 3, timer: { number: 2 } });
    const deadline = again + GRACE;
    const over = at(deadline, running, deadlineReached(2, NOBODY));
    expect(over).toMatchObject({ outcome: { type: 'expired' } });
    const repeated = at(deadline + SECOND, after(over), deadlineReached(2, NOBODY));
    expect(repeated).toMatchObject({ kind: 'unchanged', outcome: { type: 'expired' } });
    expect(pushesOf(repeated)).toEqual(pushesOf(over));
  });

  it('is none that comes when the wait for the later loss is over', () => {
    const patient = {
      ...policies({ grace: GRACE, lossNewsAfter: MINUTE }),
      rules: [
        { id: 'phones', when: { device: ['phone'] }, set: { grace: 30 * SECOND, lossNewsAfter: NEWS } },
      ],
    } as const;
    const say = (now: Instant, conversation: Conversation, event: ConversationEvent) =>
      decide(conversation, event, { now, policies: patient, messages: [] });
    const phone = { connectionId: 'tab-2', device: 'phone' } as const;
    const began = after(say(LOSS, accepted(), disconnected('tab-1', LOSS)) as Decided);
    const opened = { type: 'connected', occurredAt: LOSS + SECOND, ...phone } as const;
    const there = after(say(LOSS + SECOND, began, opened) as Decided);
    const now = LOSS + 5 * SECOND;
    const next = say(now, there, { type: 'disconnected', occurredAt: now, ...phone });
    expect(timers(effectsOf(next))).toEqual([
      `start disconnection.3 at ${toIso(now + NEWS)}`,
      'cancel disconnection.2',
    ]);
  });
});

it('a return is told to whoever knows of the loss, also when a handshake has failed in between', () => {
  const news = after(at(LOSS + NEWS, after(lost()), deadlineReached(2)));
  const failed = at(LOSS + 10 * SECOND, news, disconnected('tab-unknown', LOSS + 10 * SECOND));
  expect(after(failed).disconnection).toMatchObject({ number: 3 });
  expect(told(failed)).toEqual(['connection-lost']);
  const there = at(LOSS + 11 * SECOND, after(failed), connected('tab-2', LOSS + 11 * SECOND));
  expect(told(there)).toEqual(['customer-back']);
});
