import type { Instant } from '../../domain/time';
import { StoredRowError } from '../../errors';

/** A row that cannot be read: its key, and when it was written by the clock of storage. */
export interface UnreadableRow {
  readonly rowKey: string;
  readonly writtenAt: Instant;
}

/** Reads rows and sets aside those that cannot be read: one of them must not hide all others. */
export function readableRows<T>(
  rows: readonly object[],
  read: (row: object) => T,
): { readonly readable: T[]; readonly unreadable: UnreadableRow[] } {
  const [readable, unreadable]: [T[], UnreadableRow[]] = [[], []];
  for (const row of rows) {
    try {
      readable.push(read(row));
    } catch (thrown) {
      if (!(thrown instanceof StoredRowError)) throw thrown;
      const { rowKey, timestamp } = row as { rowKey: string; timestamp: string };
      unreadable.push({ rowKey, writtenAt: Date.parse(timestamp) });
    }
  }
  return { readable, unreadable };
}
