import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../cli/log';
import { toError } from '../cli/to-error';
import type { Semaphore } from './concurrency';
import { setAlarm } from './alarm';
import { closeEpisode, openEpisode, playable, takeBatch } from './episode';
import { isTerminal, sentAt } from './instance';
import type { LiveInstance, LiveInstances } from './live-instances';
import type { RunOrchestrator } from './run-orchestrator';
import { versionVerdict, type VersionRules } from './version-match';
import type { Visibility } from './visibility';

export const newExecutionId = (): string => randomUUID().replaceAll('-', '');

const longestPauseMs = 2_000;

const versionMismatch = { refusal: 'Orchestration version did not comply with Worker Versioning' };

/** Among the alarms of an instance, the one for messages that are not in sight yet; tasks have numbers from 0. */
const nextInSight = -1;

/** Runs episodes of an instance as long as it has something to play. */
export class EpisodeLoop {
  constructor(
    private readonly instances: LiveInstances,
    private readonly slots: Semaphore,
    private readonly runOrchestrator: RunOrchestrator,
    private readonly visibility: Visibility,
    private readonly versions: VersionRules,
    private readonly log: Log,
    private readonly after: {
      committed(live: LiveInstance): void;
      ended(live: LiveInstance): void;
      continuedAsNew(live: LiveInstance, previousExecutionId: string): void;
      inBackground(task: Promise<unknown>): void;
    },
  ) {}

  wake(instanceId: string): void {
    const live = this.instances.get(instanceId);
    // One loop per instance: two would play the same message twice.
    if (!live || live.isWorking || this.instances.isStopping) return;
    live.isWorking = true;
    this.after.inBackground(this.work(instanceId));
  }

  private async work(instanceId: string): Promise<void> {
    let pause = 0;
    let mustReload = false;
    while (!this.instances.isStopping) {
      try {
        const hasMore = await this.slots.run(() =>
          this.instances.step(instanceId, async () => {
            if (mustReload) await this.instances.reload(instanceId);
            mustReload = false;
            return this.episode(instanceId);
          }),
        );
        if (!hasMore) return;
        pause = 0;
      } catch (error) {
        // A commit without an answer may have gone through: only the table knows where the instance stands.
        mustReload = true;
        pause = Math.min(Math.max(50, pause * 2), longestPauseMs);
        this.log('warning', 'durable', `${instanceId}: episode will be repeated: ${toError(error).message}`);
        await delay(pause);
      }
    }
  }

  /** Under the lock of the instance. False when there was nothing to play, and the loop has ended. */
  private async episode(instanceId: string): Promise<boolean> {
    const live = this.instances.get(instanceId);
    if (!live) return false;
    const { record, history } = live;
    live.inbox = playable(record, history, live.inbox);
    const verdict = versionVerdict(record.version, this.versions);
    const now = Date.now();
    const playableAt = this.playableAt(live, now);
    if (playableAt > now || record.status === 'Suspended' || verdict === 'reject') {
      // In the same tick as the look into the inbox: a message arriving later finds no loop and starts one.
      live.isWorking = false;
      if (playableAt > now) this.wakeAt(live, playableAt);
      return false;
    }
    const inSight = live.inbox.filter((message) => this.visibility.inHandAt(sentAt(message), now) <= now);
    const messages = takeBatch(inSight);
    const opened = openEpisode(record, messages, now);
    const outcome =
      verdict === 'fail' ? versionMismatch : await this.runOrchestrator(record, [...history, ...opened]);
    const episode = closeEpisode(record, history, opened, outcome, newExecutionId(), Date.now());
    live.etag = await this.instances.store.commit(
      episode.record,
      live.etag,
      { executionId: record.executionId, number: record.episodes, events: episode.events },
      messages,
    );
    live.record = episode.record;
    live.history = [...history, ...episode.events.map((event) => ({ ...event, IsPlayed: true }))];
    live.inbox = live.inbox.filter((message) => !messages.includes(message));
    if (isTerminal(episode.record.status)) {
      this.after.ended(live);
      return false;
    }
    if (episode.record.executionId !== record.executionId) {
      live.history = [];
      this.after.continuedAsNew(live, record.executionId);
    } else this.after.committed(live);
    return true;
  }

  /** When there is something to play: the start, or the first message that comes into sight. */
  private playableAt({ record, inbox }: LiveInstance, now: number): number {
    if (record.episodes === 0) return this.visibility.startsAt(record, now);
    return Math.min(...inbox.map((message) => this.visibility.inHandAt(sentAt(message), now)));
  }

  private wakeAt(live: LiveInstance, at: number): void {
    const { instanceId } = live.record;
    live.alarms.get(nextInSight)?.();
    live.alarms.delete(nextInSight);
    const ring = (): void => this.wake(instanceId);
    if (at < Infinity) live.alarms.set(nextInSight, setAlarm(at, ring));
  }
}
