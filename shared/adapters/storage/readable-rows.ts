import { StoredRowError } from '../../errors';

/** Reads rows and sets aside, by their row key, those that cannot be read: one of them must not hide all others. */
export function readableRows<T>(
  rows: readonly object[],
  read: (row: object) => T,
): { readonly readable: T[]; readonly unreadable: string[] } {
  const [readable, unreadable]: [T[], string[]] = [[], []];
  for (const row of rows) {
    try {
      readable.push(read(row));
    } catch (thrown) {
      if (!(thrown instanceof StoredRowError)) throw thrown;
      unreadable.push((row as { rowKey: string }).rowKey);
    }
  }
  return { readable, unreadable };
}
