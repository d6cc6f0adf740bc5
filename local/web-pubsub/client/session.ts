import type { RawData, WebSocket } from 'ws';
import type { Connection } from '../connection';
import type { Hub } from '../hub';
import type { Lifecycle } from '../lifecycle';
import type { Log } from '../log';
import type { Payload } from '../payload';
import { isPermitted, type Permission } from '../roles';
import type { Upstream } from '../upstream/events';
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

const INVALID_DATA = 1007;
const SERVER_ERROR = 1011;

type Request = Exclude<ClientFrame, { type: 'ping' | 'sequenceAck' | 'invoke' }>;

class RequestError extends Error {
  constructor(
    readonly ack: AckError,
    message: string,
  ) {
    super(message);
  }
}

/** Handles what clients send. */
export class Sessions {
  constructor(
    private readonly hub: Hub,
    private readonly lifecycle: Lifecycle,
    private readonly upstream: Upstream,
    private readonly log: Log,
  ) {}

  listen(connection: Connection, socket: WebSocket): void {
    socket.on('message', (data, isBinary) => {
      const bytes = toBuffer(data);
      if (connection.speaksJson) this.receiveFrame(connection, bytes.toString('utf8'));
      else this.receiveRaw(connection, isBinary ? binary(bytes) : text(bytes));
    });
  }

  private receiveFrame(connection: Connection, frameText: string): void {
    let frame: ClientFrame;
    try {
      frame = parseFrame(frameText);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.lifecycle.end(connection, error.message, INVALID_DATA);
      return;
    }
    switch (frame.type) {
      // Signs of life are answered past the queue: a slow event handler must not make the client give up.
      case 'ping':
        return connection.sendFrame(pongFrame());
      case 'sequenceAck':
        return connection.reliable?.acknowledge(frame.sequenceId);
      case 'invoke':
        return connection.sendFrame(failedInvokeFrame(frame.invocationId));
      default: {
        const request = frame;
        return connection.enqueue(() => this.handle(connection, request));
      }
    }
  }

  private async handle(connection: Connection, request: Request): Promise<void> {
    // Closed by the app while this waited behind a slow event: its events must not follow its `disconnected`.
    if (connection.ended) return;
    const { ackId } = request;
    if (ackId !== undefined && connection.handledAckIds.has(ackId)) {
      connection.sendFrame(
        failedAckFrame(ackId, 'Duplicate', `A request with ackId ${ackId} has succeeded before.`),
      );
      return;
    }
    try {
      await this.perform(connection, request);
      if (ackId === undefined) return;
      connection.handledAckIds.add(ackId);
      connection.sendFrame(ackFrame(ackId));
    } catch (error) {
      const known = error instanceof RequestError;
      const message = error instanceof Error ? error.message : String(error);
      if (ackId !== undefined)
        connection.sendFrame(failedAckFrame(ackId, known ? error.ack : 'InternalServerError', message));
      this.log(known ? 'info' : 'error', `${request.type} of connection ${connection.id} failed: ${message}`);
    }
  }

  private async perform(connection: Connection, request: Request): Promise<void> {
    switch (request.type) {
      case 'joinGroup':
        demand(connection, 'joinLeaveGroup', request.group);
        return this.hub.join(connection, request.group);
      case 'leaveGroup':
        demand(connection, 'joinLeaveGroup', request.group);
        return this.hub.leave(connection, request.group);
      case 'sendToGroup': {
        const { group, payload } = request;
        demand(connection, 'sendToGroup', group);
        const receivers = this.hub
          .inGroup(group)
          .filter((member) => !request.noEcho || member !== connection);
        return this.lifecycle.send(receivers, {
          from: 'group',
          group,
          fromUserId: connection.userId,
          payload,
        });
      }
      case 'event': {
        const outcome = await this.upstream.userEvent(connection, request.event, request.payload);
        if (!outcome.ok)
          throw new RequestError('InternalServerError', `The event was not handled: ${outcome.problem}.`);
        if (outcome.reply) this.lifecycle.send([connection], { from: 'server', payload: outcome.reply });
      }
    }
  }

  private receiveRaw(connection: Connection, payload: Payload): void {
    connection.enqueue(async () => {
      if (connection.ended) return;
      const outcome = await this.upstream.userEvent(connection, 'message', payload);
      if (!outcome.ok)
        this.lifecycle.end(connection, `The message was not handled: ${outcome.problem}.`, SERVER_ERROR);
      else if (outcome.reply) this.lifecycle.send([connection], { from: 'server', payload: outcome.reply });
    });
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
