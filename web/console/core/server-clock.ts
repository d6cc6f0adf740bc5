/**
 * The clock of the server, whatever the clock of this machine says. The `Date` of an answer has whole seconds; it was read
 * between the request and the answer, so each answer bounds the difference from both sides, and several narrow it down to
 * less than a second.
 */
export class ServerClock {
  private low = -Infinity;
  private high = Infinity;

  /** @param monotonic milliseconds that no setting of this machine's clock changes */
  constructor(private readonly monotonic: () => number = () => performance.now()) {}

  /** When a request is sent: given to `heard` with its answer. */
  mark(): number {
    return this.monotonic();
  }

  /** @param date the header `Date`; ignored if it is none */
  heard(date: string | null, sentAt: number): void {
    const second = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(second)) return;
    const [low, high] = [second - this.monotonic(), second + 1_000 - sentAt];
    const [narrowLow, narrowHigh] = [Math.max(low, this.low), Math.min(high, this.high)];
    // This machine has slept, or the server's clock was set: what was known before holds no more.
    const holds = narrowLow <= narrowHigh;
    this.low = holds ? narrowLow : low;
    this.high = holds ? narrowHigh : high;
  }

  /** Milliseconds since 1970 by the server's clock; by this machine's until an answer has come. */
  now(): number {
    if (this.low === -Infinity) return Date.now();
    return this.monotonic() + (this.low + this.high) / 2;
  }
}
