import { WebSocket } from 'ws';
import { abortedBy } from '../upstream/caller';

/** How the stream of a client's frames has ended: with its close frame, or with something that is no frame. */
export interface StreamEnd {
  /** Of the close frame, undefined without one in it; or the one that the broken frame is answered with. */
  readonly code: number | undefined;
  readonly reason: string;
  readonly broken: boolean;
}

/**
 * A client's WebSocket as the service reads it: one frame at a time. The end of the stream waits for its turn, too:
 * `ws` alone would answer a close frame at once, although an event sent before it is still being handled.
 */
export class ClientSocket extends WebSocket {
  /** Aborted as soon as the TCP connection is gone, by whichever side. */
  readonly gone: AbortSignal = abortedBy((abort) => this.once('close', abort));
  /** Called once, when the stream has ended. */
  onStreamEnd: ((end: StreamEnd) => void) | undefined;

  /** Begins or completes the closing handshake. */
  finish(code: number | undefined, reason: string): void {
    super.close(code, reason);
  }

  /** What `ws` calls for a close frame (with a reason, if it has a code) and for a broken frame (without). */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState !== WebSocket.OPEN || this.onStreamEnd === undefined)
      return super.close(code, reason);
    const broken = code !== undefined && reason === undefined;
    this.onStreamEnd({ code, reason: reason?.toString() ?? '', broken });
  }
}
