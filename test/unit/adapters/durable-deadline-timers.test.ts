import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DependencyError } from '../../../shared/app/errors';
import { durableTimers } from '../../../shared/deadlines/durable-timers';
import { SECRET, startDurableRpc, type DurableRpc } from './durable-rpc';
import type * as FunctionsCore from '../../support/functions-core';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof FunctionsCore>('../../support/functions-core').functionsCore,
  { virtual: true },
);

const TIMER = { conversationId: 'conversation-0001', kind: 'disconnection', number: 3 } as const;
const INSTANCE = 'conversation-0001.disconnection.3';
const DEADLINE = Date.parse('2026-03-01T10:03:00.000Z');
const START = `POST /durabletask/orchestrators/conversation-deadline/${INSTANCE}`;
const STATUS = `GET /durabletask/instances/${INSTANCE}`;
const RUNNING = {
  name: 'conversation-deadline',
  instanceId: INSTANCE,
  runtimeStatus: 'Running',
  input: null,
  output: null,
  createdTime: '2026-03-01T10:00:00Z',
  lastUpdatedTime: '2026-03-01T10:00:00Z',
};

let rpc: DurableRpc;
beforeEach(async () => (rpc = await startDurableRpc(() => [202, { id: INSTANCE }])));
afterEach(() => rpc.stop());

const timers = () => durableTimers({ durable: rpc.client });
const start = () => timers().start(TIMER, DEADLINE);
const cancel = () => timers().cancel(TIMER, 'customerReconnected');

const failureOf = async (run: Promise<unknown>): Promise<DependencyError> => {
  const thrown = await run.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(DependencyError);
  return thrown as DependencyError;
};

/** Everything of an error that could be logged. */
const toldBy = (error: DependencyError) => `${error.message} ${String(error.cause)}`;

describe('starting a timer', () => {
  it('starts one instance per numbered deadline, with ids and a time as its input', async () => {
    await start();
    expect(rpc.calls).toEqual([START]);
    expect(rpc.bodies).toEqual([{ ...TIMER, deadline: '2026-03-01T10:03:00.000Z' }]);
  });

  it.each([
    [409, 'An Orchestration instance with this id already exists.'],
    [500, { Message: 'Something went wrong', ExceptionMessage: 'already exists' }],
  ])('that runs already is a success, also when the host says %i', async (status, body) => {
    rpc.answer = (call) => (call === START ? [status, body] : [202, RUNNING]);
    await expect(start()).resolves.toBeUndefined();
    expect(rpc.calls).toEqual([START, STATUS]);
  });

  it('that has finished already is a success', async () => {
    rpc.answer = (call) =>
      call === START ? [409, 'exists'] : [200, { ...RUNNING, runtimeStatus: 'Completed' }];
    await expect(start()).resolves.toBeUndefined();
  });

  it.each<[string, number, unknown]>([
    ['there is no such instance', 404, undefined],
    ['its status cannot be read either', 500, { Message: 'no' }],
    ['the status is that of another one', 200, { ...RUNNING, instanceId: 'another' }],
    ['the status is nonsense', 200, 'nonsense'],
    ['the instance has failed', 200, { ...RUNNING, runtimeStatus: 'Failed' }],
    ['the instance was terminated', 200, { ...RUNNING, runtimeStatus: 'Terminated' }],
  ])('fails, to be repeated, when the host says 500 and %s', async (_what, status, body) => {
    rpc.answer = (call) => (call === START ? [500, { Message: 'no' }] : [status, body]);
    expect(await failureOf(start())).toMatchObject({ retryable: true, dependency: 'durable-functions' });
  });
});

describe('cancelling a timer', () => {
  it.each(['customerReconnected', 'conversationEnded'] as const)('raises the event %s', async (because) => {
    rpc.answer = () => [202];
    await timers().cancel(TIMER, because);
    expect(rpc.calls).toEqual([`POST ${STATUS.slice(4)}/raiseEvent/${because}`]);
  });

  it.each([
    [404, 'that never existed'],
    [410, 'that has finished'],
  ])('is a success for one (%i) %s', async (status) => {
    rpc.answer = () => [status, `No instance with ID '${INSTANCE}' found.`];
    await expect(cancel()).resolves.toBeUndefined();
  });

  it.each([400, 401, 500, 503])('fails, to be repeated, when the host says %i', async (status) => {
    rpc.answer = () => [status, { Message: 'no' }];
    expect(await failureOf(cancel())).toMatchObject({ retryable: true, dependency: 'durable-functions' });
  });
});

describe('a host that cannot be reached', () => {
  it.each([
    ['start', start],
    ['cancel', cancel],
  ])('makes %s fail, to be repeated', async (_name, run) => {
    await rpc.stop();
    const failure = await failureOf(run());
    expect(failure).toMatchObject({ retryable: true, code: 'dependency-failed' });
    expect(toldBy(failure)).not.toContain(SECRET);
  });

  it('or that never answers makes both fail within seconds', async () => {
    rpc.answer = () => 'hang';
    const limit = new Promise((resolve) => setTimeout(resolve, 7_000, 'still waiting').unref());
    const outcomes = [start(), cancel()].map((run) => run.catch((error: unknown) => error));
    const first = await Promise.race([Promise.all(outcomes), limit]);
    expect(first).toEqual([expect.any(DependencyError), expect.any(DependencyError)]);
  });
});

describe('the error', () => {
  it('tells neither addresses nor keys nor what the host answered at length', async () => {
    const url = `http://localhost:7071/runtime/webhooks/durabletask?code=${SECRET}`;
    rpc.answer = () => [500, `${url} failed\n${'x'.repeat(10_000)}`];
    for (const run of [start, cancel]) {
      const told = toldBy(await failureOf(run()));
      expect(told).not.toContain(SECRET);
      expect(told).not.toContain('http://');
      expect(told.length).toBeLessThan(400);
    }
  });
});
