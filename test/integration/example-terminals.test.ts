import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { LOCAL_FUNCTION_KEY, ROOT } from '../../local/stack/stack';
import { seconds, within } from '../e2e/waiting';
import { startSystem, type System } from './bad-input/system';

/** The customer and the agent of examples/, in processes of their own, as the README has them. */

let system: System;
const running: ChildProcess[] = [];

beforeAll(async () => {
  // Long enough for a process to be started anew on a busy machine: nobody is waited for in vain here.
  system = await startSystem({ settings: { DISCONNECT_GRACE: 'PT10M' } });
});
afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => system?.stop());

function start(file: string, ...args: string[]) {
  const env = { ...process.env, API: system.stack.functionsUrl, FUNCTION_KEY: LOCAL_FUNCTION_KEY };
  const child = spawn(process.execPath, [join(ROOT, 'examples', file), ...args], { env });
  running.push(child);
  let printed = '';
  let look = (): void => undefined;
  const take = (chunk: Buffer): void => {
    printed += chunk.toString();
    look();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  /** Resolves with the match once it is printed. */
  const prints = (form: RegExp): Promise<string> => {
    const found = new Promise<string>((resolve) => {
      look = () => {
        const match = form.exec(printed);
        if (match) resolve(match[1] ?? match[0]);
      };
      look();
    });
    return within(120_000, found, () => new Error(`${file}: not within ${seconds(120_000)}: ${printed}`));
  };
  return {
    prints,
    types: (line: string) => child.stdin.write(`${line}\n`),
    interrupt: () => child.kill('SIGINT'),
  };
}

test('a customer and an agent in terminals talk, the customer is lost and comes back, and leaves', async () => {
  const agent = start('agent.mjs');
  await agent.prints(/bob is connected/);
  const customer = start('customer.mjs');
  const ticket = await customer.prints(/to come back: node examples\/customer\.mjs (\S+)/);
  await agent.prints(/customer-connected/);
  agent.types('accept');
  await agent.prints(/accept: Active/);
  agent.types('say Hello');
  await customer.prints(/"text":"Hello"/);
  customer.types('Hi there');
  await agent.prints(/"text":"Hi there"/);

  customer.interrupt();
  await agent.prints(/"type":"connection-lost"/);
  const again = start('customer.mjs', ticket);
  await agent.prints(/"type":"customer-back"/);
  again.types('/leave');
  await agent.prints(/"reason":"customer-ended"/);

  const late = start('customer.mjs', ticket);
  expect(await late.prints(/409 [a-z-]+/)).toBe('409 conversation-ended');
});
