import { StoredRowError } from '../../shared/app/errors';
import {
  type DeadLetter,
  deadLetterId,
  type DeadLetters,
  type StoredDeadLetter,
} from '../../shared/dead-letters/dead-letter';

/** Dead letters over memory, in the order of their ids; the list knows no pages. `gate` may throw. */
export class MemoryDeadLetters implements DeadLetters {
  private readonly rows = new Map<string, StoredDeadLetter>();
  private version = 0;

  constructor(private readonly gate: () => Promise<void>) {}

  all(): readonly DeadLetter[] {
    return [...this.rows.values()].map(({ letter }) => letter);
  }

  /** Rows that cannot be read, by name. */
  readonly damaged = new Set<string>();

  readonly checkRow: DeadLetters['checkRow'] = async (row) => {
    if (this.damaged.has(row)) throw new StoredRowError(row, 'units: unreadable');
  };

  readonly file: DeadLetters['file'] = async ({ untold, ...failing }, at) => {
    await this.gate();
    const id = deadLetterId(failing);
    const known = this.rows.get(id)?.letter;
    const { firstSeen = at, count = 0 } = known ?? {};
    const isTold = known?.state === 'open' && known.untold !== true;
    const more = untold && !isTold ? { untold } : {};
    this.write({ id, ...failing, ...more, state: 'open', firstSeen, lastSeen: at, count: count + 1 });
    return isTold ? 'counted' : 'opened';
  };

  readonly load: DeadLetters['load'] = async (id) => this.rows.get(id);

  readonly list: DeadLetters['list'] = async ({ state }) => {
    const letters = [...this.rows.values()].filter(({ letter }) => letter.state === state);
    return { letters: letters.sort((a, b) => (a.letter.id < b.letter.id ? -1 : 1)), unreadable: [] };
  };

  readonly resolve: DeadLetters['resolve'] = async ({ letter, etag }, at) => {
    if (this.rows.get(letter.id)?.etag !== etag) return 'changed';
    this.write({ ...letter, state: 'resolved', resolvedAt: at });
    return 'resolved';
  };

  readonly remove: DeadLetters['remove'] = async ({ letter, etag }) => {
    if (this.rows.get(letter.id)?.etag === etag) this.rows.delete(letter.id);
  };

  private write(letter: DeadLetter): void {
    this.version += 1;
    this.rows.set(letter.id, { letter, etag: `W/"${this.version}"` });
  }
}
