import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connectionStringOf } from '../../../local/stack/azurite';
import { createTableClients } from '../../../shared/storage/table-clients';
import { watchAvailability } from '../../../shared/app/availability';
import { SECOND } from '../../../shared/conversation/time';

type Watched = ReturnType<typeof watchAvailability>;
type Policy = ReturnType<Watched['policiesOf']>[number]['policy'];
const policyOf = ({ policiesOf }: Watched, service: 'storage' | 'web-pubsub' = 'storage'): Policy =>
  policiesOf(service)[0]!.policy;

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
    const watched = watchAvailability(Date.now);
    const { answering } = watched;
    const since = () => watched.workingSince() - startedAt;
    return { since, policy: policyOf(watched), answering };
  };

  it('is the first success after the start', async () => {
    const { since, policy } = watch();
    jest.advanceTimersByTime(4 * SECOND);
    expect(since()).toBe(4 * SECOND);
    await operation(policy, 200);
    jest.advanceTimersByTime(60 * SECOND);
    expect(since()).toBe(4 * SECOND);
  });

  it('is the first success however late it comes: the host may have handed on nothing before [R346]', async () => {
    const { since, policy } = watch();
    jest.advanceTimersByTime(75 * SECOND);
    await operation(policy, 404);
    jest.advanceTimersByTime(SECOND);
    expect(since()).toBe(75 * SECOND);
  });

  it.each([
    ['storage', 'web-pubsub'],
    ['web-pubsub', 'storage'],
  ] as const)(
    'is now from a failure of %s on until that has answered, whatever %s answers [R347]',
    async (bad, good) => {
      const watched = watchAvailability(Date.now);
      const [policy, other] = [policyOf(watched, bad), policyOf(watched, good)];
      await operation(policy, 200);
      await operation(policy, 503);
      await operation(other, 200);
      jest.advanceTimersByTime(40 * SECOND);
      await operation(other, 200);
      expect(watched.workingSince()).toBe(Date.now());
      const answeredAt = Date.now();
      await operation(policy, 200);
      jest.advanceTimersByTime(40 * SECOND);
      expect(watched.workingSince()).toBe(answeredAt);
    },
  );

  it.each([
    ['an answer of the kind 5xx', 503, 0],
    ['a refusal for too many requests', 429, 0],
    ['a timeout of the service', 408, 0],
    ['a role or a key that is no longer good', 403, 0],
    ['no answer', new Error('ECONNREFUSED'), 0],
    ['an answer after more than a second, repetitions included', 200, SECOND + 1],
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

  it('is now while somebody who comes waits longer than a second, and the first success after that [R285]', async () => {
    const { since, policy, answering } = watch();
    await operation(policy, 200);
    let answer = () => undefined as void;
    const answered = answering(() => new Promise<void>((resolve) => (answer = resolve)));
    jest.advanceTimersByTime(SECOND);
    expect(since()).toBe(0);
    // Others get their answers in time; whoever waits longest counts.
    await answering(async () => undefined);
    jest.advanceTimersByTime(SECOND);
    expect(since()).toBe(2 * SECOND);
    await operation(policy, 200);
    jest.advanceTimersByTime(SECOND);
    expect(since()).toBe(3 * SECOND);
    answer();
    await answered;
    jest.advanceTimersByTime(SECOND);
    await operation(policy, 200);
    jest.advanceTimersByTime(60 * SECOND);
    expect(since()).toBe(4 * SECOND);
  });

  it('is now, too, after somebody has waited that long for a failure [R285]', async () => {
    const { since, policy, answering } = watch();
    await operation(policy, 200);
    const failed = answering(async () => {
      jest.advanceTimersByTime(5 * SECOND);
      throw new Error('contention');
    });
    await expect(failed).rejects.toThrow('contention');
    expect(since()).toBe(5 * SECOND);
  });

  it.each([2, 60, 600])(
    'is as long ago as it was once the clock is set back by %s s [R344]',
    async (seconds) => {
      const { since, policy } = watch();
      jest.advanceTimersByTime(4 * SECOND);
      await operation(policy, 200);
      jest.advanceTimersByTime(SECOND);
      jest.setSystemTime(Date.now() - seconds * SECOND);
      expect(since()).toBe((4 - seconds) * SECOND);
    },
  );

  it.each([200, 201, 204, 304, 400, 404, 409, 412])('is not changed by an answer %s', async (status) => {
    const { since, policy } = watch();
    await operation(policy, 200);
    jest.advanceTimersByTime(60 * SECOND);
    await operation(policy, status);
    expect(since()).toBe(0);
  });
});

describe('through the real client of Table Storage', () => {
  it('ordinary answers that the client throws are no outage, and one of the storage that is down is', async () => {
    let status = 404;
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end('{"odata.error":{"code":"SomeCode","message":{"lang":"en-US","value":"x"}}}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      let now = 0;
      const watched = watchAvailability(() => now);
      const { customers } = createTableClients(
        { connectionString: connectionStringOf({ table: port }) },
        {},
        { policies: watched.policiesOf('storage') },
      );
      const calls = [
        () => customers.getEntity('p', 'r'),
        () => customers.createEntity({ partitionKey: 'p', rowKey: 'r' }),
        () => customers.updateEntity({ partitionKey: 'p', rowKey: 'r' }, 'Replace', { etag: 'x' }),
        () => customers.deleteEntity('p', 'r'),
        () => customers.submitTransaction([['create', { partitionKey: 'p', rowKey: 'r' }]]),
      ];
      for (status of [404, 409, 412, 400]) {
        for (const call of calls) await expect(call()).rejects.toThrow();
        now += 60 * SECOND;
        expect([status, watched.workingSince()]).toEqual([status, 0]);
      }
      status = 501;
      await expect(calls[0]!()).rejects.toThrow();
      expect(watched.workingSince()).toBe(now);
    } finally {
      server.close();
    }
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
    const watched = watchAvailability(Date.now);
    await operation(policyOf(watched), 200, lasts, new Date(date).toUTCString());
    expect(watched.clock.error).toBe(error);
  });

  it('is taken for right as long as the storage has not told the time: the socket service may be wrong', async () => {
    const watched = watchAvailability(Date.now);
    await operation(policyOf(watched), 200);
    await operation(policyOf(watched, 'web-pubsub'), 200, 0, 'Sun, 01 Mar 2026 09:00:00 GMT');
    expect(watched.clock.error).toBe(0);
  });
});

describe('how far the clock was ahead of one that nobody sets, when it was compared with that of the storage [R311]', () => {
  const DATE = new Date().toUTCString();

  it('is told by each answer of the storage', async () => {
    let set = 0;
    const watched = watchAvailability(() => Date.now() + set);
    const by = () => Math.abs(Date.now() + set - performance.now() - (watched.clock.ahead ?? Infinity));
    await operation(policyOf(watched), 200, 0, DATE);
    expect(by()).toBeLessThan(0.5 * SECOND);
    set = 2 * SECOND;
    expect(by()).toBeGreaterThan(1.5 * SECOND);
    await operation(policyOf(watched), 200, 0, DATE);
    expect(by()).toBeLessThan(0.5 * SECOND);
  });

  it('is not known before the storage has told the time', async () => {
    const watched = watchAvailability(Date.now);
    await operation(policyOf(watched, 'web-pubsub'), 200, 0, DATE);
    await operation(policyOf(watched), 200);
    expect(watched.clock.ahead).toBeUndefined();
  });
});

describe('a process that was frozen', () => {
  it('knows that nobody could reach it meanwhile', async () => {
    let now = 0;
    const watched = watchAvailability(() => now);
    const { workingSince } = watched;
    await operation(policyOf(watched), 200);
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
