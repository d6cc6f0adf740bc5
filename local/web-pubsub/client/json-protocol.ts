import { payloadFromFrame, payloadToFrame, PayloadError, type Payload } from '../payload';
import { rawMembers, withRawMember } from '../raw-json';

/** A frame from a JSON client. `ackId` is as written: a whole number of up to 64 bits. */
export type ClientFrame =
  | { type: 'joinGroup' | 'leaveGroup'; group: string; ackId: string | undefined }
  | { type: 'sendToGroup'; group: string; ackId: string | undefined; noEcho: boolean; payload: Payload }
  | { type: 'event'; event: string; ackId: string | undefined; payload: Payload }
  | { type: 'invoke'; invocationId: string }
  | { type: 'sequenceAck'; sequenceId: number }
  | { type: 'ping' };

/** A message to a client, before it is put into the form the client's subprotocol wants. */
export type Message =
  | { from: 'server'; payload: Payload }
  | { from: 'group'; group: string; fromUserId?: string; payload: Payload };

export type AckError = 'Forbidden' | 'InternalServerError' | 'Duplicate';

export class FrameError extends Error {}

const EVENT_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const GROUP_NAME = /^(?=.*\S).{1,1024}$/s;
const LARGEST = 2n ** 64n - 1n;

/** @throws FrameError for anything that is not a frame of the protocol. */
export function parseFrame(text: string): ClientFrame {
  const { members, raw } = parsed(text);
  const ackId = wholeNumber(members, raw, 'ackId');
  switch (members.type) {
    case 'ping':
      return { type: 'ping' };
    case 'sequenceAck': {
      const sequenceId = wholeNumber(members, raw, 'sequenceId');
      if (sequenceId === undefined) throw new FrameError('"sequenceId" is missing.');
      return { type: 'sequenceAck', sequenceId: Number(sequenceId) };
    }
    case 'joinGroup':
    case 'leaveGroup':
      return { type: members.type, group: name(members, 'group', GROUP_NAME), ackId };
    case 'sendToGroup':
      return {
        type: 'sendToGroup',
        group: name(members, 'group', GROUP_NAME),
        ackId,
        noEcho: members.noEcho === true,
        payload: payload(members, raw),
      };
    case 'event':
      return {
        type: 'event',
        event: name(members, 'event', EVENT_NAME),
        ackId,
        payload: payload(members, raw),
      };
    case 'invoke':
      return { type: 'invoke', invocationId: name(members, 'invocationId', GROUP_NAME) };
    default:
      throw new FrameError(`Frames of type ${JSON.stringify(members.type)} are not known.`);
  }
}

export const ackFrame = (ackId: string): string =>
  withRawMember({ type: 'ack', success: true }, 'ackId', ackId);

export const failedAckFrame = (ackId: string, name: AckError, message: string): string =>
  withRawMember({ type: 'ack', success: false, error: { name, message } }, 'ackId', ackId);

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
  const frame = { type: 'message', sequenceId, ...rest, dataType: content.dataType };
  return withRawMember(frame, 'data', payloadToFrame(content));
}

type Members = Record<string, unknown>;

function parsed(text: string): { members: Members; raw: Map<string, string> } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FrameError('The frame is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FrameError('The frame is not a JSON object.');
  return { members: value as Members, raw: rawMembers(text) };
}

function wholeNumber(members: Members, raw: Map<string, string>, member: string): string | undefined {
  if (members[member] === undefined || members[member] === null) return undefined;
  const text = raw.get(member) ?? '';
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > LARGEST)
    throw new FrameError(`"${member}" must be a whole number of up to 64 bits, not negative.`);
  return text;
}

function name(members: Members, member: string, form: RegExp): string {
  const value = members[member];
  if (typeof value !== 'string' || !form.test(value))
    throw new FrameError(`"${member}" must be a string of the form ${form.source}.`);
  return value;
}

function payload(members: Members, raw: Map<string, string>): Payload {
  try {
    return payloadFromFrame(members.dataType, members.data, raw.get('data'));
  } catch (error) {
    if (error instanceof PayloadError) throw new FrameError(`The frame is not valid: ${error.message}.`);
    throw error;
  }
}
