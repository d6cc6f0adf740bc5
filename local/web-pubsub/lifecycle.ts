import type { WebSocket } from 'ws';
import { connectedFrame, disconnectedFrame, type Message } from './client/json-protocol';
import type { Connection } from './connection';
import type { Hub } from './hub';
import type { Settings } from './options';
import type { Upstream } from './upstream/events';

/** Sent to a client that tries to continue a connection that is gone; it then opens a new one. */
export const UNRECOVERABLE = 1008;
const NORMAL = 1000;
const ABNORMAL = 1006;

/** The life of a connection: opened, perhaps lost and recovered, ended exactly once. */
export class Lifecycle {
  constructor(
    private readonly hub: Hub,
    private readonly upstream: Upstream,
    private readonly settings: Pick<Settings, 'recoveryWindowMs' | 'after'>,
  ) {}

  open(connection: Connection, socket: WebSocket, groups: Iterable<string>): void {
    this.hub.add(connection);
    for (const group of groups) this.hub.join(connection, group);
    this.attach(connection, socket);
    this.upstream.connected(connection);
  }

  /** Continues a connection on another WebSocket; no event is raised, and what it has missed is sent again. */
  recover(connectionId: string, reconnectionToken: string, socket: WebSocket): Connection | undefined {
    const connection = this.hub.connection(connectionId);
    // After its goodbye a client is still there while its last event is handled, but not to be had back.
    if (!connection?.reliable || connection.closing) return undefined;
    if (connection.reliable.reconnectionToken !== reconnectionToken) return undefined;
    connection.stopRecoveryTimer();
    // The client may notice the loss before we do; its new WebSocket replaces one that still looks open.
    const stale = connection.socket;
    this.attach(connection, socket);
    stale?.terminate();
    for (const frame of connection.reliable.unacknowledged()) connection.sendFrame(frame);
    return connection;
  }

  /** Ends a connection for good, on behalf of the app or because it cannot be kept. */
  end(connection: Connection, reason: string, code = NORMAL): void {
    // The app may close a client that has said goodbye while its last event is still handled: only one counts.
    if (connection.ended) return;
    connection.ended = true;
    connection.stopRecoveryTimer();
    this.hub.remove(connection);
    if (connection.speaksJson) connection.sendFrame(disconnectedFrame(reason));
    connection.socket?.close(code, closeText(reason));
    this.upstream.disconnected(connection, reason);
  }

  send(connections: Iterable<Connection>, message: Message): void {
    for (const connection of connections) {
      if (!connection.send(message)) {
        this.end(connection, 'Too many messages were not acknowledged.', UNRECOVERABLE);
      }
    }
  }

  /** Drops everything without raising events, as a service that has crashed does. */
  abandonAll(): void {
    for (const connection of this.hub.all()) {
      connection.ended = true;
      connection.stopRecoveryTimer();
      connection.socket?.terminate();
    }
  }

  private attach(connection: Connection, socket: WebSocket): void {
    connection.socket = socket;
    // Emitted when the client breaks the WebSocket protocol or the size limit; ws itself sends the close frame.
    socket.on('error', (error) => {
      if (connection.socket === socket) this.end(connection, error.message);
    });
    socket.on('close', (code, reason) => this.closed(connection, socket, code, reason.toString('utf8')));
    if (connection.speaksJson) {
      socket.send(connectedFrame(connection.id, connection.userId, connection.reliable?.reconnectionToken));
    }
  }

  private closed(connection: Connection, socket: WebSocket, code: number, reason: string): void {
    // The close of a WebSocket that a recovery has replaced says nothing about the connection any more.
    if (connection.socket !== socket || connection.ended) return;
    connection.socket = undefined;
    if (connection.reliable && code === ABNORMAL) {
      const { after, recoveryWindowMs } = this.settings;
      connection.stopRecoveryTimer = after(recoveryWindowMs, () =>
        this.end(connection, 'Connection recovery timed out.'),
      );
      return;
    }
    connection.closing = true;
    const why = code === ABNORMAL ? 'The WebSocket was lost without a closing handshake.' : reason;
    connection.enqueue(() => this.end(connection, why));
  }
}

/** A close frame has room for 123 bytes of text. */
function closeText(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text, 'utf8') > 123) text = text.slice(0, -1);
  return text;
}
