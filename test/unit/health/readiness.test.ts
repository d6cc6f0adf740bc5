import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DependencyError } from '../../../shared/app/errors';
import { createReadiness } from '../../../shared/health/health-service';
import { CALL } from '../../support/service';
import { silent } from '../../support/silent';

const SECOND = 1_000;

/** Two services: one works, the other does what the case says. */
function asked(other: () => Promise<unknown>) {
  const counts = { one: 0, other: 0 };
  const lines: string[] = [];
  const questions = {
    one: async () => void (counts.one += 1),
    other: () => {
      counts.other += 1;
      return other();
    },
  };
  const logger = { ...silent, warn: (...line: unknown[]) => void lines.push(JSON.stringify(line)) };
  const readiness = createReadiness(questions, () => logger, Date.now);
  return { counts, lines, ask: () => readiness(CALL) };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('whoever asks whether the app is ready', () => {
  it('costs nothing while somebody asks already, and for five seconds after [R361]', async () => {
    const { ask, counts } = asked(async () => undefined);
    await Promise.all(Array.from({ length: 1_000 }, ask));
    await jest.advanceTimersByTimeAsync(4.9 * SECOND);
    await ask();
    expect(counts).toEqual({ one: 1, other: 1 });
    await jest.advanceTimersByTimeAsync(0.2 * SECOND);
    await Promise.all([ask(), ask()]);
    expect(counts).toEqual({ one: 2, other: 2 });
  });

  it('is answered after three seconds about a service that does not answer, and about all others [R361]', async () => {
    const { ask, counts } = asked(() => new Promise(() => undefined));
    const answers = Promise.all([ask(), ask()]);
    await jest.advanceTimersByTimeAsync(3 * SECOND);
    for (const answer of await answers) {
      expect(answer).toEqual([
        { name: 'one', status: 'ok', ms: 0 },
        { name: 'other', status: 'failed', ms: 3 * SECOND },
      ]);
    }
    expect(counts).toEqual({ one: 1, other: 1 });
  });

  it.each([
    ['at once', () => Promise.reject(new Error('https://account.example/?sig=SECRET'))],
    ['as an outage', () => Promise.reject(new DependencyError('table-storage', 'read', { cause: 'SECRET' }))],
    [
      'before it promises anything',
      () => {
        throw new Error('SECRET');
      },
    ],
  ])('hears that a service has failed, and of its error nothing: %s [R361]', async (_how, fails) => {
    const { ask, lines } = asked(fails);
    const answer = await ask();
    expect(answer).toContainEqual({ name: 'other', status: 'failed', ms: 0 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('"dependency":"other"');
    expect(JSON.stringify([answer, lines])).not.toContain('SECRET');
  });
});
