import { Problem } from './problem';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** What a server may ask for at most. */
const LONGEST_ASKED_MS = 600_000;

/** How long to wait after so many failures, in milliseconds: what the server asks for, at least. */
export function pauseAfter(thrown: unknown, failures: number): number {
  const own = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
  const asked = thrown instanceof Problem ? (thrown.retryAfterSeconds ?? 0) * 1_000 : 0;
  return Math.max(own, Math.min(asked, LONGEST_ASKED_MS));
}

/** Whether the same request has the same answer however often it is sent. Of a 404 the app has to say so itself: it may be starting. */
export const isFinal = (thrown: unknown): boolean =>
  thrown instanceof Problem &&
  ([400, 403].includes(thrown.status) ||
    (/^4(04|10)/.test(`${thrown.status}`) && !/^status-/.test(thrown.code)));

export interface PersistentOptions {
  readonly failed?: (thrown: unknown) => void;
  /** Reads again so long after a success, in milliseconds. */
  readonly againMs?: number;
}

/** Something that is read until it succeeds, with growing pauses; not again if the answer would stay the same. */
export class Persistent {
  private isWaiting = false;
  private round = 0;
  private pause: ReturnType<typeof setTimeout> | undefined;

  /** @param read is told whether it still counts: not any more once a newer reading has begun */
  constructor(
    private readonly read: (isCurrent: () => boolean) => Promise<void>,
    private readonly options: PersistentOptions = {},
  ) {}

  /** Begins anew, also while an older reading hangs. */
  begin(): void {
    this.stop();
    void this.run(this.round, 0);
  }

  /** Begins anew, unless it has failed: then it is tried again by itself, when the server wants it. */
  beginUnlessWaiting(): void {
    if (!this.isWaiting) this.begin();
  }

  stop(): void {
    this.round += 1;
    clearTimeout(this.pause);
    this.isWaiting = false;
  }

  private async run(round: number, failures: number): Promise<void> {
    const isCurrent = () => round === this.round;
    const { failed, againMs } = this.options;
    const again = (ms: number, count: number) => {
      this.pause = setTimeout(() => void this.run(round, count), ms);
    };
    this.isWaiting = false;
    try {
      await this.read(isCurrent);
      if (isCurrent() && againMs !== undefined) again(againMs, 0);
    } catch (thrown) {
      if (!isCurrent()) return;
      failed?.(thrown);
      if (isFinal(thrown)) return;
      this.isWaiting = true;
      again(pauseAfter(thrown, failures), failures + 1);
    }
  }
}
