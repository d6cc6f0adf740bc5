import { WebSocket } from 'ws';
import { messageFrame, type Message } from './client/json-protocol';
import { ReliableBuffer } from './client/reliable';
import { isJson, RELIABLE_JSON_PROTOCOL } from './client/subprotocols';
import { payloadToRaw } from './payload';

export interface ConnectionFacts {
  id: string;
  userId: string | undefined;
  subprotocol: string | undefined;
  roles: Iterable<string>;
  /** Opaque: whatever the webhook answered in `ce-connectionState`. */
  connectionState: string | undefined;
}

/** A client as the app sees it. A reliable one outlives its WebSocket: without one it is detached. */
export class Connection {
  readonly id: string;
  readonly userId: string | undefined;
  readonly subprotocol: string | undefined;
  readonly roles: Set<string>;
  readonly groups = new Set<string>();
  readonly reliable: ReliableBuffer | undefined;
  /** Requests that succeeded; one that failed may be sent again under its number. */
  readonly handledAckIds = new Set<number>();
  connectionState: string | undefined;
  socket: WebSocket | undefined;
  /** Takes back the end of the recovery window. */
  stopRecoveryTimer: () => void = () => undefined;
  /** The client has said goodbye; frames it sent before that are still being handled. */
  closing = false;
  /** Removed for good: `disconnected` has been raised. */
  ended = false;
  private lastEventId = 0;
  private inbox: Promise<void> = Promise.resolve();

  constructor(facts: ConnectionFacts) {
    this.id = facts.id;
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

  /**
   * Runs a task after all tasks queued before it. Frames of one client are handled one at a time, and its goodbye
   * after them, so that `disconnected` cannot overtake an event the client sent before it left.
   */
  enqueue(task: () => Promise<void> | void): void {
    this.inbox = this.inbox.then(task);
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
