import { expect, test } from '@jest/globals';
import { createRefusalSampler } from '../../../shared/access/caller-guard';
import { createLogger } from '../../../shared/app/log';

/** A log that refusals go to, and its clock. */
function log() {
  const clock = { now: 0 };
  const lines: string[] = [];
  const keep = (text: unknown) => void lines.push(String(text));
  const sampler = createRefusalSampler(() => clock.now);
  return { clock, lines, logger: createLogger({ info: keep, warn: keep, error: keep }, sampler) };
}

test('refusals are written while there are few of them, with their fields as they are', () => {
  const { logger, lines } = log();
  for (let n = 1; n <= 60; n += 1) logger.refusal('refused', { n });
  expect(lines).toHaveLength(60);
  expect(lines.at(-1)).toBe('refused {"n":60}');
});

test('a flood of refusals costs a line per second, which says how many were left out', () => {
  const { logger, lines, clock } = log();
  for (let n = 1; n <= 5_060; n += 1) logger.refusal('refused', { n });
  expect(lines).toHaveLength(60);
  clock.now += 1_000;
  logger.refusal('refused', { n: 0 });
  expect(lines.slice(60)).toEqual(['refused {"n":0,"leftOut":5000}']);
  clock.now += 1_000;
  logger.refusal('refused', { n: 0 });
  expect(lines.slice(61)).toEqual(['refused {"n":0}']);
});

test('a flood of refusals keeps nothing else out of the log', () => {
  const { logger, lines } = log();
  for (let n = 1; n <= 100; n += 1) logger.refusal('refused', { n });
  logger.error('failed');
  logger.warn('strange');
  expect(lines.slice(60)).toEqual(['failed', 'strange']);
});
