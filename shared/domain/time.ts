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

/** ISO 8601 duration with millisecond precision, for example `PT3M`, `PT1M4.25S` or `PT0S`. */
export function toIsoDuration(length: Milliseconds): string {
  const minutes = Math.floor(length / MINUTE);
  const seconds = (length % MINUTE) / SECOND;
  if (minutes === 0) return `PT${seconds}S`;
  return seconds === 0 ? `PT${minutes}M` : `PT${minutes}M${seconds}S`;
}
