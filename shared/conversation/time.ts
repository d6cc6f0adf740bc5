import { z } from 'zod';

/**
 * A moment, as milliseconds since 1970-01-01T00:00:00Z (UTC). The domain calculates with instants; ISO 8601
 * text exists only at the edges (storage, HTTP, durable inputs).
 */
export type Instant = number;

/** A length of time in milliseconds. Configuration and API show it as an ISO 8601 duration. */
export type Milliseconds = number;

export const SECOND: Milliseconds = 1_000;
export const MINUTE: Milliseconds = 60 * SECOND;

/** `2026-01-31T12:00:00.000Z` */
export const toIso = (instant: Instant): string => new Date(instant).toISOString();

/** ISO 8601 duration with millisecond precision, for example `P30D`, `PT1H30M`, `PT1M4.25S` or `PT0S`. */
export function toIsoDuration(length: Milliseconds): string {
  const minutes = Math.floor(length / MINUTE);
  const [days, hours] = [Math.floor(minutes / (24 * 60)), Math.floor(minutes / 60) % 24];
  const part = (amount: number, unit: string) => (amount === 0 ? '' : `${amount}${unit}`);
  const time = part(hours, 'H') + part(minutes % 60, 'M') + part((length % MINUTE) / SECOND, 'S');
  if (length === 0) return 'PT0S';
  return `P${part(days, 'D')}${time === '' ? '' : `T${time}`}`;
}

/**
 * What is read and written as a duration. The API's document says it by this pattern: `format: duration` is that of RFC 3339, which
 * has no fractions of a second, and lengths that were measured have.
 */
export const DURATION = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/;

/**
 * `P1DT2H3M4.5S` as milliseconds; undefined when it is not a duration. Years, months and weeks have no fixed length here
 * and are not accepted.
 */
export function parseIsoDuration(text: string): Milliseconds | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * MINUTE + Math.round(seconds * SECOND);
}

/** An instant as the API writes it, for example `2026-01-31T12:00:00.000Z`. */
export const instant = z.codec(z.iso.datetime({ precision: 3 }), z.number(), {
  decode: (text): Instant => new Date(text).getTime(),
  encode: toIso,
});

/** What a text must be to be a length of time, both bounds included; what else it is, is told. */
function textBetween(min: string, max: string) {
  const [shortest = 0, longest = 0] = [parseIsoDuration(min), parseIsoDuration(max)];
  const message = `must be an ISO 8601 duration from ${min} to ${max}`;
  const text = z.string({ error: ({ input }) => (input === undefined ? undefined : message) });
  const lengthOf = (text: string, { issues }: z.core.ParsePayload): Milliseconds => {
    const length = parseIsoDuration(text);
    if (length !== undefined && length >= shortest && length <= longest) return length;
    issues.push({ code: 'custom', message, input: text });
    return z.NEVER;
  };
  return { text: text.meta({ pattern: DURATION.source }), lengthOf };
}

/** A length of time as the API reads and writes it: an ISO 8601 duration, both bounds included. */
export function durationBetween(min: string, max: string) {
  const { text, lengthOf } = textBetween(min, max);
  return z.codec(text, z.number(), { decode: lengthOf, encode: toIsoDuration });
}

/** The same for what reads back as its author has written it: `PT24H` stays `PT24H`. A length that nobody wrote is shown, too. */
export function writtenDurationBetween(min: string, max: string) {
  const { text, lengthOf } = textBetween(min, max);
  return z.codec(text, z.union([z.string(), z.number()]), {
    decode: (written, payload) => {
      lengthOf(written, payload);
      return written;
    },
    encode: (written) => (typeof written === 'string' ? written : toIsoDuration(written)),
  });
}

/** In answers, of any length. */
export const duration = durationBetween('PT0S', 'P99999999D');
export const writtenDuration = writtenDurationBetween('PT0S', 'P99999999D');

/**
 * Whether this is the first of its kind in so long a time, or the clock was put back. Of so many kinds the latest occasion is
 * remembered; one that is forgotten is a first one again.
 */
export function occasions(
  every: Milliseconds,
  now: () => Instant,
  most = Number.POSITIVE_INFINITY,
): (kind: string) => boolean {
  const last = new Map<string, Instant>();
  return (kind) => {
    const at = now();
    if (Math.abs(at - (last.get(kind) ?? -every)) < every) return false;
    // Taken out and put back, it is the newest.
    last.delete(kind);
    last.set(kind, at);
    if (last.size > most) last.delete(last.keys().next().value!);
    return true;
  };
}
