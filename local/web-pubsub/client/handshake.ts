import { randomBytes } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { Connection } from '../connection';
import { UNRECOVERABLE, type Lifecycle } from '../lifecycle';
import type { Settings } from '../options';
import { tokenOf, type Tokens } from '../tokens';
import type { Upstream } from '../upstream/events';
import type { Heartbeat } from './heartbeat';
import type { Sessions } from './session';
import { isJson, isUnsupported, offeredSubprotocols, RELIABLE_JSON_PROTOCOL } from './subprotocols';
import {
  claimsOf,
  headersOf,
  isWebSocketRequest,
  queryOf,
  strings,
  upgradeTarget,
  type UpgradeTarget,
} from './upgrade-request';

const MAX_FRAME_BYTES = 1024 * 1024;

export interface HandshakeParts {
  settings: Settings;
  endpoint: string;
  tokens: Tokens;
  upstream: Upstream;
  lifecycle: Lifecycle;
  sessions: Sessions;
  heartbeat: Heartbeat;
}

/** Turns an HTTP upgrade into a connection: checks the token, asks the app, accepts or passes its refusal on. */
export class Handshake {
  private readonly chosen = new WeakMap<IncomingMessage, string>();
  private readonly sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (_offered, request) => this.chosen.get(request) ?? false,
  });

  constructor(private readonly parts: HandshakeParts) {}

  async handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A client that vanishes during its handshake must not take the process with it.
    socket.on('error', () => socket.destroy());
    const target = upgradeTarget(request);
    if (!target) return refuse(socket, 404, 'Clients connect to /client/hubs/{hub}.');
    if (!isWebSocketRequest(request)) return refuse(socket, 400, 'This is not a WebSocket handshake.');
    if (target.hub.toLowerCase() !== this.parts.settings.hub.toLowerCase()) {
      return refuse(socket, 404, `This local stand-in serves the hub "${this.parts.settings.hub}" only.`);
    }
    if (target.recovery) return this.recover(request, socket, head, target.recovery);
    return this.connect(request, socket, head, target);
  }

  private async connect(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: UpgradeTarget,
  ): Promise<void> {
    const { endpoint, tokens, upstream, lifecycle } = this.parts;
    const path = `/client/hubs/${target.hub}`;
    const audiences = [`${endpoint}${path}`, `http://${request.headers.host}${path}`];
    const token = await tokens.check(tokenOf(target.url, request.headers.authorization), audiences);
    if (!token.ok) return refuse(socket, 401, `Unauthorized: ${token.reason}.`);
    const offered = offeredSubprotocols(request.headers['sec-websocket-protocol']);
    const unsupported = offered.find(isUnsupported);
    if (unsupported !== undefined && !offered.some(isJson)) {
      return refuse(socket, 501, `The local stand-in does not speak ${unsupported}.`);
    }
    if (target.url.searchParams.get('webpubsub_mode') === 'sendToGroup') {
      return refuse(socket, 501, 'The local stand-in does not cover webpubsub_mode=sendToGroup.');
    }

    const connectionId = randomBytes(16).toString('base64url');
    const outcome = await upstream.connect({
      connectionId,
      userId: token.claims.sub,
      claims: claimsOf(token.claims),
      query: queryOf(target.url),
      headers: headersOf(request),
      subprotocols: offered,
    });
    if (!outcome.accepted) return refuse(socket, outcome.status, outcome.body, outcome.contentType);

    const { answer, connectionState } = outcome;
    // An empty user id overrides the token's: the connection becomes anonymous.
    const userId = (answer.userId ?? token.claims.sub) || undefined;
    const subprotocol = answer.subprotocol || offered.find(isJson);
    const roles = answer.roles ?? strings(token.claims.role);
    const connection = new Connection({ id: connectionId, userId, subprotocol, roles, connectionState });
    if (subprotocol !== undefined && !offered.includes(subprotocol)) {
      upstream.disconnected(
        connection,
        'The event handler chose a subprotocol that the client had not offered.',
      );
      return refuse(socket, 500, 'The event handler chose a subprotocol that the client had not offered.');
    }
    // The client may have left while the app was thinking. The app has accepted it, so it hears that it is gone.
    if (socket.destroyed || !socket.readable || !socket.writable) {
      socket.destroy();
      upstream.disconnected(connection, 'The client left during the handshake.');
      return;
    }
    const tokenGroups = strings(token.claims['webpubsub.group']);
    const groups = answer.groups?.length ? answer.groups : tokenGroups;
    this.accept(request, socket, head, subprotocol, (webSocket) => {
      this.serve(connection, webSocket);
      lifecycle.open(connection, webSocket, groups);
    });
  }

  /** The secret of the connection is what counts here: the client's access token may have expired long ago. */
  private recover(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    recovery: { connectionId: string; reconnectionToken: string },
  ): void {
    const offered = offeredSubprotocols(request.headers['sec-websocket-protocol']);
    const subprotocol = offered.includes(RELIABLE_JSON_PROTOCOL) ? RELIABLE_JSON_PROTOCOL : undefined;
    this.accept(request, socket, head, subprotocol, (webSocket) => {
      const { connectionId, reconnectionToken } = recovery;
      const connection =
        subprotocol && this.parts.lifecycle.recover(connectionId, reconnectionToken, webSocket);
      if (connection) this.serve(connection, webSocket);
      else webSocket.close(UNRECOVERABLE, 'The connection cannot be recovered.');
    });
  }

  private serve(connection: Connection, webSocket: WebSocket): void {
    this.parts.sessions.listen(connection, webSocket);
    this.parts.heartbeat.watch(webSocket);
  }

  private accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    subprotocol: string | undefined,
    then: (webSocket: WebSocket) => void,
  ): void {
    if (subprotocol !== undefined) this.chosen.set(request, subprotocol);
    this.sockets.handleUpgrade(request, socket, head, then);
  }
}

function refuse(
  socket: Duplex,
  status: number,
  body: string | Buffer,
  contentType = 'text/plain; charset=utf-8',
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    `Content-Type: ${contentType}`,
    `Content-Length: ${bytes.length}`,
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]));
}
