/** As much of Node's `events` as the Web PubSub client uses. */
export default class EventEmitter {
  private readonly listeners = new Map<string, Set<(argument: unknown) => void>>();

  on(event: string, listener: (argument: unknown) => void): void {
    const known = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, known.add(listener));
  }

  removeListener(event: string, listener: (argument: unknown) => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  emit(event: string, argument: unknown): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener(argument);
  }
}
