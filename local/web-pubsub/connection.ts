import { WebSocket } from 'ws';
import type { ClientSocket } from './client/client-socket';
import { messageFrame, type Message } from './client/json-protocol';
import { ReliableBuffer } from './client/reliable';
import { isJson, RELIABLE_JSON_PROTOCOL } from './client/subprotocols';
import type { Hub } from './hub';
import { payloadToRaw } from './payload';
import type { EventSource } from './upstream/cloud-event';
import type { Cookies } from './upstream/cookies';

const REMEMBERED_ACK_IDS = 1_000;

export interface ConnectionFacts extends EventSource {
  hub: Hub;
  roles: Iterable<string>;
}

/** A client as the app sees it. A reliable one outlives its WebSocket: without one it is detached. */
export class Connection implements EventSource {
  readonly id: string;
  readonly hub: Hub;
  readonly origin: string;
  readonly cookies: Cookies;
  readonly userId: string | undefined;
  readonly subprotocol: string | undefined;
  readonly roles: Set<string>;
  readonly groups = new Set<string>();
  readonly reliable: ReliableBuffer | undefined;
  /** Opaque: whatever the webhook answered in `ce-connectionState`. */
  connectionState: string | undefined;
  socket: ClientSocket | undefined;
  /** Takes back the end of the recovery window. */
  stopRecoveryTimer: () => void = () => undefined;
  /** Removed for good: `disconnected` has been raised. */
  ended = false;
  private readonly handledAckIds = new Set<string>();
  private lastEventId = 0;
  private inbox: Promise<void> = Promise.resolve();

  constructor(facts: ConnectionFacts) {
    this.id = facts.id;
    this.hub = facts.hub;
    this.origin = facts.origin;
    this.cookies = facts.cookies;
    this.userId = facts.userId;
    this.subprotocol = facts.subprotocol;
    this.roles = new Set(facts.roles);
    this.connectionState = facts.connectionState;
    this.reliable = facts.subprotocol === RELIABLE_JSON_PROTOCOL ? new ReliableBuffer() : undefined;
  }

  get speaksJson(): boolean {
    return isJson(this.subprotocol);
  }

  /** 0 belongs to `connect`; everything after it counts up from 1. */
  nextEventId(): number {
    return ++this.lastEventId;
  }

  /** Whether a request under this number has succeeded; one that failed may be sent again under its number. */
  hasHandled(ackId: string): boolean {
    return this.handledAckIds.has(ackId);
  }

  /** The last 1,000 numbers are remembered. */
  rememberHandled(ackId: string): void {
    this.handledAckIds.add(ackId);
    if (this.handledAckIds.size <= REMEMBERED_ACK_IDS) return;
    for (const oldest of this.handledAckIds) return void this.handledAckIds.delete(oldest);
  }

  /**
   * Runs a task after all tasks queued before it, unless the WebSocket it came over is no longer the connection's: what
   * waits there when the TCP connection goes is never read. Everything a client sends is handled one at a time, its
   * pings and its goodbye, too.
   */
  enqueue(socket: ClientSocket, task: () => Promise<void> | void): void {
    this.inbox = this.inbox.then(() => (this.socket === socket && !this.ended ? task() : undefined));
  }

  /** @returns false when a reliable connection's buffer is full, so that it cannot be kept. */
  send(message: Message): boolean {
    if (this.reliable) {
      const frame = this.reliable.push(message);
      if (frame === undefined) return false;
      this.sendFrame(frame);
    } else {
      this.sendFrame(this.speaksJson ? messageFrame(message) : payloadToRaw(message.payload));
    }
    return true;
  }

  /** Sends if there is a WebSocket to send on; what must not be lost goes through `send`. */
  sendFrame(frame: string | Buffer): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(frame);
  }
}
