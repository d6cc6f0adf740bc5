import { expect, test } from '@jest/globals';
import { createRefusalSampler, createVisitorNumbers } from '../../../shared/access/caller-guard';
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

test('[R175] refusals of one function hide nothing of another, nor what visitors cause what they cannot', () => {
  const { logger, lines } = log();
  for (let n = 1; n <= 5_000; n += 1) logger.refusal('list: refused', {});
  for (let n = 1; n <= 5_000; n += 1) logger.refusal('webhook: refused', { field: 'query' });
  const before = lines.length;
  for (let n = 1; n <= 5; n += 1) logger.refusal('webhook: refused', { field: 'ce-hub', fault: 'settings' });
  expect(lines.slice(before)).toHaveLength(5);
  expect(lines.slice(before).join()).not.toContain('leftOut');
});

test('[R175] a flood of refusals of every kind is bounded as a whole, and no kind of them falls silent', () => {
  const { logger, lines } = log();
  const kinds = Array.from({ length: 50 }, (_, n) => `function-${n}: refused`);
  for (let n = 1; n <= 1_000; n += 1) for (const kind of kinds) logger.refusal(kind, {});
  expect(lines.length).toBeLessThanOrEqual(240 + 50 * 6);
  for (const kind of kinds)
    expect(lines.filter((line) => line.startsWith(kind)).length).toBeGreaterThanOrEqual(6);
});

test('[R174] a visitor counts as one, whatever addresses of its network it uses; others are told apart', () => {
  const clock = { now: 0 };
  const numberOf = createVisitorNumbers('a-signing-key-of-at-least-32-characters', () => clock.now);
  const numbers = (visitors: readonly string[]) =>
    visitors.map(numberOf).filter((number) => number !== undefined);
  const site = Array.from({ length: 1_000 }, (_, n) => `2001:db8:1:${n.toString(16)}::/64`);
  expect(numbers(site)).toHaveLength(1);
  expect(numbers(Array.from({ length: 1_000 }, () => '203.0.113.7'))).toHaveLength(1);
  expect(numbers(Array.from({ length: 8 }, (_, n) => `203.0.${n}.7`))).toEqual([]);
  const crowd = Array.from({ length: 8 }, (_, n) => `198.${n}.100.7`);
  expect(new Set(numbers(crowd)).size).toBeGreaterThan(4);
  expect(numbers(crowd)).toEqual([]);
  clock.now += 5 * 60_000;
  expect(new Set(numbers(crowd)).size).toBeGreaterThan(4);
});
