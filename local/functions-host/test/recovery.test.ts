import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FunctionsHost, FunctionsHostOptions } from '../index';
import { eventually, newHubName, RemoteClient, startAzurite, startFixture, type Azurite } from './support';

const hour = 3_600_000;

type AfterKill = Pick<FunctionsHostOptions, 'invisibility' | 'timerLease'>;

describe('a host that is killed or loses its storage', () => {
  let azurite: Azurite;
  let directory: string;
  const running = new Set<FunctionsHost>();

  const soon = { invisibility: 'PT1S', timerLease: 'PT0S' };
  const start = async (hub: string, env: Record<string, string> = {}, afterKill: AfterKill = soon) => {
    let output = '';
    const host = await startFixture(
      azurite.connectionString,
      { FIXTURE_HUB: hub, FIXTURE_NOTES: path.join(directory, hub), ...env },
      { ...afterKill, onOutput: (text) => (output += text) },
    );
    running.add(host);
    return { host, client: new RemoteClient(host), output: () => output };
  };
  const readNotes = (hub: string) => readFile(path.join(directory, hub), 'utf8').catch(() => '');
  const isHeld = (hub: string) =>
    eventually(
      () => readNotes(hub),
      (notes) => notes === 'held\n',
    );
  const letGo = (hub: string) => writeFile(path.join(directory, `${hub}.let-go`), '');

  beforeAll(async () => {
    azurite = await startAzurite();
    directory = await mkdtemp(path.join(tmpdir(), 'functions-host-notes-'));
  });
  afterEach(async () => {
    await Promise.all([...running].map((host) => host.kill()));
    running.clear();
  });
  afterAll(async () => {
    await azurite?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('fires a timer that was pending when it was killed', async () => {
    const hub = newHubName();
    const { host, client } = await start(hub);
    const pending = await client.start('race', { waitMs: 3_000 });
    const missed = await client.start('race', { waitMs: 100 });
    const answered = await client.start('race', { waitMs: hour });
    await client.until(answered, 'Running');
    await host.kill();
    const second = await start(hub);
    await second.client.call('raiseEvent', answered, 'answered', 'after the restart');

    expect((await second.client.until(missed, 'Completed')).output).toMatchObject({ answeredInTime: false });
    expect((await second.client.until(answered, 'Completed')).output).toMatchObject({
      payload: 'after the restart',
    });
    expect((await second.client.until(pending, 'Completed')).output).toMatchObject({ answeredInTime: false });
  });

  it('loses no event that was acknowledged just before the kill', async () => {
    const hub = newHubName();
    const { host, client } = await start(hub);
    const ids = await Promise.all(Array.from({ length: 12 }, () => client.start('race', { waitMs: hour })));
    await Promise.all(ids.map((id) => client.call('raiseEvent', id, 'answered', id)));
    await host.kill();
    const second = await start(hub);
    const ended = await Promise.all(ids.map((id) => second.client.until(id, 'Completed')));
    expect(ended.map((status) => (status.output as { payload: string }).payload)).toEqual(ids);
  });

  it('survives kills at any moment: mixed orchestrations all end right', async () => {
    const hub = newHubName();
    const { client } = await start(hub);
    const timers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => client.start('race', { waitMs: 200 + i * 400 })),
    );
    const parents = await Promise.all(Array.from({ length: 4 }, () => client.start('parent')));
    const countdowns = await Promise.all(
      Array.from({ length: 4 }, () => client.start('countdown', { left: 25 })),
    );
    let last = [...running][0] as FunctionsHost;
    for (const pause of [30, 0, 120]) {
      await last.kill();
      last = (await start(hub)).host;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    const survivor = new RemoteClient(last);
    for (const id of parents) {
      const child = `${id}-slow`;
      await eventually(
        () =>
          survivor.status(child).then(
            ({ runtimeStatus }) => runtimeStatus,
            () => 'unknown',
          ),
        (status) => status === 'Running',
      );
      await survivor.call('raiseEvent', child, 'go', 1);
    }
    for (const id of timers) {
      expect((await survivor.until(id, 'Completed')).output).toMatchObject({ answeredInTime: false });
    }
    for (const id of countdowns) {
      const expected = Array.from({ length: 25 }, (_, i) => 25 - i);
      expect((await survivor.until(id, 'Completed')).output).toEqual(expected);
    }
    for (const id of parents) expect((await survivor.until(id, 'Completed')).output).toContain('last');
  });

  it('runs an activity again that was under way, once it is seen again', async () => {
    const hub = newHubName();
    const { host, client } = await start(hub);
    const startedAt = Date.now();
    const id = await client.start('held-then-timer');
    await isHeld(hub);
    await host.kill();
    await letGo(hub);
    const second = await start(hub, {}, { invisibility: 'PT6S' });
    expect(second.output()).toContain('was killed: what it had in hand is out of sight for 6 s');
    expect((await second.client.until(id, 'Completed')).output).toBe('let go');
    expect(Date.now() - startedAt).toBeGreaterThan(6_000);
    expect(await readNotes(hub)).toBe('held\nheld\n');
  });

  it('keeps nothing out of sight when it is stopped in order, though work is under way', async () => {
    const hub = newHubName();
    const { host, client } = await start(hub);
    const id = await client.start('held-then-timer');
    await isHeld(hub);
    await host.stop();
    await letGo(hub);
    const second = await start(hub, {}, {});
    expect((await second.client.until(id, 'Completed')).output).toBe('let go');
    expect(second.output()).not.toContain('killed');
  });

  it('keeps the timer functions of its successor waiting', async () => {
    const hub = newHubName();
    const timers = { FIXTURE_TURN_ON: 'timer', FIXTURE_SCHEDULE: '* * * * * *' };
    const { host } = await start(hub, timers);
    const lines = async () => (await readNotes(hub)).split('\n').length;
    await eventually(lines, (count) => count > 2);
    await host.kill();
    const [killedAt, before] = [Date.now(), await lines()];
    await start(hub, timers, { timerLease: 'PT8S' });
    await eventually(lines, (count) => count > before);
    // The lease had been renewed within the last second or two.
    expect(Date.now() - killedAt).toBeGreaterThan(5_000);
  });

  it('fails an instance whose orchestrator has changed under it', async () => {
    const hub = newHubName();
    const { host, client } = await start(hub);
    const id = await client.start('changing');
    await client.until(id, 'Running');
    await host.kill();
    const second = await start(hub, { FIXTURE_CHANGED: '1' });
    await second.client.call('raiseEvent', id, 'go', 1);
    expect((await second.client.until(id, 'Failed')).output).toMatch(/Non-deterministic.*'echo'.*'note'/);
  });

  it('has its hub to itself: a second host is refused, a successor is not', async () => {
    const hub = newHubName();
    const { host } = await start(hub);
    await expect(start(hub)).rejects.toThrow(
      new RegExp(`Another host \\(process ${host.pid} .*already runs the task hub '${hub}'`),
    );
    expect((await fetch(`${host.url}/api/things/special`)).status).toBe(200);
    await host.stop();
    await start(hub);
  });

  it('goes on where it was when the storage comes back', async () => {
    const hub = newHubName();
    const { client, output } = await start(hub);
    const activity = await client.start('held-then-timer');
    await isHeld(hub);
    const timer = await client.start('race', { waitMs: 900 });
    await eventually(
      () => client.status(timer),
      ({ runtimeStatus }) => runtimeStatus !== 'Pending',
    );
    await azurite.stopService();
    await letGo(hub);
    const isRefused = (id: string) => new RegExp(`${id}: .*will (try again|be repeated)`).test(output());
    await eventually(
      () => readNotes(hub),
      // On a busy machine the timer may have fired before the storage was away.
      (notes) => isRefused(activity) && (isRefused(timer) || notes.includes('late')),
    );
    await azurite.startService();
    expect((await client.until(activity, 'Completed')).output).toBe('let go');
    expect((await client.until(timer, 'Completed')).output).toMatchObject({ answeredInTime: false });
    expect(await readNotes(hub)).toBe(`held\nlate ${timer}\n`);
  });
});
