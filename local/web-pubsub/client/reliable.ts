import { randomBytes } from 'node:crypto';
import { messageFrame, type Message } from './json-protocol';

const MAX_MESSAGES = 1000;
const MAX_BYTES = 16 * 1024 * 1024;

/** What a reliable connection needs to survive the loss of its WebSocket: unacknowledged messages and a secret. */
export class ReliableBuffer {
  /** Only who has it may continue the connection on another WebSocket. */
  readonly reconnectionToken = randomBytes(24).toString('base64url');
  private readonly unacked = new Map<number, string>();
  private bytes = 0;
  private lastSequenceId = 0;

  /** Numbers the message and keeps it. `undefined`: it no longer fits, the connection cannot be kept. */
  push(message: Message): string | undefined {
    const frame = messageFrame(message, this.lastSequenceId + 1);
    if (this.unacked.size >= MAX_MESSAGES || this.bytes + frame.length > MAX_BYTES) return undefined;
    this.lastSequenceId += 1;
    this.unacked.set(this.lastSequenceId, frame);
    this.bytes += frame.length;
    return frame;
  }

  /** Forgets everything up to this number: acknowledgements are cumulative. */
  acknowledge(sequenceId: number): void {
    for (const [id, frame] of this.unacked) {
      if (id > sequenceId) return;
      this.unacked.delete(id);
      this.bytes -= frame.length;
    }
  }

  /** In the order they were sent. */
  unacknowledged(): string[] {
    return [...this.unacked.values()];
  }
}
