import type { RawData } from 'ws';
import type { Connection } from '../connection';
import type { Lifecycle } from '../lifecycle';
import type { Log } from '../log';
import type { Payload } from '../payload';
import { isPermitted, type Permission } from '../roles';
import type { Upstream } from '../upstream/events';
import type { ClientSocket } from './client-socket';
import {
  ackFrame,
  failedAckFrame,
  failedInvokeFrame,
  FrameError,
  parseFrame,
  pongFrame,
  type AckError,
  type ClientFrame,
} from './json-protocol';

const INVALID_TYPE = 1003;
const INVALID_DATA = 1007;
const SERVER_ERROR = 1011;
/** All that a client learns of an event that failed. */
const SERVER_ERROR_TEXT = 'Internal server error';

type Request = Exclude<ClientFrame, { type: 'ping' | 'sequenceAck' | 'invoke' }>;

class RequestError extends Error {
  constructor(
    readonly ack: AckError,
    /** For the client. */
    message: string,
    /** For the log, which says more. */
    readonly problem = message,
  ) {
    super(message);
  }
}

/** Handles what clients send. */
export class Sessions {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly upstream: Upstream,
    private readonly log: Log,
  ) {}

  listen(connection: Connection, socket: ClientSocket): void {
    socket.on('message', (data, isBinary) => {
      const bytes = toBuffer(data);
      connection.enqueue(socket, () =>
        connection.speaksJson
          ? this.frame(connection, socket, bytes, isBinary)
          : this.raw(connection, socket, isBinary ? binary(bytes) : text(bytes)),
      );
    });
    socket.onStreamEnd = (end) =>
      connection.enqueue(socket, () => this.lifecycle.streamEnded(connection, socket, end));
    // What it is about has come by `onStreamEnd`; unheard, it would end the process.
    socket.on('error', () => undefined);
  }

  private frame(
    connection: Connection,
    socket: ClientSocket,
    bytes: Buffer,
    isBinary: boolean,
  ): Promise<void> | void {
    if (isBinary)
      return this.lifecycle.end(connection, 'The JSON subprotocol requires text messages.', INVALID_TYPE);
    let frame: ClientFrame;
    try {
      frame = parseFrame(bytes.toString('utf8'));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return this.lifecycle.end(connection, error.message, INVALID_DATA);
    }
    switch (frame.type) {
      case 'ping':
        return connection.sendFrame(pongFrame());
      case 'sequenceAck':
        return connection.reliable?.acknowledge(frame.sequenceId);
      case 'invoke':
        return connection.sendFrame(failedInvokeFrame(frame.invocationId));
      default:
        return this.handle(connection, socket, frame);
    }
  }

  private async handle(connection: Connection, socket: ClientSocket, request: Request): Promise<void> {
    const { ackId } = request;
    if (ackId !== undefined && connection.hasHandled(ackId)) {
      connection.sendFrame(
        failedAckFrame(ackId, 'Duplicate', `Message with ack-id: ${ackId} has been processed`),
      );
      return;
    }
    try {
      if (!(await this.perform(connection, socket, request)) || ackId === undefined) return;
      connection.rememberHandled(ackId);
      connection.sendFrame(ackFrame(ackId));
    } catch (error) {
      const known = error instanceof RequestError;
      const { ack, message } = known
        ? error
        : { ack: 'InternalServerError' as const, message: SERVER_ERROR_TEXT };
      if (ackId !== undefined) connection.sendFrame(failedAckFrame(ackId, ack, message));
      const problem = known ? error.problem : String(error);
      this.log(known ? 'info' : 'error', `${request.type} of connection ${connection.id} failed: ${problem}`);
    }
  }

  /** @returns false when the client is gone: there is nobody to acknowledge anything to. */
  private async perform(connection: Connection, socket: ClientSocket, request: Request): Promise<boolean> {
    const { hub } = connection;
    switch (request.type) {
      case 'joinGroup':
        demand(connection, 'joinLeaveGroup', request.group);
        hub.join(connection, request.group);
        return true;
      case 'leaveGroup':
        demand(connection, 'joinLeaveGroup', request.group);
        hub.leave(connection, request.group);
        return true;
      case 'sendToGroup': {
        const { group, payload } = request;
        demand(connection, 'sendToGroup', group);
        const receivers = hub.inGroup(group).filter((member) => !request.noEcho || member !== connection);
        const { userId: fromUserId } = connection;
        this.lifecycle.send(receivers, { from: 'group', group, fromUserId, payload });
        return true;
      }
      case 'event': {
        const outcome = await this.upstream.userEvent(connection, request.event, request.payload, socket);
        if (outcome.ok) {
          if (outcome.reply) this.lifecycle.send([connection], { from: 'server', payload: outcome.reply });
          return true;
        }
        if (outcome.gone) return false;
        const problem = `The event was not handled: ${outcome.problem}.`;
        throw new RequestError('InternalServerError', SERVER_ERROR_TEXT, problem);
      }
    }
  }

  private async raw(connection: Connection, socket: ClientSocket, payload: Payload): Promise<void> {
    const outcome = await this.upstream.userEvent(connection, 'message', payload, socket);
    if (outcome.ok) {
      if (outcome.reply) this.lifecycle.send([connection], { from: 'server', payload: outcome.reply });
    } else if (!outcome.gone) {
      this.log('info', `a message of connection ${connection.id} was not handled: ${outcome.problem}.`);
      this.lifecycle.end(connection, SERVER_ERROR_TEXT, SERVER_ERROR);
    }
  }
}

function demand(connection: Connection, permission: Permission, group: string): void {
  if (!isPermitted(connection.roles, permission, group)) {
    throw new RequestError(
      'Forbidden',
      `The client has no role that allows ${permission} for group "${group}".`,
    );
  }
}

const text = (bytes: Buffer): Payload => ({ dataType: 'text', data: bytes.toString('utf8') });
const binary = (bytes: Buffer): Payload => ({ dataType: 'binary', data: bytes });

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
