import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { watchAvailability } from '../../../shared/app/availability';
import { SECOND } from '../../../shared/conversation/time';

type Policy = ReturnType<typeof watchAvailability>['policies'][number]['policy'];

/** What the clients' pipeline would do: one operation with this answer, after so long. */
async function operation(policy: Policy, answer: number | Error, lasts = 0, date?: string): Promise<void> {
  const next = async () => {
    if (lasts > 0) jest.advanceTimersByTime(lasts);
    if (answer instanceof Error) throw answer;
    return { status: answer, headers: { get: () => date } } as never;
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

describe("the clock of this machine, by the services' answers", () => {
  beforeEach(() => void jest.useFakeTimers({ now: Date.parse('2026-03-01T10:00:00.400Z') }));
  afterEach(() => void jest.useRealTimers());

  it.each([
    ['right', '2026-03-01T10:00:00Z', 0, 0],
    ['right, with an answer on its way for two seconds', '2026-03-01T10:00:00Z', 2 * SECOND, 0],
    ['a minute ahead', '2026-03-01T09:59:00Z', 0, 59_400],
    ['a minute behind', '2026-03-01T10:01:00Z', 0, -59_600],
  ])('is %s', async (_name, date, lasts, error) => {
    const { clockError, policies } = watchAvailability(Date.now);
    await operation(policies[0]!.policy, 200, lasts, new Date(date).toUTCString());
    expect(clockError()).toBe(error);
  });

  it('is taken for right as long as nobody has told the time', async () => {
    const { clockError, policies } = watchAvailability(Date.now);
    await operation(policies[0]!.policy, 200);
    expect(clockError()).toBe(0);
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
