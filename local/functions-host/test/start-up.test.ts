import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ownAccount } from '../../stack/shared-azurite';
import { readHostJson } from '../cli/host-json';
import { readKeys } from '../http/authorize';
import { startFunctionsHost } from '../index';
import { eventually, fixtureApp, keys, RemoteClient, startFixture } from './support';

describe('starting the host', () => {
  const azurite = ownAccount();
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'functions-host-start-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const failure = async (env: Record<string, string>): Promise<string> => {
    const error = await startFixture(azurite.connectionString, env).then(
      async (host) => {
        await host.stop();
        return new Error('It started.');
      },
      (reason: Error) => reason,
    );
    return error.message;
  };

  it.each([
    [
      'every trigger and binding',
      { FIXTURE_TURN_ON: 'queue,entity,output' },
      /does not cover: from-queue \(queueTrigger\), counter \(entityTrigger\), with-output \(blob\)/,
    ],
    ['HTTP streaming', { FIXTURE_TURN_ON: 'stream' }, /enableHttpStream/],
    ['a route constraint', { FIXTURE_TURN_ON: 'constraint' }, /odd\/\{id:banana\}.*'banana'/],
    ['a schedule', { FIXTURE_TURN_ON: 'crontab' }, /schedule '0 0 0 L \* \*' of bad-timer/],
  ])('refuses by name %s it does not cover', async (_what, env, message) => {
    expect(await failure(env)).toMatch(message);
  });

  it('tells plainly why the app could not be loaded', async () => {
    expect(await failure({ FIXTURE_TURN_ON: 'throw' })).toBe(
      'functions/switched.cjs could not be loaded: The setting CHAT_SECRET is missing',
    );
  });

  it('names the setting that is missing', async () => {
    expect(await failure({ LOCAL_FUNCTION_KEY: '' })).toBe(
      "Set LOCAL_FUNCTION_KEY: authLevel 'function' is enforced for guarded.",
    );
    for (const LOCAL_FUNCTION_KEYS of ['guarded', '{"guarded":7}']) {
      expect(() => readKeys({ ...keys, LOCAL_FUNCTION_KEYS }, [])).toThrow('LOCAL_FUNCTION_KEYS must be');
    }
    expect(await failure({ AzureWebJobsStorage: '' })).toContain('Set AzureWebJobsStorage');
    const administered = [{ name: 'administered', authLevel: 'admin' }];
    expect(() => readKeys({ LOCAL_MASTER_KEY: '' }, administered)).toThrow('Set LOCAL_MASTER_KEY');
    await expect(readHostJson(fixtureApp, { FIXTURE_HUB: '' })).rejects.toThrow('setting FIXTURE_HUB');
  });

  it('tells the way out when the port is in use', async () => {
    const host = await startFixture(azurite.connectionString);
    const second = startFixture(azurite.connectionString, {}, { port: host.port });
    await expect(second).rejects.toThrow(new RegExp(`^Port ${host.port} is in use.*--port`));
    await host.stop();
  });

  it('takes settings from a file, and the environment wins over them', async () => {
    const settings = path.join(directory, 'local.settings.json');
    const values = { ...keys, AzureWebJobsStorage: azurite.connectionString, FIXTURE_HUB: 'FromFile' };
    await writeFile(settings, JSON.stringify({ IsEncrypted: false, Values: values }));
    const env = {
      ...{ AzureWebJobsStorage: undefined, FIXTURE_HUB: undefined },
      ...{ FIXTURE_VERSION: '7.0', LOCAL_FUNCTION_KEY: 'from-env' },
    };
    const host = await startFunctionsHost({ appDirectory: fixtureApp, settings, env });
    const status = async (key: string) => (await fetch(`${host.url}/api/guarded?code=${key}`)).status;
    expect([await status(keys.LOCAL_FUNCTION_KEY), await status('from-env')]).toEqual([401, 200]);
    await host.stop();
  });

  it('lets browsers of the configured origins call, and no others', async () => {
    const settings = path.join(directory, 'cors.settings.json');
    const Host = { CORS: 'https://shop.example' };
    await writeFile(settings, JSON.stringify({ IsEncrypted: false, Values: {}, Host }));
    const host = await startFixture(azurite.connectionString, {}, { settings });
    const preflight = (origin: string) =>
      fetch(`${host.url}/api/echo/x`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' },
      });
    const allowed = await preflight('https://shop.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('x-a');
    const foreign = await preflight('https://elsewhere.example');
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    const answer = await fetch(`${host.url}/api/echo/x`, {
      method: 'PUT',
      headers: { origin: 'https://shop.example' },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    await host.stop();
  });

  it('runs timer functions by their schedule and at start', async () => {
    const notes = path.join(directory, 'timers');
    const host = await startFixture(azurite.connectionString, {
      ...{ FIXTURE_TURN_ON: 'timer', FIXTURE_NOTES: notes, FIXTURE_SCHEDULE: '* * * * * *' },
    });
    const lines = await eventually(
      async () => (await readFile(notes, 'utf8').catch(() => '')).trim().split('\n'),
      ({ length }) => length >= 3,
    );
    await host.stop();
    const inputs = lines.map((line) => JSON.parse(line.replace('timer ', '')) as Record<string, unknown>);
    expect(inputs[0]).toMatchObject({ isPastDue: false, schedule: { adjustForDST: true } });
  });

  it('stops by itself although a handler hangs', async () => {
    const notes = path.join(directory, 'hanging');
    const host = await startFixture(azurite.connectionString, { FIXTURE_NOTES: notes });
    await new RemoteClient(host).start('held-then-timer');
    await eventually(
      () => readFile(notes, 'utf8').catch(() => ''),
      (text) => text === 'held\n',
    );
    expect(await host.stop()).toBe('by itself');
  });
});
