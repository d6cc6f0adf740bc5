import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { programArguments } from '../../programs';
import { cliOptions, UsageError } from '../cli-options';
import { DEVELOPMENT_ACCESS_KEY, startWebPubSub } from '../index';

const MAIN = join(__dirname, '..', 'main.ts');
const HANDLER = 'http://127.0.0.1:9/api/web-pubsub/events?code=the-key';
const children: ChildProcess[] = [];

async function run(...args: string[]): Promise<{ child: ChildProcess; output: () => string }> {
  const child = spawn(process.execPath, [...(await programArguments(MAIN)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return { child, output: () => text };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

test('the command says where it listens, serves the service library, and ends when asked to', async () => {
  const { child, output } = await run('--port', '0', '--handler', HANDLER);
  const [ready] = (await once(child, 'message')) as [
    { type: string; endpoint: string; connectionString: string; port: number },
  ];
  const { port, connectionString } = ready;
  expect(ready).toEqual({
    type: 'ready',
    endpoint: `http://localhost:${port}`,
    connectionString: `Endpoint=http://localhost;AccessKey=${DEVELOPMENT_ACCESS_KEY};Port=${port};Version=1.0;`,
    port,
  });
  expect(DEVELOPMENT_ACCESS_KEY.length).toBeGreaterThanOrEqual(32);
  const rest = new WebPubSubServiceClient(connectionString, 'chat', { allowInsecureConnection: true });
  expect(await rest.userExists('nobody')).toBe(false);
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(output()).toBe(
    `Web PubSub (local stand-in) at http://localhost:${port}, hub chat. Ctrl-C stops it.\n`,
  );
});

test('the command fails on a port in use, naming it and the option', async () => {
  const other = await startWebPubSub({ hub: 'chat', handlerUrl: HANDLER });
  const { child, output } = await run('--port', String(other.port), '--handler', HANDLER);
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(output()).toContain(`Port ${other.port} is in use`);
  expect(output()).toContain('--port');
  await other.stop();
});

test.each([
  [['--handler', HANDLER, '--recovery-window', '30'], '--recovery-window'],
  [['--handler', HANDLER, '--system-events', 'connect,gone'], '--system-events'],
  [['--handler', HANDLER, '--port', '80800'], '--port'],
  [['--handler', HANDLER, '--colour', 'red'], '--colour'],
])('the command line %j is refused with the option that is wrong', (args, option) => {
  expect(() => cliOptions(args)).toThrow(UsageError);
  expect(() => cliOptions(args)).toThrow(option);
});

test('the command fails on a command line that is refused, and says first what is wrong', async () => {
  const { child, output } = await run();
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(output().split('\n')[0]).toContain('--handler is missing');
});
