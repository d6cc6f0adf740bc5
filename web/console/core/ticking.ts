import { clockLength, exactTimeOf, roughLength } from './format';
import type { ServerClock } from './server-clock';

/** The clock by which the elements here count. */
let clock: Pick<ServerClock, 'now'> = { now: () => Date.now() };
export const tickBy = (by: Pick<ServerClock, 'now'>): void => {
  clock = by;
};

const ticking = new Set<Ticking>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** All at once, at each full second of the server. */
function tick(): void {
  for (const element of ticking) element.draw();
  timer = ticking.size === 0 ? undefined : setTimeout(tick, 1_000 - (clock.now() % 1_000));
}

/** A text that changes with the time. Only this text is drawn anew, not what is around it. */
abstract class Ticking extends HTMLElement {
  private moment = '';
  private shown = '';

  connectedCallback(): void {
    ticking.add(this);
    timer ??= setTimeout(tick, 1_000 - (clock.now() % 1_000));
    this.draw();
  }

  disconnectedCallback(): void {
    ticking.delete(this);
  }

  /** ISO 8601, UTC. */
  set at(at: string) {
    if (at === this.moment) return;
    this.moment = at;
    if (this.isConnected) this.draw();
  }

  get at(): string {
    return this.moment;
  }

  draw(): void {
    const text = this.textAt(clock.now());
    if (text === this.shown) return;
    this.shown = text;
    this.textContent = text;
  }

  protected abstract textAt(now: number): string;
}

/** `2:14`: how long until then. */
class CountDown extends Ticking {
  override connectedCallback(): void {
    this.setAttribute('role', 'timer');
    super.connectedCallback();
  }

  protected textAt(now: number): string {
    this.title = this.at === '' ? '' : exactTimeOf(this.at);
    return this.at === '' ? '' : clockLength(Math.ceil((Date.parse(this.at) - now) / 1_000) * 1_000);
  }
}

/** `3 min`: how long since then. */
class TimeSince extends Ticking {
  protected textAt(now: number): string {
    return this.at === '' ? '' : roughLength(now - Date.parse(this.at));
  }
}

customElements.define('count-down', CountDown);
customElements.define('time-since', TimeSince);
