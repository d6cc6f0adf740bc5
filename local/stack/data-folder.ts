import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCK = 'in-use-by';

/** A folder of data that nobody else writes. */
export interface DataFolder {
  /** Hands it to the process that writes the data: the folder is free when that has ended, however it ends. */
  belongsTo(pid: number): void;
  release(): unknown;
}

/**
 * Takes a folder of Azurite's data. Prevents: two Azurites keep the same files, each writes what it knows, and what the other
 * one has stored is gone.
 * @param wayOut what else can be done, for the message
 * @throws Error in one sentence while a process that lives has it, or when nothing can be written there
 */
export function takeDataFolder(directory: string, wayOut: string): DataFolder {
  const lock = join(directory, LOCK);
  try {
    mkdirSync(directory, { recursive: true });
    if (!isTaken(lock)) {
      const owner = ownerOf(lock);
      if (isAlive(owner))
        throw new Error(`The data in ${directory} is in use by process ${owner}: ${wayOut}`);
      takeOver(lock, owner);
      if (!isTaken(lock))
        throw new Error(`The data in ${directory} was taken by another start just now: ${wayOut}`);
    }
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === undefined) throw thrown;
    throw new Error(`The data folder ${directory} cannot be written (${code}): ${wayOut}`, { cause: thrown });
  }
  let owner = process.pid;
  return {
    belongsTo: (pid) => writeFileSync(lock, String((owner = pid))),
    // Not one that somebody else has taken over meanwhile.
    release: () => ownerOf(lock) === owner && rmSync(lock, { force: true }),
  };
}

/** Whether the lock is ours now: of two that make it at once, one fails. */
function isTaken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

const ownerOf = (lock: string): number => {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return 0;
  }
};

/** Removes the lock of a process that is gone. Prevents: of two that do so, the slower one removes the lock of the faster. */
function takeOver(lock: string, owner: number): void {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (ownerOf(aside) === owner) rmSync(aside);
  else renameSync(aside, lock);
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // Of another user.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
