import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionStringOf } from '../../../local/stack/azurite';
import { freePort } from '../../../local/stack/ports';
import { startStack, type Stack, type StackOptions } from '../../../local/stack/stack';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy';

/** A complete local stack whose wires to the storage can be tampered with. */
export interface ChaosStack {
  readonly stack: Stack;
  readonly tables: TcpProxy;
  readonly taskHub: TcpProxy;
  /** The settings a second host would start with to share the task hub. */
  readonly storage: Readonly<Record<string, string>>;
  readonly output: readonly string[];
  stop(): Promise<void>;
}

/** In Azure, what a killed host had in hand is out of sight for five minutes, and timers wait for a minute. */
const AFTER_KILL = { invisibility: 'PT3S', timerLease: 'PT2S' };

/** Reconciliation gets its chance within seconds, for all conversations. Nothing but the customer ends a conversation. */
const SETTINGS = {
  RECONCILE_SCHEDULE: '*/2 * * * * *',
  RECONCILE_OVERDUE_AFTER: 'PT4S',
  RECONCILE_COMPARE_EVERY: '1',
  OPEN_AUTO_CLOSE: 'never',
  WRAP_UP_AUTO_CLOSE: 'never',
  AGENT_DISCONNECT_GRACE: 'PT10M',
  CONVERSATION_CAPACITY_UNITS: '0',
  NEGOTIATE_RATE_LIMIT: '0',
  TICKET_RATE_LIMIT: '0',
};

export async function startChaosStack(
  graceMs: number,
  webPubSub: NonNullable<StackOptions['webPubSub']>,
): Promise<ChaosStack> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'chaos-'));
  const table = await freePort();
  const tables = await startTcpProxy(table);
  const taskHub = await startTcpProxy(table);
  const output: string[] = [];
  const clear = async () => {
    await Promise.all([tables.stop(), taskHub.stop()]);
    rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const storage = {
    AzureWebJobsStorage: connectionStringOf({ table: taskHub.port }),
    CONVERSATION_TABLES_CONNECTION_STRING: connectionStringOf({ table: tables.port }),
  };
  try {
    const stack = await startStack({
      dataDirectory,
      ports: { table },
      settings: { ...SETTINGS, ...storage, DISCONNECT_GRACE: `PT${graceMs / 1_000}S` },
      hostBehavior: AFTER_KILL,
      webPubSub: { recoveryWindowMs: 1_500, log: () => undefined, ...webPubSub },
      onHostOutput: (text) => void output.push(...text.trimEnd().split('\n')),
    });
    const stop = async () => {
      tables.mode = taskHub.mode = 'forward';
      await stack.stop();
      await clear();
    };
    return { stack, tables, taskHub, storage, output, stop };
  } catch (thrown) {
    await clear();
    throw thrown;
  }
}
