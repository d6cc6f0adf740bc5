import { randomBytes } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Connection } from '../connection';
import type { Hubs } from '../hub';
import { UNRECOVERABLE, type Lifecycle } from '../lifecycle';
import { tokenOf, type Tokens } from '../tokens';
import { abortedBy, type Caller } from '../upstream/caller';
import { Cookies } from '../upstream/cookies';
import type { Upstream } from '../upstream/events';
import { ClientSocket } from './client-socket';
import type { Heartbeat } from './heartbeat';
import type { Sessions } from './session';
import { isJson, isUnsupported, offeredSubprotocols, RELIABLE_JSON_PROTOCOL } from './subprotocols';
import {
  claimsOf,
  headersOf,
  hostOf,
  isWebSocketRequest,
  queryOf,
  strings,
  upgradeTarget,
  type UpgradeTarget,
} from './upgrade-request';

const MAX_FRAME_BYTES = 1024 * 1024;

export interface HandshakeParts {
  hubs: Hubs;
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
    WebSocket: ClientSocket,
    handleProtocols: (_offered, request) => this.chosen.get(request) ?? false,
  });

  constructor(private readonly parts: HandshakeParts) {}

  async handle(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // A client that vanishes during its handshake must not take the process with it.
    socket.on('error', () => socket.destroy());
    const target = upgradeTarget(request);
    if (!target) return refuse(socket, 404, 'Clients connect to /client/hubs/{hub}.');
    if (!isWebSocketRequest(request)) return refuse(socket, 400, 'This is not a WebSocket handshake.');
    const waiting = new WaitingClient(socket, head);
    if (target.recovery) return this.recover(request, waiting, target.hub, target.recovery);
    return this.connect(request, waiting, target);
  }

  private async connect(
    request: IncomingMessage,
    waiting: WaitingClient,
    target: UpgradeTarget,
  ): Promise<void> {
    const { hubs, endpoint, tokens, upstream, lifecycle } = this.parts;
    const { socket } = waiting;
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

    const source = {
      id: randomBytes(16).toString('base64url'),
      hub: hubs.named(target.hub),
      origin: hostOf(request),
      cookies: new Cookies(),
      userId: token.claims.sub,
      subprotocol: undefined,
      connectionState: undefined,
    };
    const asked = {
      claims: claimsOf(token.claims),
      query: queryOf(target.url),
      headers: headersOf(request),
      subprotocols: offered,
    };
    const outcome = await upstream.connect(source, asked, waiting);
    // Nobody is there to be told, and the app is not told either.
    if (waiting.gone.aborted) return void socket.destroy();
    if (!outcome.accepted) return refuse(socket, outcome.status);

    const { answer, connectionState } = outcome;
    // An empty user id overrides the token's: the connection becomes anonymous.
    const userId = (answer.userId ?? token.claims.sub) || undefined;
    const subprotocol = answer.subprotocol || offered.find(isJson);
    if (subprotocol !== undefined && !offered.includes(subprotocol)) return refuse(socket, 500);
    const roles = answer.roles ?? strings(token.claims.role);
    const connection = new Connection({ ...source, userId, subprotocol, roles, connectionState });
    const tokenGroups = strings(token.claims['webpubsub.group']);
    const groups = answer.groups?.length ? answer.groups : tokenGroups;
    this.accept(request, waiting, subprotocol, (webSocket) => {
      this.serve(connection, webSocket);
      lifecycle.open(connection, webSocket, groups);
    });
  }

  /** The secret of the connection is what counts here: the client's access token may have expired long ago. */
  private recover(
    request: IncomingMessage,
    waiting: WaitingClient,
    hub: string,
    { connectionId, reconnectionToken }: NonNullable<UpgradeTarget['recovery']>,
  ): void {
    const offered = offeredSubprotocols(request.headers['sec-websocket-protocol']);
    const subprotocol = offered.includes(RELIABLE_JSON_PROTOCOL) ? RELIABLE_JSON_PROTOCOL : undefined;
    const { hubs, lifecycle } = this.parts;
    this.accept(request, waiting, subprotocol, (webSocket) => {
      const connection =
        subprotocol && lifecycle.recover(hubs.named(hub), connectionId, reconnectionToken, webSocket);
      if (connection) this.serve(connection, webSocket);
      else webSocket.finish(UNRECOVERABLE, 'The connection could not be recovered.');
    });
  }

  private serve(connection: Connection, webSocket: ClientSocket): void {
    this.parts.sessions.listen(connection, webSocket);
    this.parts.heartbeat.watch(webSocket);
  }

  private accept(
    request: IncomingMessage,
    waiting: WaitingClient,
    subprotocol: string | undefined,
    then: (webSocket: ClientSocket) => void,
  ): void {
    if (subprotocol !== undefined) this.chosen.set(request, subprotocol);
    this.sockets.handleUpgrade(request, waiting.socket, waiting.handOver(), then);
  }
}

/**
 * A client whose handshake is under way. Its socket is read meanwhile: nothing else tells that the other end is gone. What
 * it sends too early is kept for the WebSocket.
 */
class WaitingClient implements Caller {
  readonly gone: AbortSignal;
  private readonly early: Buffer[];
  private readonly keep = (chunk: Buffer): void => void this.early.push(chunk);

  constructor(
    readonly socket: Duplex,
    head: Buffer,
  ) {
    this.early = [head];
    socket.on('data', this.keep);
    this.gone = abortedBy((abort) => socket.once('end', abort).once('close', abort));
  }

  terminate(): void {
    this.socket.destroy();
  }

  /** From here on somebody else reads, in the same turn of the event loop. */
  handOver(): Buffer {
    this.socket.off('data', this.keep);
    return Buffer.concat(this.early);
  }
}

/** A refusal by the app has its status only; the stand-in says why it is the one that refuses. */
function refuse(socket: Duplex, status: number, body = ''): void {
  const bytes = Buffer.from(body, 'utf8');
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    ...(body === '' ? [] : ['Content-Type: text/plain; charset=utf-8']),
    `Content-Length: ${bytes.length}`,
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]));
}
