import type { EndReason, PolicyValue } from './model';

const two = (n: number): string => String(n).padStart(2, '0');

/** `0:42`, `12:05`, `1:03:20`; never negative. */
export function clockLength(ms: number): string {
  const all = Math.max(0, Math.round(ms / 1_000));
  const [hours, minutes, seconds] = [Math.floor(all / 3_600), Math.floor(all / 60) % 60, all % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** `3 min`, `2 h`, `5 d`: how long something has been so. */
export function roughLength(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} d`;
}

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds; NaN if it is none. */
export function isoLength(text: string): number {
  const match = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (match === null) return NaN;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
}

/** `3 min 20 s` of a duration of the API; other values as they are. */
export function readableLength(value: PolicyValue | undefined): string {
  const ms = typeof value === 'string' ? isoLength(value) : NaN;
  if (Number.isNaN(ms)) return String(value ?? 'none');
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const;
  let left = ms;
  const parts = units.flatMap(([size, unit]) => {
    const amount = unit === 's' ? Math.round(left / 100) / 10 : Math.floor(left / size);
    left -= amount * size;
    return amount > 0 ? [`${amount} ${unit}`] : [];
  });
  return parts.join(' ') || '0 s';
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const EXACT = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
});

export const timeOf = (iso: string): string => TIME.format(new Date(iso));
export const exactTimeOf = (iso: string | number): string => EXACT.format(new Date(iso));
export const momentOf = (iso: string): string => DAY.format(new Date(iso));

export const END_REASONS: Readonly<Record<EndReason, string>> = {
  'customer-disconnected': 'the customer was away too long',
  'customer-ended': 'the customer has left',
  'agent-ended': 'ended by the agent',
  'auto-closed': 'closed automatically, without activity',
};

export const REQUEUE_REASONS: Readonly<Record<string, string>> = {
  'agent-declined': 'declined',
  'agent-released': 'given back',
  'agent-transferred': 'transferred',
  'agent-closed-window': 'the window was closed',
  'agent-disconnected': 'the agent was away too long',
  'offer-expired': 'the offer was not accepted in time',
  'customer-returned': 'the customer writes again',
};

/** `customer-position-in-queue` as words. */
export const wordsOf = (name: string): string => {
  const words = name
    .replaceAll('-', ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};
