import type { WebSocket } from 'ws';

const INTERVAL_MS = 20_000;

/** Pings every WebSocket every 20 s and cuts those that did not answer the ping before. */
export class Heartbeat {
  private readonly answered = new Map<WebSocket, boolean>();
  private readonly timer = setInterval(() => this.beat(), INTERVAL_MS).unref();

  watch(socket: WebSocket): void {
    this.answered.set(socket, true);
    socket.on('pong', () => this.answered.set(socket, true));
    socket.on('close', () => this.answered.delete(socket));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private beat(): void {
    for (const [socket, alive] of this.answered) {
      if (!alive) {
        socket.terminate();
        continue;
      }
      this.answered.set(socket, false);
      socket.ping();
    }
  }
}
