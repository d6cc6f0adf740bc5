import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../cli/log';
import { toError } from '../cli/to-error';
import { Children, isSameParent, type StartRequest } from './children';
import { Semaphore } from './concurrency';
import { EpisodeLoop, newExecutionId } from './episode-loop';
import { isTerminal, type InstanceRecord } from './instance';
import { LiveInstances, type LiveInstance } from './live-instances';
import { Outstanding } from './outstanding';
import { EventType, type HistoryEvent } from './protocol';
import type { RunOrchestrator } from './run-orchestrator';
import type { InstanceStore } from './store';

/** How long a client's request is kept waiting for a table that refuses. */
const clientPatienceMs = 8_000;
const drainMs = 1_500;

/** The orchestration engine: what a client may ask of it, and recovery. Everything is stored before it is acknowledged. */
export class Engine {
  private readonly instances: LiveInstances;
  private readonly outstanding: Outstanding;
  private readonly children: Children;
  private readonly background = new Set<Promise<unknown>>();

  constructor(
    private readonly options: {
      store: InstanceStore;
      verifyLease: () => Promise<boolean>;
      runOrchestrator: RunOrchestrator;
      runActivity: (scheduled: HistoryEvent, instanceId: string) => Promise<HistoryEvent>;
      /** For sub-orchestrations that name no version. */
      defaultVersion?: string;
      maxConcurrentOrchestrators: number;
      maxConcurrentActivities: number;
      log: Log;
    },
  ) {
    const { store, verifyLease, runOrchestrator, runActivity, log } = options;
    const inBackground = (task: Promise<unknown>) => this.inBackground(task);
    this.instances = new LiveInstances(store, verifyLease, log);
    this.children = new Children(this.instances, (request) => this.start(request), options.defaultVersion);
    this.outstanding = new Outstanding(this.instances, new Semaphore(options.maxConcurrentActivities), {
      activity: runActivity,
      child: (created, parent) => this.children.start(created, parent),
      inBackground,
    });
    const loop = new EpisodeLoop(
      this.instances,
      new Semaphore(options.maxConcurrentOrchestrators),
      runOrchestrator,
      log,
      {
        committed: (live) => this.outstanding.pursue(live),
        ended: (live) => this.end(live),
        continuedAsNew: (live, previousExecutionId) => {
          this.instances.disarm(live);
          inBackground(store.deleteHistory(live.record.instanceId, previousExecutionId));
        },
        inBackground,
      },
    );
    this.instances.wake = (instanceId) => loop.wake(instanceId);
    this.instances.resume = (live) => this.outstanding.pursue(live);
  }

  /** Loads every instance that has not ended and resumes it: timers, activities, children, unplayed messages. */
  async recover(): Promise<number> {
    const slots = new Semaphore(8);
    let token: string | undefined;
    do {
      const page = await this.options.store.query({ statuses: ['Pending', 'Running'] }, { size: 500, token });
      await Promise.all(
        page.records.map(({ instanceId }) =>
          slots.run(() => this.instances.persist(instanceId, () => this.instances.reload(instanceId))),
        ),
      );
      token = page.continuationToken;
    } while (token);
    return this.instances.all().length;
  }

  /** Starts a new instance, or a new execution of an ended one. `in-use`: an instance with this id has not ended. */
  async start(request: StartRequest): Promise<'started' | 'in-use'> {
    const { instanceId, name, input, version, parent } = request;
    const now = new Date().toISOString();
    // Chosen once: an attempt that went through without an answer is recognized by it when repeated.
    const executionId = newExecutionId();
    const record: InstanceRecord = {
      ...{ instanceId, executionId, name, version, input, parent, status: 'Pending', output: null },
      ...{ customStatus: null, createdAt: now, updatedAt: now, episodes: 0, canceledTimers: [] },
    };
    const start = async (): Promise<'started' | 'in-use'> => {
      const { store } = this.options;
      const existing = await store.readRecord(instanceId);
      if (!existing) {
        this.instances.add(record, await store.create(record));
        return 'started';
      }
      const isLive = !isTerminal(existing.record.status);
      // After a give-up the table may have an instance that memory has not.
      if (isLive && !this.instances.get(instanceId)) await this.instances.reload(instanceId);
      if (existing.record.executionId === executionId) return 'started';
      if (parent && isSameParent(existing.record.parent, parent)) {
        // The parent asks again after a crash: its child is there already, perhaps ended.
        if (!isLive) this.inBackground(this.children.notifyParent(existing.record));
        return 'started';
      }
      if (isLive || this.children.isNotifying(instanceId)) return 'in-use';
      // Events nobody took belong to the execution that has ended, not to the new one.
      await store.clear(instanceId);
      this.instances.add(record, await store.replace(record, existing.etag));
      return 'started';
    };
    return this.instances.persist(instanceId, start, parent ? Infinity : clientPatienceMs);
  }

  /** Raises an event; `input` is JSON text. `gone`: the instance has ended. */
  async raise(instanceId: string, name: string, input: string): Promise<'accepted' | 'gone' | 'unknown'> {
    const key = `e-${randomUUID()}`;
    return this.onLive(instanceId, async (live) => {
      await this.instances.accept(live, {
        key,
        order: this.instances.nextOrder(),
        isStored: true,
        event: {
          EventType: EventType.EventRaised,
          EventId: -1,
          IsPlayed: false,
          Timestamp: new Date().toISOString(),
          Name: name,
          Input: input,
        },
      });
    });
  }

  /** Ends an instance at once, without asking the orchestrator. Its children go on, as in Azure. */
  async terminate(instanceId: string, reason: string): Promise<'accepted' | 'gone' | 'unknown'> {
    return this.onLive(instanceId, async (live) => {
      const record: InstanceRecord = {
        ...live.record,
        status: 'Terminated',
        output: JSON.stringify(reason),
        updatedAt: new Date().toISOString(),
      };
      live.etag = await this.options.store.replace(record, live.etag);
      live.record = record;
      this.end(live);
    });
  }

  /** Deletes an ended instance. One that still runs is refused: Azure would delete it under its own feet. */
  async purge(instanceId: string): Promise<'purged' | 'running' | 'unknown'> {
    const purge = async (): Promise<'purged' | 'running' | 'unknown'> => {
      const existing = await this.options.store.readRecord(instanceId);
      if (!existing) return 'unknown';
      // Were a child deleted before its parent's answer is stored, a crash would make the parent start it again.
      if (!isTerminal(existing.record.status) || this.children.isNotifying(instanceId)) return 'running';
      await this.options.store.purge(instanceId);
      return 'purged';
    };
    return this.instances.persist(instanceId, purge, clientPatienceMs);
  }

  /** Starts nothing more and waits, shortly, for what is under way; the rest resumes at the next start. */
  async stop(): Promise<void> {
    this.instances.isStopping = true;
    for (const live of this.instances.all()) this.instances.disarm(live);
    const drained = Promise.allSettled([...this.background]);
    await Promise.race([drained, delay(drainMs, undefined, { ref: false })]);
  }

  private async onLive(
    instanceId: string,
    task: (live: LiveInstance) => Promise<void>,
  ): Promise<'accepted' | 'gone' | 'unknown'> {
    const run = async (): Promise<'accepted' | 'gone' | 'unknown'> => {
      if (!this.instances.get(instanceId)) await this.instances.reload(instanceId);
      const live = this.instances.get(instanceId);
      if (!live) return (await this.options.store.readRecord(instanceId)) ? 'gone' : 'unknown';
      await task(live);
      return 'accepted';
    };
    return this.instances.persist(instanceId, run, clientPatienceMs);
  }

  private end(live: LiveInstance): void {
    this.instances.remove(live);
    this.inBackground(this.children.notifyParent(live.record));
  }

  private inBackground(task: Promise<unknown>): void {
    const tracked = task
      .catch((error: unknown) => this.options.log('warning', 'durable', toError(error).message))
      .finally(() => this.background.delete(tracked));
    this.background.add(tracked);
  }
}
