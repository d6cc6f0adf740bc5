import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ownAccount } from '../../stack/shared-azurite';
import type { FunctionsHost } from '../index';
import { eventually, newHubName, RemoteClient, startFixture, type Status } from './support';

const hour = 3_600_000;

describe('orchestrations of the real durable-functions library', () => {
  const azurite = ownAccount();
  let host: FunctionsHost;
  let client: RemoteClient;
  let output = '';

  interface HistoryEvent {
    readonly EventType: string;
    readonly Timestamp: string;
    readonly FireAt?: string;
    readonly ScheduledTime?: string;
  }
  const historyOf = async (id: string): Promise<HistoryEvent[]> => {
    const answer = await client.manage(id, 'statusQueryGetUri', {}, '&showHistory=true');
    return ((await answer.json()) as { historyEvents: HistoryEvent[] }).historyEvents;
  };

  beforeAll(async () => {
    const onOutput = (text: string): void => void (output += text);
    host = await startFixture(azurite.connectionString, {}, { onOutput, deferredStarts: 0 });
    client = new RemoteClient(host);
  });
  afterAll(async () => {
    await host?.kill();
  });

  it('take the late branch when the timer wins', async () => {
    const id = await client.start('race', { waitMs: 200 });
    const status = await client.until(id, 'Completed');
    expect(status.output).toEqual({ answeredInTime: false, payload: null, noted: `noted late ${id}` });
  });

  it('are woken up to a second early: a timer waits for whole seconds, cut off', async () => {
    const id = await client.start('race', { waitMs: 1_950 });
    await client.until(id, 'Completed');
    const history = await historyOf(id);
    const timer = history.find(({ EventType }) => EventType === 'TimerCreated');
    const woken = history.find(({ EventType }) => EventType === 'TaskCompleted')?.ScheduledTime ?? '';
    const waited = Date.parse(woken) - Date.parse(timer?.Timestamp ?? '');
    expect(waited).toBeGreaterThanOrEqual(1_000);
    expect(woken < (timer?.FireAt ?? '')).toBe(true);
  });

  it('take the answered branch when the event wins, and end without waiting for the timer', async () => {
    const id = await client.start('race', { waitMs: hour });
    await client.call('raiseEvent', id, 'answered', { by: 'customer' });
    const status = await client.until(id, 'Completed');
    expect(status.output).toEqual({
      answeredInTime: true,
      payload: { by: 'customer' },
      noted: `noted answered ${id}`,
    });
  });

  it('stay Running while a losing timer has not been cancelled, as in Azure', async () => {
    const id = await client.start('forgetful-race', { waitMs: hour });
    await client.call('raiseEvent', id, 'answered', 1);
    const raced = await eventually(
      () => client.status(id),
      ({ customStatus }) => customStatus === 'raced',
    );
    expect(raced.runtimeStatus).toBe('Running');
    const brief = await client.start('forgetful-race', { waitMs: 300 });
    await client.call('raiseEvent', brief, 'answered', 1);
    expect((await client.until(brief, 'Completed')).output).toBe('done');
  });

  it('retry to success and to exhaustion, and later tasks get their own results', async () => {
    const id = await client.start('retries');
    const { output: results } = await client.until(id, 'Completed');
    expect(results).toEqual([
      'worked at attempt 3',
      expect.stringContaining("Activity function 'flaky' failed: attempt 3 failed"),
      ['worked at attempt 2', [1, 'two', null], null, 'text', 42],
      'failed',
      expect.stringContaining("no activity function named 'no-such-activity'"),
      'last',
    ]);
  });

  it('continue as new until they are done', async () => {
    const id = await client.start('countdown', { left: 4 });
    const status = await client.until(id, 'Completed');
    expect(status.output).toEqual([4, 3, 2, 1]);
    expect(status.customStatus).toEqual({ left: 1 });
  });

  it('get an event raised after they continued as new in the new generation', async () => {
    const id = await client.start('generations', {});
    await client.call('raiseEvent', id, 'next', 'first');
    await eventually(
      () => client.status(id),
      ({ customStatus }) => (customStatus as { seen?: number } | null)?.seen === 1,
    );
    await client.call('raiseEvent', id, 'next', 'second');
    expect((await client.until(id, 'Completed')).output).toEqual(['first', 'second']);
  });

  it('call sub-orchestrations that succeed, fail and wait', async () => {
    const id = await client.start('parent');
    await eventually(
      () => client.status(id),
      ({ customStatus }) => customStatus !== null,
    );
    await eventually(
      () => client.call<Status>('getStatus', `${id}-slow`).catch(() => undefined),
      (status) => status?.runtimeStatus === 'Running',
    );
    await client.call('raiseEvent', `${id}-slow`, 'go', 'slow but sure');
    const { output: results } = await client.until(id, 'Completed');
    expect(results).toEqual([
      { parent: id, version: '7.0', got: 'return' },
      expect.stringContaining('the child is unhappy'),
      'slow but sure',
      'last',
    ]);
  });

  it('see the failure of a child that is terminated', async () => {
    const id = await client.start('parent');
    await eventually(
      () => client.call<Status>('getStatus', `${id}-slow`).catch(() => undefined),
      (status) => status?.runtimeStatus === 'Running',
    );
    await client.call('terminate', `${id}-slow`, 'enough');
    expect((await client.until(id, 'Failed')).output).toContain('enough');
  });

  it('run under the version asked for, or the default one of host.json', async () => {
    const [own, byDefault] = [randomUUID(), randomUUID()];
    await client.call('startNew', 'child', { instanceId: own, input: { mode: 'return' }, version: '2.5' });
    expect((await client.until(own, 'Completed')).output).toMatchObject({ version: '2.5' });
    await client.start('child', { mode: 'return' }, byDefault);
    await client.until(byDefault, 'Completed');
    const shown = await (await client.manage(byDefault, 'statusQueryGetUri')).text();
    expect(shown).toMatch(/^\{"name":"child","version":"7\.0","instanceId":/);
  });

  it('fail with their error, and a late event is swallowed', async () => {
    const id = await client.start('failing');
    expect((await client.until(id, 'Failed')).output).toBe("Orchestrator function 'failing' failed: no way");
    await expect(client.call('raiseEvent', id, 'answered', {})).resolves.toBeNull();
  });

  it('end as Terminated with the reason', async () => {
    const id = await client.start('race', { waitMs: hour });
    await client.call('terminate', id, 'closed by hand');
    const status = await client.status(id);
    expect(status).toMatchObject({ runtimeStatus: 'Terminated', output: 'closed by hand' });
  });

  it('are refused under the id of a live instance, and started anew under that of an ended one', async () => {
    const id = await client.start('race', { waitMs: hour });
    await expect(client.start('race', { waitMs: hour }, id)).rejects.toThrow('409');
    await client.call('raiseEvent', id, 'answered', 'first');
    await client.until(id, 'Completed');

    await client.start('race', { waitMs: hour }, id);
    await client.call('raiseEvent', id, 'answered', 'second');
    const status = await client.until(id, 'Completed');
    expect(status.output).toMatchObject({ payload: 'second' });
  });

  it('that nobody started are unknown', async () => {
    await expect(client.call('getStatus', 'nobody')).rejects.toThrow('404');
    await expect(client.call('raiseEvent', 'nobody', 'answered', {})).rejects.toThrow(
      "No instance with ID 'nobody'",
    );
    expect(await client.call('purgeInstanceHistory', 'nobody')).toEqual({ instancesDeleted: 0 });
    for (const link of ['statusQueryGetUri', 'terminatePostUri', 'suspendPostUri']) {
      const method = link === 'statusQueryGetUri' ? 'GET' : 'POST';
      const answer = await client.manage('nobody', link, { method });
      expect([answer.status, await answer.text()]).toEqual([404, '']);
    }
  });

  it('that the app does not have are accepted, and fail', async () => {
    const id = await client.start('no-such-orchestrator');
    expect((await client.until(id, 'Failed')).output).toMatch(
      /^Orchestrator function 'no-such-orchestrator' failed: The function 'no-such-orchestrator' doesn't exist, is disabled, or is not an orchestrator function\. .*'race'/,
    );
  });

  it('wait while they are suspended, with the reason as output, which stays', async () => {
    const id = await client.start('race', { waitMs: hour });
    await client.until(id, 'Running');
    await client.call('suspend', id, 'for a look');
    expect(await client.status(id)).toMatchObject({ runtimeStatus: 'Suspended', output: 'for a look' });
    await client.call('resume', id, 'seen');
    expect(await client.status(id)).toMatchObject({ runtimeStatus: 'Running', output: 'seen' });
    await client.call('suspend', id, 'once more');
    await client.call('raiseEvent', id, 'answered', 'meanwhile');
    expect(await client.status(id)).toMatchObject({ runtimeStatus: 'Suspended', output: 'once more' });
    await client.call('resume', id, 'seen');
    expect((await client.until(id, 'Completed')).output).toMatchObject({ payload: 'meanwhile' });
  });

  it('answer mistakes as the extension does', async () => {
    const id = await client.start('race', { waitMs: hour });
    await client.until(id, 'Running');
    const running = await client.manage(id, 'statusQueryGetUri');
    expect(running.status).toBe(202);
    expect(running.url).toContain('&connection=Storage&');
    expect(running.headers.get('location')).toBe(running.url);
    const url = running.url.replace(`instances/${id}`, `orchestrators/race/${id}`);
    const again = await fetch(url, { method: 'POST' });
    expect([again.status, await again.json()]).toEqual([
      409,
      { Message: 'An Orchestration instance with the status Running already exists.' },
    ]);
    const headers = { 'content-type': 'application/json' };
    const malformed = await client.manage(id, 'sendEventPostUri', { method: 'POST', headers, body: '{"a' });
    expect([malformed.status, await malformed.json()]).toEqual([
      400,
      {
        Message: 'Invalid JSON content',
        ExceptionMessage: expect.any(String),
        ExceptionType: 'Newtonsoft.Json.JsonReaderException',
        StackTrace: expect.any(String),
      },
    ]);
    const text = await client.manage(id, 'sendEventPostUri', { method: 'POST', body: '{}' });
    expect([text.status, await text.json()]).toEqual([
      400,
      { Message: 'Only application/json request content is supported' },
    ]);
    const purged = await client.manage(id, 'purgeHistoryDeleteUri', { method: 'DELETE' });
    expect([purged.status, (await client.status(id)).runtimeStatus]).toEqual([412, 'Running']);
  });

  it('are purged by id once they have ended, not before', async () => {
    const id = await client.start('race', { waitMs: hour });
    await expect(client.call('purgeInstanceHistory', id)).rejects.toThrow(/412.*has status/);
    await client.call('terminate', id, 'x');
    expect(await client.call('purgeInstanceHistory', id)).toEqual({ instancesDeleted: 1 });
    await expect(client.call('getStatus', id)).rejects.toThrow('404');
  });

  it('are purged by filter, and only those that match', async () => {
    const from = new Date().toISOString();
    const [failed, running] = [await client.start('failing'), await client.start('race', { waitMs: hour })];
    const done = await client.start('countdown', { left: 1 });
    await Promise.all([client.until(failed, 'Failed'), client.until(done, 'Completed')]);
    const filter = { createdTimeFrom: from, runtimeStatus: ['Failed', 'Running'] };
    expect(await client.call('purgeInstanceHistoryBy', filter)).toEqual({ instancesDeleted: 1 });
    await expect(client.call('getStatus', failed)).rejects.toThrow('404');
    expect((await client.status(done)).runtimeStatus).toBe('Completed');
    await client.until(running, 'Running');
  });

  it('are listed over several pages, by status', async () => {
    const from = new Date().toISOString();
    const ids = await Promise.all(Array.from({ length: 105 }, () => client.start('child', { mode: 'wait' })));
    await client.call('terminate', ids[0], 'x');
    const filter = { createdTimeFrom: from, runtimeStatus: ['Pending', 'Running'] };
    const listed = await client.call<Status[]>('getStatusBy', filter);
    expect(listed.map(({ instanceId }) => instanceId).sort()).toEqual(ids.slice(1).sort());
  });

  it('schedule more activities at once than a transaction has operations', async () => {
    const id = await client.start('fan-out');
    expect((await client.until(id, 'Completed')).output).toBe((149 * 150) / 2);
  });

  it.each(['return', 'call', 'result', 'throw'])(
    'fail clearly when what they %s is too long',
    async (how) => {
      const id = await client.start('oversized', { how, length: 70_000 });
      expect((await client.until(id, 'Failed')).output).toContain('longer than 65536 characters');
    },
  );

  it('return what is just short enough', async () => {
    const fits = await client.start('oversized', { how: 'return', length: 65_000 });
    expect((await client.until(fits, 'Completed')).output).toHaveLength(65_000);
  });

  it('refuse an input or an event that is too long', async () => {
    const long = 'x'.repeat(70_000);
    await expect(client.start('race', { long })).rejects.toThrow(/400.*longer than/);
    const id = await client.start('race', { waitMs: hour });
    await expect(client.call('raiseEvent', id, 'answered', long)).rejects.toThrow(/400.*longer than/);
  });

  it('refuse events whose name is a number or that are not JSON', async () => {
    const id = await client.start('race', { waitMs: hour });
    await expect(client.call('raiseEvent', id, '0', {})).rejects.toThrow('400');
    await expect(client.call('raiseEvent', id, 'answered')).rejects.toThrow('400');
    await client.until(id, 'Running');
  });

  it('are told loudly when a pending task is raced a second time', async () => {
    const id = await client.start('reuses-a-task');
    await eventually(
      async () => output,
      (text) => text.includes(id),
    );
    expect(output).toMatch(/\[critical\] reuses-a-task: .*CallActivity 'held'.*second time/);
  });

  it('fail with a clear message when they use what is not covered', async () => {
    const id = await client.start('calls-http');
    expect((await client.until(id, 'Failed')).output).toContain('does not cover');
    const running = await client.start('race', { waitMs: hour });
    await expect(client.call('rewind', running, 'x')).rejects.toThrow('only orchestrations in the "Failed"');
    await expect(client.call('rewind', id, 'x')).rejects.toThrow('not covered');
    expect((await client.manage(id, 'restartPostUri', { method: 'POST' })).status).toBe(501);
  });

  it('are managed through the urls of the main port, with the system key only', async () => {
    const id = await client.start('race', { waitMs: hour });
    const links = await client.call<Record<string, string>>('createHttpManagementPayload', id);
    const statusUri = links['statusQueryGetUri'] ?? '';
    expect(statusUri.startsWith(`${host.url}/runtime/webhooks/durabletask/instances/${id}`)).toBe(true);
    expect((await fetch(statusUri)).status).toBe(202);
    expect((await fetch(statusUri.replace(/code=[^&]*/, 'code=wrong'))).status).toBe(401);
    expect((await fetch(statusUri.replace(/[?&]code=[^&]*/, ''))).status).toBe(401);

    const sent = await fetch((links['sendEventPostUri'] ?? '').replace('{eventName}', 'answered'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '"by hand"',
    });
    expect(sent.status).toBe(202);
    expect((await client.until(id, 'Completed')).output).toMatchObject({ payload: 'by hand' });
    const history = await historyOf(id);
    const at = expect.any(String);
    const [started, , raised] = history;
    expect(started).toMatchObject({ FunctionName: 'race', Input: `{"waitMs":${hour}}` });
    expect(started).not.toHaveProperty('Name');
    expect(raised).toEqual({ EventType: 'EventRaised', Name: 'answered', Input: '"by hand"', Timestamp: at });
    expect(history.slice(3)).toEqual([
      {
        ...{ EventType: 'TaskCompleted', Timestamp: at, ScheduledTime: at, FunctionName: 'note' },
        Input: `["\\"answered ${id}\\""]`,
      },
      {
        ...{ EventType: 'ExecutionCompleted', OrchestrationStatus: 'Completed', FailureDetails: null },
        Timestamp: at,
      },
    ]);
  });

  it('have in their history of a timer that fired when it was ordered', async () => {
    const id = await client.start('race', { waitMs: 10 });
    await client.until(id, 'Completed');
    const [, created, fired] = await historyOf(id);
    expect(created).toMatchObject({ EventType: 'TimerCreated', Timestamp: fired?.Timestamp });
    expect(fired).toMatchObject({ EventType: 'TimerFired', FireAt: created?.FireAt });
  });
});

describe('the host that starts orchestrations', () => {
  const azurite = ownAccount();
  const running: FunctionsHost[] = [];
  const start = async (
    ...parameters: Parameters<typeof startFixture> extends [string, ...infer R] ? R : never
  ) => {
    const host = await startFixture(azurite.connectionString, ...parameters);
    running.push(host);
    return { host, client: new RemoteClient(host) };
  };
  afterAll(async () => {
    await Promise.all(running.map((host) => host.kill()));
  });

  it('loses, after a 202, what is raised to one whose start it has put off', async () => {
    const { client } = await start({}, { deferredStarts: 1 });
    const ids = await Promise.all(Array.from({ length: 8 }, () => client.start('race', { waitMs: hour })));
    await Promise.all(ids.map((id) => client.call('raiseEvent', id, 'answered', 'first')));
    const statuses = await eventually(
      () => Promise.all(ids.map((id) => client.status(id))),
      (all) => all.every(({ runtimeStatus }) => runtimeStatus !== 'Pending'),
    );
    const unheard = statuses.filter(({ runtimeStatus }) => runtimeStatus === 'Running');
    expect(unheard.length).toBeGreaterThan(0);
    for (const { instanceId } of unheard) {
      await client.call('raiseEvent', instanceId, 'answered', 'second');
      expect((await client.until(instanceId, 'Completed')).output).toMatchObject({ payload: 'second' });
    }
  });

  it('leaves those of a newer version pending, for a host that has that version', async () => {
    const env = { FIXTURE_HUB: newHubName() };
    const { host, client } = await start(env);
    const [newer, older] = [randomUUID(), randomUUID()];
    await client.call('startNew', 'child', { instanceId: newer, input: { mode: 'return' }, version: '7.1' });
    await client.call('startNew', 'child', { instanceId: older, input: { mode: 'return' }, version: '6.9' });
    await client.until(older, 'Completed');
    expect((await client.status(newer)).runtimeStatus).toBe('Pending');
    await host.stop();
    const upgraded = await start({ ...env, FIXTURE_VERSION: '7.1' });
    expect((await upgraded.client.until(newer, 'Completed')).output).toMatchObject({ version: '7.1' });
  });

  it('fails them for good while its worker is away, and requests with them, until it is back', async () => {
    const { host, client } = await start();
    const due = await client.start('race', { waitMs: 2_500 });
    const later = await client.start('race', { waitMs: hour });
    await Promise.all([client.until(due, 'Running'), client.until(later, 'Running')]);
    const back = host.restartWorker(4_000);
    await eventually(
      () => fetch(`${host.url}/api/things/special`),
      ({ status }) => status === 500,
    );
    await back;
    expect((await client.until(due, 'Failed')).output).toBe(
      "Orchestrator function 'race' failed: Did not find any initialized language workers",
    );
    await client.call('raiseEvent', later, 'answered', 'after');
    expect((await client.until(later, 'Completed')).output).toMatchObject({ payload: 'after' });
  });
});
