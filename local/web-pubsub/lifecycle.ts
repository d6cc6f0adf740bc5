import type { ClientSocket, StreamEnd } from './client/client-socket';
import { connectedFrame, disconnectedFrame, type Message } from './client/json-protocol';
import type { Connection } from './connection';
import type { Hub, Hubs } from './hub';
import type { Settings } from './options';
import type { Upstream } from './upstream/events';

/** Sent to a client that tries to continue a connection that is gone; it then opens a new one. */
export const UNRECOVERABLE = 1008;
const NORMAL = 1000;
const TOO_LARGE = 1009;

/** The life of a connection: opened, perhaps lost and recovered, ended exactly once. */
export class Lifecycle {
  constructor(
    private readonly hubs: Hubs,
    private readonly upstream: Upstream,
    private readonly settings: Pick<Settings, 'recoveryWindowMs' | 'after'>,
  ) {}

  open(connection: Connection, socket: ClientSocket, groups: Iterable<string>): void {
    connection.hub.add(connection);
    for (const group of groups) connection.hub.join(connection, group);
    this.attach(connection, socket);
    if (connection.speaksJson) {
      socket.send(connectedFrame(connection.id, connection.userId, connection.reliable?.reconnectionToken));
    }
    this.upstream.connected(connection);
  }

  /** Continues a connection on another WebSocket; no event is raised, and what it has missed is sent again. */
  recover(
    hub: Hub,
    connectionId: string,
    reconnectionToken: string,
    socket: ClientSocket,
  ): Connection | undefined {
    const connection = hub.connection(connectionId);
    if (!connection?.reliable || connection.reliable.reconnectionToken !== reconnectionToken)
      return undefined;
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
    if (connection.ended) return;
    if (connection.speaksJson) connection.sendFrame(disconnectedFrame(reason));
    this.remove(connection, reason);
    connection.socket?.finish(code, code === NORMAL ? '' : closeText(reason));
  }

  /** @param reason that of the app */
  endByApp(connection: Connection, reason: string): void {
    this.end(connection, `Application server closed the connection.${reason && ` Reason: ${reason}`}`);
  }

  /**
   * What the client has sent ends here. Only a close frame with 1000 or without a code is a goodbye; after any other one,
   * such as a browser's 1001 for a page that is left, the connection is lost, as without a close frame.
   */
  streamEnded(connection: Connection, socket: ClientSocket, { code, reason, broken }: StreamEnd): void {
    if (broken) {
      const what = code === TOO_LARGE ? 'message is too large' : 'frame is invalid';
      this.end(connection, `The client ${what}.`, code);
    } else if (code === undefined || code === NORMAL) {
      this.remove(connection, reason);
      socket.finish(code, reason);
    } else {
      socket.terminate();
    }
  }

  send(connections: Iterable<Connection>, message: Message): void {
    for (const connection of connections) {
      if (!connection.send(message)) {
        this.end(connection, 'The reliable message buffer is full.', UNRECOVERABLE);
      }
    }
  }

  /** Drops everything without raising events, as a service that has crashed does. */
  abandonAll(): void {
    for (const connection of this.hubs.connections()) {
      connection.ended = true;
      connection.stopRecoveryTimer();
      connection.socket?.terminate();
    }
  }

  private attach(connection: Connection, socket: ClientSocket): void {
    connection.socket = socket;
    socket.on('close', () => this.lost(connection, socket));
  }

  /** The TCP connection is gone before the client's goodbye was read, if it has sent one. */
  private lost(connection: Connection, socket: ClientSocket): void {
    // The close of a WebSocket that a recovery has replaced says nothing about the connection any more.
    if (connection.socket !== socket || connection.ended) return;
    connection.socket = undefined;
    if (!connection.reliable) return this.remove(connection, 'The connection was lost.');
    const { after, recoveryWindowMs } = this.settings;
    connection.stopRecoveryTimer = after(recoveryWindowMs, () =>
      this.remove(connection, 'The connection recovery timeout expired.'),
    );
  }

  private remove(connection: Connection, reason: string): void {
    connection.ended = true;
    connection.stopRecoveryTimer();
    connection.hub.remove(connection);
    this.upstream.disconnected(connection, reason);
  }
}

/** A close frame has room for 123 bytes of text. */
function closeText(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text, 'utf8') > 123) text = text.slice(0, -1);
  return text;
}
