import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionStringOf, startAzurite, type Azurite, type AzuritePorts } from './azurite';

/** Of more suites than there will be. */
const ACCOUNTS = 400;
const SHARED = 'SHARED_AZURITE';

const accountName = (n: number): string => `suite${String(n).padStart(4, '0')}`;

/** Where the shared Azurite listens, and the folder in which an account that is taken has an entry. */
interface Shared {
  readonly ports: AzuritePorts;
  readonly taken: string;
}

/** An account of the shared Azurite that nobody else uses. */
export interface OwnAccount {
  readonly name: string;
  readonly ports: AzuritePorts;
  readonly connectionString: string;
}

let running: Azurite | undefined;

/**
 * One Azurite for every test file that asserts nothing about Azurite itself: to start one costs more than a second of
 * computing. Told to the processes of the run by their environment. What is in memory ends with it.
 */
export async function startSharedAzurite(): Promise<void> {
  if (running !== undefined) return;
  const [first, ...others] = Array.from({ length: ACCOUNTS }, (_, n) => accountName(n));
  running = await startAzurite({ accounts: [first ?? '', ...others] });
  const shared: Shared = { ports: running.ports, taken: mkdtempSync(join(tmpdir(), 'shared-azurite-')) };
  process.env[SHARED] = JSON.stringify(shared);
}

export async function stopSharedAzurite(): Promise<void> {
  const azurite = running;
  running = undefined;
  await azurite?.stop();
  const shared = process.env[SHARED];
  if (shared !== undefined) rmSync((JSON.parse(shared) as Shared).taken, { recursive: true, force: true });
  Reflect.deleteProperty(process.env, SHARED);
}

/** Throws where no shared Azurite runs: it is started by the set-up of Jest's projects (jest.config.cjs). */
export function ownAccount(): OwnAccount {
  const told = process.env[SHARED];
  if (told === undefined) throw new Error('No shared Azurite runs in this run of tests.');
  const { ports, taken } = JSON.parse(told) as Shared;
  for (let n = 0; n < ACCOUNTS; n += 1) {
    const name = accountName(n);
    if (takes(join(taken, name))) return { name, ports, connectionString: connectionStringOf(ports, name) };
  }
  throw new Error('All accounts of the shared Azurite are taken.');
}

/** Whether this is the first to take it: of two that make the same folder at once, one fails. */
function takes(entry: string): boolean {
  try {
    mkdirSync(entry);
    return true;
  } catch {
    return false;
  }
}
