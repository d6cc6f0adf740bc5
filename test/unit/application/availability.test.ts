import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { watchAvailability } from '../../../shared/app/availability';
import { SECOND } from '../../../shared/conversation/time';

type Policy = ReturnType<typeof watchAvailability>['policies'][number]['policy'];

/** What the clients' pipeline would do: one operation with this answer, after so long. */
async function operation(policy: Policy, answer: number | Error, lasts = 0): Promise<void> {
  const next = async () => {
    if (lasts > 0) jest.advanceTimersByTime(lasts);
    if (answer instanceof Error) throw answer;
    return { status: answer } as never;
  };
  await Promise.resolve(policy.sendRequest({} as never, next as never)).catch(() => undefined);
}

describe('since when the services have worked, as far as a process has seen', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const watch = () => {
    const startedAt = Date.now();
    const { workingSince, policies } = watchAvailability(Date.now);
    return { since: () => workingSince() - startedAt, policy: policies[0]!.policy };
  };

  it('is the first success after the start', async () => {
    const { since, policy } = watch();
    jest.advanceTimersByTime(4 * SECOND);
    expect(since()).toBe(4 * SECOND);
    await operation(policy, 200);
    jest.advanceTimersByTime(60 * SECOND);
    expect(since()).toBe(4 * SECOND);
  });

  it('is ten seconds after the start where nobody has asked anything before', async () => {
    const { since, policy } = watch();
    jest.advanceTimersByTime(600 * SECOND);
    await operation(policy, 404);
    expect(since()).toBe(10 * SECOND);
  });

  it.each([
    ['an answer of the kind 5xx', 503, 0],
    ['a refusal for too many requests', 429, 0],
    ['a timeout of the service', 408, 0],
    ['no answer', new Error('ECONNREFUSED'), 0],
    ['an answer after more than three seconds', 200, 3 * SECOND + 1],
  ])('is the first success after %s', async (_name, answer, lasts) => {
    const { since, policy } = watch();
    await operation(policy, 200);
    jest.advanceTimersByTime(60 * SECOND);
    expect(since()).toBe(0);
    await operation(policy, answer, lasts);
    jest.advanceTimersByTime(5 * SECOND);
    expect(since()).toBe(65 * SECOND + lasts);
    await operation(policy, 204);
    jest.advanceTimersByTime(60 * SECOND);
    expect(since()).toBe(65 * SECOND + lasts);
  });

  it.each([200, 201, 204, 304, 400, 404, 409, 412])('is not changed by an answer %s', async (status) => {
    const { since, policy } = watch();
    await operation(policy, 200);
    jest.advanceTimersByTime(60 * SECOND);
    await operation(policy, status);
    expect(since()).toBe(0);
  });
});

describe('a process that was frozen', () => {
  it('knows that nobody could reach it meanwhile', async () => {
    let now = 0;
    const { workingSince, policies } = watchAvailability(() => now);
    const { policy } = policies[0]!;
    await operation(policy, 200);
    expect(workingSince()).toBe(0);
    now = 60 * SECOND;
    // The event loop stands still for longer than a beat and what is too long.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(workingSince()).toBe(0);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4_200);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(workingSince()).toBe(60 * SECOND);
  });
});
