/** What a message or a user event carries, in the three forms the service knows. */
export type Payload =
  | { dataType: 'text'; data: string }
  | { dataType: 'json'; data: unknown }
  | { dataType: 'binary'; data: Buffer };

export class PayloadError extends Error {}

/** @throws PayloadError when the content type is not one of the three, or the body is not JSON though it says so. */
export function payloadFromHttp(contentType: string | undefined, body: Buffer): Payload {
  const mediaType = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  switch (mediaType) {
    case 'text/plain':
      return { dataType: 'text', data: body.toString('utf8') };
    case 'application/octet-stream':
      return { dataType: 'binary', data: body };
    case 'application/json':
      try {
        return { dataType: 'json', data: JSON.parse(body.toString('utf8')) as unknown };
      } catch {
        throw new PayloadError('the body is not valid JSON');
      }
    default:
      throw new PayloadError(
        `content type "${mediaType}" is none of text/plain, application/json, application/octet-stream`,
      );
  }
}

export function payloadToHttp(payload: Payload): { contentType: string; body: Buffer } {
  switch (payload.dataType) {
    case 'text':
      return { contentType: 'text/plain; charset=utf-8', body: Buffer.from(payload.data, 'utf8') };
    case 'json':
      return {
        contentType: 'application/json; charset=utf-8',
        body: Buffer.from(JSON.stringify(payload.data ?? null), 'utf8'),
      };
    case 'binary':
      return { contentType: 'application/octet-stream', body: payload.data };
  }
}

/** @throws PayloadError when the data does not fit the data type a client's frame states. */
export function payloadFromFrame(dataType: unknown, data: unknown): Payload {
  switch (dataType ?? 'json') {
    case 'json':
      return { dataType: 'json', data: data ?? null };
    case 'text':
      if (typeof data !== 'string') throw new PayloadError('data of type text must be a string');
      return { dataType: 'text', data };
    case 'binary':
      if (typeof data !== 'string') throw new PayloadError('data of type binary must be a base64 string');
      return { dataType: 'binary', data: Buffer.from(data, 'base64') };
    default:
      throw new PayloadError('dataType must be json, text or binary');
  }
}

/** The `dataType` and `data` members of a frame to a JSON client. */
export function payloadToFrame(payload: Payload): { dataType: Payload['dataType']; data: unknown } {
  return payload.dataType === 'binary'
    ? { dataType: 'binary', data: payload.data.toString('base64') }
    : { dataType: payload.dataType, data: payload.data };
}

/** What a client without a subprotocol gets: the bare payload, as a text or a binary WebSocket message. */
export function payloadToRaw(payload: Payload): string | Buffer {
  if (payload.dataType === 'json') return JSON.stringify(payload.data);
  return payload.data;
}
