/** What a message or a user event carries, in the three forms the service knows. JSON is kept as it was written. */
export type Payload =
  | { dataType: 'text'; data: string }
  | { dataType: 'json'; raw: string }
  | { dataType: 'binary'; data: Buffer };

export class PayloadError extends Error {}

/** The content type is none of the three. */
export class PayloadTypeError extends PayloadError {}

/**
 * Without a content type the body is binary.
 * @throws PayloadTypeError, or PayloadError when the body is not JSON though it says so
 */
export function payloadFromHttp(contentType: string | undefined, body: Buffer): Payload {
  const mediaType = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  switch (mediaType) {
    case 'text/plain':
      return { dataType: 'text', data: body.toString('utf8') };
    case '':
    case 'application/octet-stream':
      return { dataType: 'binary', data: body };
    case 'application/json': {
      const raw = body.toString('utf8');
      try {
        JSON.parse(raw);
      } catch {
        throw new PayloadError('the body is not valid JSON');
      }
      return { dataType: 'json', raw };
    }
    default:
      throw new PayloadTypeError(
        `content type "${mediaType}" is none of text/plain, application/json, application/octet-stream`,
      );
  }
}

export function payloadToHttp(payload: Payload): { contentType: string; body: Buffer } {
  switch (payload.dataType) {
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', body: Buffer.from(payload.data, 'utf8') };
    case 'json':
      return { contentType: 'application/json; charset=utf-8', body: Buffer.from(payload.raw, 'utf8') };
    case 'binary':
      return { contentType: 'application/octet-stream', body: payload.data };
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * @param raw `data` as it is written in the frame; undefined: it is missing
 * @throws PayloadError when the data does not fit the data type that the frame states, is missing or null
 */
export function payloadFromFrame(dataType: unknown, data: unknown, raw: string | undefined): Payload {
  if (raw === undefined || data === null) throw new PayloadError('data is missing');
  switch (dataType ?? 'json') {
    case 'json':
      return { dataType: 'json', raw };
    case 'text':
      if (typeof data !== 'string') throw new PayloadError('data of type text must be a string');
      return { dataType: 'text', data };
    case 'binary':
      if (typeof data !== 'string' || !BASE64.test(data))
        throw new PayloadError('data of type binary must be a base64 string');
      return { dataType: 'binary', data: Buffer.from(data, 'base64') };
    default:
      throw new PayloadError('dataType must be json, text or binary');
  }
}

/** The `data` member of a frame to a JSON client, as it is written. */
export function payloadToFrame(payload: Payload): string {
  switch (payload.dataType) {
    case 'text':
      return JSON.stringify(payload.data);
    case 'json':
      return payload.raw;
    case 'binary':
      return JSON.stringify(payload.data.toString('base64'));
  }
}

/** What a client without a subprotocol gets: the bare payload, as a text or a binary WebSocket message. */
export const payloadToRaw = (payload: Payload): string | Buffer =>
  payload.dataType === 'json' ? payload.raw : payload.data;
