type Listener = (argument: unknown) => void;

/** As much of Node's `events` as the Web PubSub client uses, of which no listener is taken away. */
export default class EventEmitter {
  private readonly listeners: Record<string, Listener[]> = {};

  on(event: string, listener: Listener): void {
    (this.listeners[event] ??= []).push(listener);
  }

  emit(event: string, argument: unknown): void {
    for (const listener of this.listeners[event] ?? []) listener(argument);
  }
}
