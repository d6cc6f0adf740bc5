import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../cli/log';
import { toError } from '../cli/to-error';
import { KeyedLock } from './concurrency';
import { isTerminal, type InboxMessage, type InstanceRecord } from './instance';
import type { HistoryEvent } from './protocol';
import { StoreConflictError, type InstanceStore } from './store';

/** An instance that has not ended, with what is known of it in memory; the table has the same. */
export interface LiveInstance {
  record: InstanceRecord;
  etag: string;
  history: readonly HistoryEvent[];
  inbox: InboxMessage[];
  /** How to switch off the timers that are armed, by number. */
  readonly alarms: Map<number, () => void>;
  /** Whether a loop is running episodes of this instance. */
  isWorking: boolean;
}

/** Thrown to a client when the table has been refusing for longer than a client is kept waiting. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

const longestPauseMs = 2_000;

/** The instances in memory, the lock of each, and the rule for a table that refuses: try again, reload, lose nothing. */
export class LiveInstances {
  isStopping = false;
  private readonly instances = new Map<string, LiveInstance>();
  private readonly locks = new KeyedLock();
  private lastOrder = 0;

  constructor(
    readonly store: InstanceStore,
    private readonly verifyLease: () => Promise<boolean>,
    private readonly log: Log,
  ) {}

  /** Set by the engine: called when an instance may have something to do. */
  wake: (instanceId: string) => void = () => undefined;
  /** Set by the engine: called for an instance just loaded, whose timers, activities and children are to be resumed. */
  resume: (live: LiveInstance) => void = () => undefined;

  get(instanceId: string): LiveInstance | undefined {
    return this.instances.get(instanceId);
  }

  all(): LiveInstance[] {
    return [...this.instances.values()];
  }

  add(record: InstanceRecord, etag: string): void {
    const live = {
      record,
      etag,
      history: [],
      inbox: [],
      alarms: new Map<number, () => void>(),
      isWorking: false,
    };
    this.instances.set(record.instanceId, live);
    this.wake(record.instanceId);
  }

  remove(live: LiveInstance): void {
    this.disarm(live);
    this.instances.delete(live.record.instanceId);
  }

  disarm(live: LiveInstance, numbers: Iterable<number> = [...live.alarms.keys()]): void {
    for (const number of numbers) {
      live.alarms.get(number)?.();
      live.alarms.delete(number);
    }
  }

  /** Arrival order of messages, increasing across restarts too. */
  nextOrder(): number {
    this.lastOrder = Math.max(this.lastOrder + 1, Date.now() * 1000);
    return this.lastOrder;
  }

  /** Takes an instance from the table as it is there; call under its lock. */
  async reload(instanceId: string): Promise<void> {
    const stored = await this.store.load(instanceId);
    const before = this.instances.get(instanceId);
    if (before) this.disarm(before);
    if (!stored || isTerminal(stored.record.status)) {
      this.instances.delete(instanceId);
      return;
    }
    const live: LiveInstance = {
      ...stored,
      inbox: [...stored.inbox],
      alarms: new Map(),
      isWorking: before?.isWorking ?? false,
    };
    this.instances.set(instanceId, live);
    this.resume(live);
    this.wake(instanceId);
  }

  /**
   * One step on one instance, alone: an event raised while an episode commits could otherwise be written to an instance
   * that has just ended, and be acknowledged though nobody reads it. When the table says that our picture is stale
   * (an earlier attempt went through and its answer got lost), the instance is reloaded before the error goes on.
   */
  async step<T>(instanceId: string, task: () => Promise<T>): Promise<T> {
    return this.locks.run(instanceId, async () => {
      try {
        return await task();
      } catch (error) {
        if (error instanceof StoreConflictError && (await this.verifyLease())) await this.reload(instanceId);
        throw error;
      }
    });
  }

  /** Repeats a step until the table has taken it; a client's request gives up after `patienceMs`. */
  async persist<T>(instanceId: string, task: () => Promise<T>, patienceMs = Infinity): Promise<T> {
    const giveUpAt = Date.now() + patienceMs;
    for (let pause = 50; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        return await this.step(instanceId, task);
      } catch (error) {
        if (this.isStopping || Date.now() + pause > giveUpAt) {
          throw new StorageUnavailableError(`The task hub can't be written: ${toError(error).message}`);
        }
        this.log('warning', 'durable', `${instanceId}: will try again: ${toError(error).message}`);
        await delay(pause);
      }
    }
  }

  /** Stores a message for an execution and wakes the instance; ignored when that execution is over. */
  async deliver(instanceId: string, executionId: string, key: string, event: HistoryEvent): Promise<void> {
    await this.persist(instanceId, async () => {
      const live = this.instances.get(instanceId);
      if (live?.record.executionId !== executionId || live.inbox.some((message) => message.key === key))
        return;
      await this.accept(live, { key, executionId, event, order: this.nextOrder() });
    });
  }

  /** Stored first, acknowledged afterwards. Call under the lock. */
  async accept(live: LiveInstance, message: InboxMessage): Promise<void> {
    await this.store.addMessage(live.record.instanceId, message);
    live.inbox.push(message);
    this.wake(live.record.instanceId);
  }
}
