import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ServerClock } from '../../../web/console/core/server-clock';

/** Answers with their times: when the request was sent, when it arrived, when the answer came; milliseconds. */
const answers = fc.array(
  fc.record({
    pause: fc.integer({ min: 0, max: 5_000 }),
    there: fc.integer({ min: 1, max: 400 }),
    back: fc.integer({ min: 1, max: 400 }),
  }),
  { minLength: 1, maxLength: 20 },
);
const START = Date.parse('2026-03-01T10:00:00.000Z');

describe('the clock of the server', () => {
  it('is at most a second off, and never more than the answers allow, whatever this machine says [R275]', () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 0, max: 999 }), (given, fraction) => {
        let monotonic = 12_345;
        const server = () => START + fraction + monotonic;
        const clock = new ServerClock(() => monotonic);
        for (const { pause, there, back } of given) {
          monotonic += pause;
          const sentAt = clock.mark();
          monotonic += there;
          const date = new Date(Math.floor(server() / 1_000) * 1_000).toUTCString();
          monotonic += back;
          clock.heard(date, sentAt);
        }
        // The header has whole seconds: half of that, and half of the way there and back, is all that is unknown.
        const { there, back } = given[0]!;
        expect(Math.abs(clock.now() - server())).toBeLessThanOrEqual((1_000 + there + back) / 2);
      }),
    );
  });

  it('begins anew when this machine has slept', () => {
    let monotonic = 0;
    const clock = new ServerClock(() => monotonic);
    clock.heard(new Date(START).toUTCString(), clock.mark());
    // An hour passes for the server, and a second here.
    monotonic += 1_000;
    clock.heard(new Date(START + 3_600_000).toUTCString(), clock.mark());
    expect(Math.abs(clock.now() - (START + 3_600_000))).toBeLessThanOrEqual(1_000);
  });

  it('goes by this machine until an answer has come, and by no header that is none', () => {
    const clock = new ServerClock(() => 0);
    clock.heard(null, 0);
    clock.heard('yesterday', 0);
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
  });
});
