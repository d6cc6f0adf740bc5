import { z } from 'zod';
import { DEVICE_CLASSES, type DeviceClass } from '../domain/channel';

/** What a connection carries with it: the answer to `connect` sets it, every later event brings it back. */
export interface ConnectionState {
  readonly device: DeviceClass;
}

/** Header of the answer and of the events. */
export const CONNECTION_STATE_HEADER = 'ce-connectionState';

const LONGEST = 4_096;
const DEVICE = z.enum(DEVICE_CLASSES);

const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

/** Base64 of a JSON object whose values are base64 of JSON: the form that the service's own libraries write. */
export const encodeConnectionState = ({ device }: ConnectionState): string =>
  toBase64(JSON.stringify({ device: toBase64(JSON.stringify(device)) }));

/** Never an error: a connection from before an update has no state, and a foreign one says nothing. */
export function decodeConnectionState(header: string | null): ConnectionState | undefined {
  if (header === null || header.length > LONGEST) return undefined;
  try {
    const values = JSON.parse(fromBase64(header)) as { device?: unknown } | null;
    const device = DEVICE.safeParse(JSON.parse(fromBase64(String(values?.device))));
    return device.success ? { device: device.data } : undefined;
  } catch {
    return undefined;
  }
}
