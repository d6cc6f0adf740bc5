import { type DeskEvent, type DeskState, EMPTY, reduceAll } from './state';

/** The state of the desk. However many events come between two frames, it changes once. */
export class Store {
  private current: DeskState = EMPTY;
  private waiting: DeskEvent[] = [];
  private readonly listeners = new Set<(state: DeskState) => void>();

  constructor() {
    const look = () => {
      this.dispatch({ type: 'looked', isHidden: document.hidden });
      // Prevents: what waits for a frame when the page is hidden waits until somebody looks again.
      this.flush();
    };
    document.addEventListener('visibilitychange', look);
    look();
  }

  get state(): DeskState {
    return this.current;
  }

  dispatch(event: DeskEvent): void {
    this.waiting.push(event);
    if (this.waiting.length > 1) return;
    // A page in the background draws no frames, and its title counts what is unread all the same.
    if (document.hidden) setTimeout(() => this.flush(), 250);
    else requestAnimationFrame(() => this.flush());
  }

  subscribe(listener: (state: DeskState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  flush(): void {
    const events = this.waiting;
    this.waiting = [];
    if (events.length === 0) return;
    this.current = reduceAll(this.current, events);
    for (const listener of this.listeners) listener(this.current);
  }
}
