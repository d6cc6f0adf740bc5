import type { InstanceRecord } from './instance';

/** From the sending of a queue message until a host that is alive has it in hand. */
const latencyMs = 30;

/**
 * When the timer's message can be taken: the queue counts in whole seconds, cut off, and nothing holds an early message
 * back. A timer fires up to one second before its time, and one of less than a second at once.
 */
export function timerVisibleAt(orderedAt: number, fireAt: number): number {
  return orderedAt + Math.floor(Math.max(0, fireAt - orderedAt) / 1_000) * 1_000;
}

/** When messages come into sight, as the queues of Azure Storage have it. Times are milliseconds since 1970. */
export class Visibility {
  /**
   * @param killedBefore when this host took over from one that was killed; undefined when none was.
   * @param invisibilityMs for so long nobody else sees what a host has in hand.
   */
  constructor(
    private readonly killedBefore: number | undefined,
    private readonly invisibilityMs: number,
  ) {}

  /**
   * When a message sent at this time is in hand: soon, or once it is seen again after the host that had it was killed. What
   * was sent in the future was sent before the clock of the machine was put back: it is in hand.
   */
  inHandAt(sentAt: number, now: number): number {
    if (sentAt > now + latencyMs) return now;
    return sentAt + (this.wasInDeadHands(sentAt) ? this.invisibilityMs : latencyMs);
  }

  /** When an instance without a history can begin. */
  startsAt({ createdAt, deferredUntil }: InstanceRecord, now: number): number {
    return Math.max(this.inHandAt(Date.parse(createdAt), now), Date.parse(deferredUntil ?? '') || 0);
  }

  /**
   * Whether nobody can see that this instance was started: its start message was put off, or a killed host had it. What
   * else is sent to it meanwhile is for an instance that does not exist, and is thrown away.
   */
  isStartHidden(record: InstanceRecord, now: number): boolean {
    if (record.episodes > 0 || now >= this.startsAt(record, now)) return false;
    return record.deferredUntil !== undefined || this.wasInDeadHands(Date.parse(record.createdAt));
  }

  private wasInDeadHands(sentAt: number): boolean {
    return this.killedBefore !== undefined && sentAt < this.killedBefore;
  }
}
