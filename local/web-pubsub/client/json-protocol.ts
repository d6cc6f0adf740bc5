import { payloadFromFrame, payloadToFrame, PayloadError, type Payload } from '../payload';

/** A frame from a JSON client. */
export type ClientFrame =
  | { type: 'joinGroup' | 'leaveGroup'; group: string; ackId: number | undefined }
  | { type: 'sendToGroup'; group: string; ackId: number | undefined; noEcho: boolean; payload: Payload }
  | { type: 'event'; event: string; ackId: number | undefined; payload: Payload }
  | { type: 'invoke'; invocationId: string }
  | { type: 'sequenceAck'; sequenceId: number }
  | { type: 'ping' };

/** A message to a client, before it is put into the form the client's subprotocol wants. */
export type Message =
  | { from: 'server'; payload: Payload }
  | { from: 'group'; group: string; fromUserId?: string; payload: Payload };

export type AckError = 'Forbidden' | 'InternalServerError' | 'Duplicate';

export class FrameError extends Error {}

/** @throws FrameError for anything that is not a frame of the protocol. */
export function parseFrame(text: string): ClientFrame {
  const frame = parsed(text);
  const ackId = frame.ackId === undefined || frame.ackId === null ? undefined : integer(frame, 'ackId');
  switch (frame.type) {
    case 'ping':
      return { type: 'ping' };
    case 'sequenceAck':
      return { type: 'sequenceAck', sequenceId: integer(frame, 'sequenceId') };
    case 'joinGroup':
    case 'leaveGroup':
      return { type: frame.type, group: name(frame, 'group'), ackId };
    case 'sendToGroup':
      return {
        type: 'sendToGroup',
        group: name(frame, 'group'),
        ackId,
        noEcho: frame.noEcho === true,
        payload: payload(frame),
      };
    case 'event':
      return { type: 'event', event: name(frame, 'event'), ackId, payload: payload(frame) };
    case 'invoke':
      return { type: 'invoke', invocationId: name(frame, 'invocationId') };
    default:
      throw new FrameError(`Frames of type ${JSON.stringify(frame.type)} are not known.`);
  }
}

export const ackFrame = (ackId: number): string => JSON.stringify({ type: 'ack', ackId, success: true });

export const failedAckFrame = (ackId: number, name: AckError, message: string): string =>
  JSON.stringify({ type: 'ack', ackId, success: false, error: { name, message } });

export const pongFrame = (): string => JSON.stringify({ type: 'pong' });

export const connectedFrame = (
  connectionId: string,
  userId: string | undefined,
  reconnectionToken?: string,
): string => JSON.stringify({ type: 'system', event: 'connected', userId, connectionId, reconnectionToken });

export const disconnectedFrame = (message: string): string =>
  JSON.stringify({ type: 'system', event: 'disconnected', message });

export const failedInvokeFrame = (invocationId: string): string =>
  JSON.stringify({
    type: 'invokeResponse',
    invocationId,
    success: false,
    error: { name: 'NotSupported', message: 'The local stand-in does not answer invoke frames.' },
  });

/** @param sequenceId for reliable clients only */
export function messageFrame(message: Message, sequenceId?: number): string {
  const { payload: content, ...rest } = message;
  return JSON.stringify({ type: 'message', sequenceId, ...rest, ...payloadToFrame(content) });
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FrameError('The frame is not JSON.');
  }
  if (typeof value !== 'object' || value === null) throw new FrameError('The frame is not a JSON object.');
  return value as Record<string, unknown>;
}

function integer(frame: Record<string, unknown>, member: string): number {
  const value = frame[member];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new FrameError(`"${member}" must be a whole number, not negative.`);
  }
  return value;
}

function name(frame: Record<string, unknown>, member: string): string {
  const value = frame[member];
  if (typeof value !== 'string' || value === '' || value.length > 1024) {
    throw new FrameError(`"${member}" must be a string of 1 to 1024 characters.`);
  }
  return value;
}

function payload(frame: Record<string, unknown>): Payload {
  try {
    return payloadFromFrame(frame.dataType, frame.data);
  } catch (error) {
    if (error instanceof PayloadError) throw new FrameError(`The frame is not valid: ${error.message}.`);
    throw error;
  }
}
