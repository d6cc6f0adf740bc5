import { describe, expect, it } from '@jest/globals';
import { judge } from './model/judge';
import { closes, type Observed, type Outcome, type SocketLife } from './model/observed';

const GRACE = 3_000;

const socket = (
  openedAt: number,
  lostFrom?: number,
  toldAt: number | undefined = openedAt + 5,
): SocketLife => ({
  connectionId: `c${openedAt}`,
  openedAt,
  ...(lostFrom !== undefined && { lostFrom, lostBy: lostFrom }),
  ...(toldAt !== undefined && { toldAt }),
});
const observed = (sockets: SocketLife[], more: Partial<Observed> = {}): Observed => ({
  ...{
    name: 'a customer',
    run: 0,
    knockedAt: 900,
    sockets,
    knocks: [],
    messages: [],
    accepted: false,
    closed: false,
    faults: [],
    timeline: [],
  },
  ...more,
});
const goesOn: Outcome = { state: 'Open', endNotices: [], texts: [], endPushes: 0, closePushes: 0 };
const endedAt = (at: number, more: Partial<Outcome> = {}): Outcome => ({
  state: 'Closed',
  end: { at, reason: 'customer-disconnected' },
  endNotices: ['customer-disconnected'],
  texts: [],
  endPushes: 1,
  closePushes: 0,
  ...more,
});
const kinds = (seen: Observed, outcome: Outcome) =>
  judge(seen, outcome, GRACE).findings.map(({ kind }) => kind);

/** Lost at 2 s, time up at 5 s. */
const gone = observed([socket(1_000, 2_000)]);

describe('the model finds nothing wrong with', () => {
  it.each([
    ['an end when the time is up', gone, endedAt(5_000)],
    ['a customer who is there', observed([socket(1_000)]), goesOn],
    [
      'an end of a customer who came in that very moment, too late',
      observed([socket(1_000, 2_000), socket(5_100, 5_300)]),
      endedAt(5_150),
    ],
    [
      'an end that ignores a visit of which no event ever arrived',
      observed([socket(1_000, 2_000), { connectionId: 'x', openedAt: 3_000, lostFrom: 4_000 }]),
      endedAt(5_000),
    ],
    [
      'an end of a customer who had given up knocking, and one who knocks too late',
      observed([socket(1_000, 2_000)], { knocks: [{ from: 3_000, until: 4_000 }, { from: 4_500 }] }),
      endedAt(5_100),
    ],
    [
      'an accepted conversation in wrap-up',
      observed([socket(1_000, 2_000)], { accepted: true }),
      endedAt(5_000, { state: 'WrapUp' }),
    ],
    [
      'one that the agent has closed after its end',
      observed([socket(1_000, 2_000)], { accepted: true, closed: true }),
      endedAt(5_000),
    ],
    [
      'a closing that the agents were told of in place of the end',
      observed([socket(1_000, 2_000)], { accepted: true, closed: true }),
      endedAt(5_000, { endPushes: 0, closePushes: 1 }),
    ],
    [
      'a message of unknown fate that is there',
      observed([socket(1_000)], { messages: [{ text: 'a', fate: 'unknown' }] }),
      { ...goesOn, texts: ['a'] },
    ],
    [
      'a message of unknown fate that is not there',
      observed([socket(1_000)], { messages: [{ text: 'a', fate: 'unknown' }] }),
      goesOn,
    ],
    [
      'an end by the customer',
      observed([socket(1_000, 2_000)], { leftAt: 1_900 }),
      endedAt(1_950, {
        end: { at: 1_950, reason: 'customer-ended' },
        endNotices: ['customer-ended-conversation'],
      }),
    ],
  ])('%s', (_what, seen, outcome) => {
    expect(kinds(seen, outcome)).toEqual([]);
  });

  it('and says how late an end was', () => {
    expect(judge(gone, endedAt(5_250), GRACE)).toMatchObject({ latenessMs: 250, metTheEnd: false });
  });
});

describe('the model finds', () => {
  it.each<[string, string[], Observed, Outcome]>([
    ['an end before the time is up', ['false end'], gone, endedAt(4_999)],
    [
      'an end of a customer who was there all the time',
      ['socket left open', 'false end'],
      observed([socket(1_000)]),
      endedAt(5_000),
    ],
    [
      'an end of a customer who was back in time',
      ['false end'],
      observed([socket(1_000, 2_000), socket(4_900, 5_300)]),
      endedAt(5_010),
    ],
    [
      'an end of a customer who had been knocking since before the time was up',
      ['false end'],
      observed([socket(1_000, 2_000)], { knocks: [{ from: 3_900, until: 5_200 }] }),
      endedAt(5_100),
    ],
    [
      'an end of a customer who had been back for a while',
      ['false end'],
      observed([socket(1_000, 2_000), socket(6_000, 7_000)]),
      endedAt(6_900),
    ],
    [
      'an end that was counted from an earlier loss than the last',
      ['false end'],
      observed([socket(1_000, 2_000), socket(3_000, 4_000)]),
      endedAt(5_000),
    ],
    [
      'an end for a reason that nobody gave',
      ['false end'],
      gone,
      endedAt(5_000, {
        end: { at: 5_000, reason: 'customer-ended' },
        endNotices: ['customer-ended-conversation'],
      }),
    ],
    ['a customer who is gone for good while the conversation goes on', ['missed end'], gone, goesOn],
    [
      'a second notice',
      ['duplicate notice'],
      gone,
      endedAt(5_000, { endNotices: ['customer-disconnected', 'customer-disconnected'] }),
    ],
    [
      'a notice of a cancelled disconnection',
      ['duplicate notice'],
      observed([socket(1_000)]),
      { ...goesOn, endNotices: ['customer-disconnected'] },
    ],
    ['an end without a notice', ['missing notice'], gone, endedAt(5_000, { endNotices: [] })],
    [
      'the notice of another end',
      ['missing notice'],
      gone,
      endedAt(5_000, { endNotices: ['customer-ended-conversation'] }),
    ],
    [
      'an accepted conversation that is closed',
      ['wrong state'],
      observed([socket(1_000, 2_000)], { accepted: true }),
      endedAt(5_000),
    ],
    [
      'a conversation that the agent has closed, in wrap-up still',
      ['wrong state'],
      observed([socket(1_000, 2_000)], { accepted: true, closed: true }),
      endedAt(5_000, { state: 'WrapUp' }),
    ],
    ['an offered conversation in wrap-up', ['wrong state'], gone, endedAt(5_000, { state: 'WrapUp' })],
    [
      'an acknowledged message that is not there',
      ['message lost'],
      observed([socket(1_000)], { messages: [{ text: 'a', fate: 'acknowledged' }] }),
      goesOn,
    ],
    [
      'a message that is there twice',
      ['message doubled'],
      observed([socket(1_000)], { messages: [{ text: 'a', fate: 'unknown' }] }),
      { ...goesOn, texts: ['a', 'a'] },
    ],
    [
      'a message that nobody sent',
      ['message doubled'],
      observed([socket(1_000)]),
      { ...goesOn, texts: ['a'] },
    ],
    ['news of an end that there was not', ['push'], observed([socket(1_000)]), { ...goesOn, endPushes: 1 }],
    ['an end that the agents were not told of', ['push'], gone, endedAt(5_000, { endPushes: 0 })],
    [
      'an end and a closing that the agents were not told of',
      ['push'],
      observed([socket(1_000, 2_000)], { accepted: true, closed: true }),
      endedAt(5_000, { endPushes: 0 }),
    ],
  ])('%s', (_what, expected, seen, outcome) => {
    expect(kinds(seen, outcome)).toEqual(expected);
  });
});

describe('a socket that its client sees closed', () => {
  const KEEP_ALIVE = { intervalMs: 100, timeoutMs: 1_000 };
  const HELD = { from: 5_000, until: 9_000 };
  it.each<[string, Partial<SocketLife>, typeof KEEP_ALIVE | undefined, number, Partial<SocketLife>]>([
    ['was open until then', {}, KEEP_ALIVE, 6_300, { lostFrom: 6_300 }],
    ['was open until it was cut', { cutAt: 6_000 }, KEEP_ALIVE, 6_300, { lostFrom: 6_000 }],
    ['was given up by its keep-alive', { held: HELD }, KEEP_ALIVE, 6_300, { lostFrom: 5_900, gaveUp: true }],
    ['was not, if it has none', { held: HELD }, undefined, 6_300, { lostFrom: 6_300 }],
    ['was not, before its time', { held: HELD }, KEEP_ALIVE, 5_800, { lostFrom: 5_800 }],
    ['was not, once its pings were answered', { held: HELD }, KEEP_ALIVE, 9_100, { lostFrom: 9_100 }],
    [
      'was lost when its customer left',
      { lostFrom: 5_500, held: HELD },
      KEEP_ALIVE,
      6_300,
      { lostFrom: 5_500 },
    ],
  ])('%s', (_, before, keepAlive, now, after) => {
    const life: SocketLife = { connectionId: 'c', openedAt: 1_000, ...before };
    closes(life, now, keepAlive);
    expect(life).toEqual({ ...life, connectionId: 'c', openedAt: 1_000, lostBy: now, ...after });
    expect(life.gaveUp).toBe(after.gaveUp);
  });
});
