import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ownAccount } from '../../stack/shared-azurite';
import type { FunctionsHost } from '../index';
import { eventually, RemoteClient, startFixture, type Status } from './support';

const hour = 3_600_000;

describe('orchestrations of the real durable-functions library', () => {
  const azurite = ownAccount();
  let host: FunctionsHost;
  let client: RemoteClient;
  let output = '';

  beforeAll(async () => {
    host = await startFixture(azurite.connectionString, {}, { onOutput: (text) => (output += text) });
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
    const own = randomUUID();
    await client.call('startNew', 'child', { instanceId: own, input: { mode: 'return' }, version: '2.5' });
    expect((await client.until(own, 'Completed')).output).toMatchObject({ version: '2.5' });
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
    await expect(client.start('no-such-orchestrator')).rejects.toThrow(/400.*no-such-orchestrator/);
    expect(await client.call('purgeInstanceHistory', 'nobody')).toEqual({ instancesDeleted: 0 });
  });

  it('are purged by id once they have ended, not before', async () => {
    const id = await client.start('race', { waitMs: hour });
    await expect(client.call('purgeInstanceHistory', id)).rejects.toThrow('has not ended');
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
    expect((await client.status(running)).runtimeStatus).toBe('Running');
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
    expect((await client.status(id)).runtimeStatus).toBe('Running');
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
    await expect(client.call('suspend', running, 'x')).rejects.toThrow(/501.*not covered/);
    await expect(client.call('rewind', running, 'x')).rejects.toThrow('not covered');
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
    const history = (await (await fetch(`${statusUri}&showHistory=true`)).json()) as {
      historyEvents: { EventType: string }[];
    };
    expect(history.historyEvents.map(({ EventType }) => EventType)).toEqual([
      ...['ExecutionStarted', 'TimerCreated', 'EventRaised', 'TaskScheduled', 'TaskCompleted'],
    ]);
  });
});
