import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../cli/log';
import { toError } from '../cli/to-error';
import { Children, isSameParent, type StartRequest } from './children';
import { Semaphore } from './concurrency';
import { EpisodeLoop, newExecutionId } from './episode-loop';
import { isTerminal, liveStatuses, type InstanceRecord, type RuntimeStatus } from './instance';
import { LiveInstances, type LiveInstance } from './live-instances';
import { Outstanding } from './outstanding';
import { EventType, type HistoryEvent } from './protocol';
import type { RunOrchestrator } from './run-orchestrator';
import type { InstanceStore } from './store';
import type { VersionRules } from './version-match';
import type { Visibility } from './visibility';

/** How long a client's request is kept waiting for a table that refuses. */
const clientPatienceMs = 8_000;
const drainMs = 1_500;
/** A start whose message is taken before its record is there is put off for so long. */
const deferralMs = 2_000;

/** The orchestration engine: what a client may ask of it, and recovery. Everything is stored before it is acknowledged. */
export class Engine {
  private readonly instances: LiveInstances;
  private readonly outstanding: Outstanding;
  private readonly children: Children;
  private readonly background = new Set<Promise<unknown>>();
  private startsUnderWay = 0;
  private overlappingStarts = 0;

  constructor(
    private readonly options: {
      store: InstanceStore;
      verifyLease: () => Promise<boolean>;
      runOrchestrator: RunOrchestrator;
      runActivity: (
        scheduled: HistoryEvent,
        instanceId: string,
        traceParent?: string,
      ) => Promise<HistoryEvent>;
      /** The default is for sub-orchestrations that name no version. */
      versions: VersionRules;
      visibility: Visibility;
      /** Of the starts that overlap with another one, every so-manieth is put off; 0: none. */
      deferredStarts: number;
      maxConcurrentOrchestrators: number;
      maxConcurrentActivities: number;
      log: Log;
    },
  ) {
    const { store, verifyLease, runOrchestrator, runActivity, visibility, versions, log } = options;
    const inBackground = (task: Promise<unknown>) => this.inBackground(task);
    this.instances = new LiveInstances(store, verifyLease, log);
    this.children = new Children(this.instances, (request) => this.start(request), versions.defaultVersion);
    const activitySlots = new Semaphore(options.maxConcurrentActivities);
    this.outstanding = new Outstanding(this.instances, activitySlots, visibility, {
      activity: runActivity,
      child: (created, parent) => this.children.start(created, parent),
      inBackground,
    });
    const loop = new EpisodeLoop(
      this.instances,
      new Semaphore(options.maxConcurrentOrchestrators),
      runOrchestrator,
      visibility,
      versions,
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
      const page = await this.options.store.query({ statuses: liveStatuses }, { size: 500, token });
      await Promise.all(
        page.records.map(({ instanceId }) =>
          slots.run(() => this.instances.persist(instanceId, () => this.instances.reload(instanceId))),
        ),
      );
      token = page.continuationToken;
    } while (token);
    return this.instances.all().length;
  }

  /** Starts what a client asks for. Told with its status: an instance with this id that has not ended. */
  async startForClient(request: StartRequest): Promise<'started' | { readonly inUse: RuntimeStatus }> {
    const overlaps = this.startsUnderWay > 0 && ++this.overlappingStarts % this.options.deferredStarts === 0;
    this.startsUnderWay++;
    try {
      const deferredUntil = overlaps ? new Date(Date.now() + deferralMs).toISOString() : undefined;
      if ((await this.start(request, deferredUntil)) === 'started') return 'started';
      const existing = await this.options.store.readRecord(request.instanceId);
      return { inUse: existing?.record.status ?? 'Running' };
    } finally {
      this.startsUnderWay--;
    }
  }

  /** Starts a new instance, or a new execution of an ended one. `in-use`: an instance with this id has not ended. */
  private async start(request: StartRequest, deferredUntil?: string): Promise<'started' | 'in-use'> {
    const { instanceId, name, input, version, parent, traceParent } = request;
    const now = new Date().toISOString();
    // Chosen once: an attempt that went through without an answer is recognized by it when repeated.
    const executionId = newExecutionId();
    const record: InstanceRecord = {
      ...{
        instanceId,
        executionId,
        name,
        version,
        input,
        parent,
        traceParent,
        status: 'Pending',
        output: null,
      },
      ...{ customStatus: null, createdAt: now, deferredUntil, updatedAt: now, episodes: 0 },
      canceledTimers: [],
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

  /** Raises an event; `input` is JSON text. `gone`: the instance has ended. What comes too early is accepted and lost. */
  async raise(instanceId: string, name: string, input: string): Promise<'accepted' | 'gone' | 'unknown'> {
    const key = `e-${randomUUID()}`;
    return this.onLive(instanceId, async (live) => {
      if (this.options.visibility.isStartHidden(live.record, Date.now())) return;
      await this.instances.accept(live, {
        key,
        order: this.instances.nextOrder(),
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

  /** Stops an instance from going on, or lets it: meanwhile its messages wait. The reason becomes its output and stays. */
  async setSuspended(
    instanceId: string,
    isSuspended: boolean,
    reason: string | null,
  ): Promise<'accepted' | 'gone' | 'unknown'> {
    return this.onLive(instanceId, async (live) => {
      if (this.options.visibility.isStartHidden(live.record, Date.now())) return;
      const record: InstanceRecord = {
        ...live.record,
        status: isSuspended ? 'Suspended' : 'Running',
        output: reason === null ? live.record.output : JSON.stringify(reason),
        updatedAt: new Date().toISOString(),
      };
      live.etag = await this.options.store.replace(record, live.etag);
      live.record = record;
      this.instances.wake(instanceId);
    });
  }

  /** Deletes an ended instance. One that still runs is refused: Azure would delete it under its own feet. */
  async purge(instanceId: string): Promise<'purged' | 'unknown' | { readonly inUse: RuntimeStatus }> {
    const purge = async (): ReturnType<Engine['purge']> => {
      const existing = await this.options.store.readRecord(instanceId);
      if (!existing) return 'unknown';
      // Were a child deleted before its parent's answer is stored, a crash would make the parent start it again.
      const { status } = existing.record;
      if (!isTerminal(status) || this.children.isNotifying(instanceId)) return { inUse: status };
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
