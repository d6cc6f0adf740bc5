import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { startFunctionsHost } from '../../../local/functions-host';
import { ROOT } from '../../../local/stack/stack';

const { Values: SAMPLE } = JSON.parse(readFileSync(join(ROOT, 'local.settings.sample.json'), 'utf8')) as {
  Values: Record<string, string>;
};

/** Starts the compiled app with these settings and gives the reason why it does not start. */
async function refusalWith(changes: Record<string, string | undefined>): Promise<string> {
  const started = await startFunctionsHost({
    appDirectory: ROOT,
    env: { ...SAMPLE, LOCAL_FUNCTION_KEY: 'key', LOCAL_MASTER_KEY: 'key', ...changes },
  }).catch((thrown: unknown) => String(thrown));
  if (typeof started === 'string') return started;
  await started.stop();
  throw new Error('the app started');
}

describe('the app with a configuration it cannot use', () => {
  it('stops at start and names every setting that is missing', async () => {
    const names = [
      'WEB_PUBSUB_CONNECTION_STRING',
      'CONVERSATION_TABLES_CONNECTION_STRING',
      'WEBHOOK_GUARD',
      'TICKET_SIGNING_KEY',
    ];
    const told = await refusalWith(Object.fromEntries(names.map((name) => [name, undefined])));
    for (const name of names) expect(told).toContain(name);
  });

  it('stops at start, names the settings that are malformed with the accepted form, and repeats no value', async () => {
    const told = await refusalWith({
      DISCONNECT_GRACE: 'CANARY-minutes',
      TICKET_SIGNING_KEY: 'CANARY-short',
      WEBHOOK_GUARD: 'CANARY-none',
    });
    expect(told).toContain('DISCONNECT_GRACE is malformed: give an ISO 8601 duration from PT1S to PT24H');
    expect(told).toContain('TICKET_SIGNING_KEY is malformed: give a secret of at least 32 characters');
    expect(told).toContain('WEBHOOK_GUARD is malformed: give "signature" or "entra"');
    expect(told).not.toContain('CANARY');
  });
});
