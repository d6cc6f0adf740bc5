import type { TableClient } from '@azure/data-tables';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { HostError } from '../cli/host-error';
import { statusCode } from './open-table';

const heartbeatMs = 1_000;
const expiryMs = 5_000;
// `$` can't occur in an encoded instance id, so the row can't meet an instance.
const key = { partitionKey: '$host', rowKey: 'lease' };

interface LeaseRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly owner: string;
  readonly pid: number;
  readonly machine: string;
  /** ISO: a number this large is not portable between table services. */
  readonly expires: string;
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A killed host on this machine holds nothing: its successor need not wait for the expiry. */
function isHeld(row: LeaseRow): boolean {
  const diedHere = row.machine === hostname() && !isProcessAlive(row.pid);
  return Date.parse(row.expires) > Date.now() && !diedHere;
}

/** The single-writer fence of a hub: one row, renewed every second, expiring after five. */
export class HubLease {
  private timer?: NodeJS.Timeout;
  private isLost = false;
  private etag = '';
  private renewal: Promise<void> = Promise.resolve();
  private readonly owner = randomUUID();
  /** When the host before this one was last seen, in milliseconds since 1970; undefined unless it was killed. */
  killedAt?: number;

  private constructor(
    private readonly table: TableClient,
    private readonly onLost: () => void,
  ) {}

  /** Takes the hub, or refuses with the process that has it. `onLost` is called when another host took it over. */
  static async acquire(table: TableClient, hubName: string, onLost: () => void): Promise<HubLease> {
    const lease = new HubLease(table, onLost);
    const current = await lease.read();
    if (current && isHeld(current)) {
      throw new HostError(
        `Another host (process ${current.pid} on ${current.machine}) already runs the task hub '${hubName}'. Stop it, or give this one another hub name.`,
      );
    }
    // A host that stops in order leaves no row.
    if (current) lease.killedAt = Date.parse(current.expires) - expiryMs;
    try {
      // Conditional on what was read: of two hosts starting at the same moment, one gets 409 or 412 here.
      const answer = current
        ? await table.updateEntity(lease.row(), 'Replace', { etag: current.etag })
        : await table.createEntity(lease.row());
      lease.etag = answer.etag ?? '';
    } catch (error) {
      const code = statusCode(error);
      if (code === 409 || code === 412) {
        throw new HostError(`Another host is starting on the task hub '${hubName}' at the same moment.`);
      }
      throw error;
    }
    lease.scheduleRenewal();
    return lease;
  }

  /** Whether the hub is still ours, asked of the table: a host that was suspended may have been replaced. */
  async verify(): Promise<boolean> {
    const current = await this.read();
    if (current?.owner === this.owner) return true;
    this.lose();
    return false;
  }

  async release(): Promise<void> {
    clearTimeout(this.timer);
    if (this.isLost) return;
    this.isLost = true;
    // Prevents: the row changes under the deletion, stays, and says that this host was killed.
    await this.renewal;
    await this.table.deleteEntity(key.partitionKey, key.rowKey, { etag: this.etag }).catch(() => undefined);
  }

  private scheduleRenewal(): void {
    this.timer = setTimeout(() => {
      this.renewal = this.renew();
    }, heartbeatMs);
  }

  private async renew(): Promise<void> {
    try {
      const answer = await this.table.updateEntity(this.row(), 'Replace', { etag: this.etag });
      this.etag = answer.etag ?? '';
    } catch (error) {
      // A renewal whose answer got lost also comes back as 412; the owner in the row tells the two apart.
      if (statusCode(error) === 412 || statusCode(error) === 404)
        await this.adoptOrLose().catch(() => undefined);
    }
    if (!this.isLost) this.scheduleRenewal();
  }

  private async adoptOrLose(): Promise<void> {
    const current = await this.read();
    if (current?.owner === this.owner) this.etag = current.etag;
    else this.lose();
  }

  private lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    clearTimeout(this.timer);
    this.onLost();
  }

  private row(): LeaseRow {
    return {
      ...key,
      owner: this.owner,
      pid: process.pid,
      machine: hostname(),
      expires: new Date(Date.now() + expiryMs).toISOString(),
    };
  }

  private async read(): Promise<(LeaseRow & { etag: string }) | undefined> {
    try {
      return await this.table.getEntity<LeaseRow>(key.partitionKey, key.rowKey);
    } catch (error) {
      if (statusCode(error) === 404) return undefined;
      throw error;
    }
  }
}
