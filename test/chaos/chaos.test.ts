import { expect, it } from '@jest/globals';
import { playPlan } from './play-plan';
import { plansOf } from './plans';
import { isViolated } from './report/summary';
import { violationReport } from './report/violation';

/**
 * Five stories on a stack that is down altogether over the first deadlines, whose host is then killed between save and
 * effect, and whose worker is restarted at last, with a clock that is wrong by five minutes. `npm run chaos` plays hundreds.
 */
const SEED = 42546;

it('keeps every promise in five random stories on a stack that fails in three ways', async () => {
  const [plan] = plansOf({ seed: SEED, runs: 5, mass: 0 });
  const played = await playPlan(plan!);
  expect(played.judged).toHaveLength(30);
  expect(isViolated(played) ? violationReport(played) : '').toBe('');
  // That it was not a quiet day, either.
  expect([...played.tally.counts.keys()]).toEqual(
    expect.arrayContaining([
      'connected dropped',
      'disconnected dropped',
      'everything down',
      'host killed between save and effect',
      'worker restarted',
    ]),
  );
}, 600_000);
