import { Cron } from 'croner';
import { HostError } from '../cli/host-error';

export interface Schedule {
  /** The first occurrence after a moment, if there is any. */
  next(after: Date): Date | undefined;
}

/**
 * An NCRONTAB expression: six fields, seconds first, UTC. Day of month and day of week must both match. Croner's
 * additions (`L`, `W`, `#`, `?`) are refused, because NCRONTAB has none of them.
 */
export function parseSchedule(expression: string, functionName: string): Schedule {
  const refuse = (reason: string) =>
    new HostError(`The schedule '${expression}' of ${functionName} is not valid: ${reason}`);
  if (expression.trim().split(/\s+/).length !== 6) {
    throw refuse('it must have six fields, seconds first.');
  }
  const names = /\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)\b/gi;
  if (/[^\d\s*,/-]/.test(expression.replaceAll(names, ''))) {
    throw refuse('NCRONTAB knows numbers, names of days and months, and * , - / only.');
  }
  let cron: Cron;
  try {
    cron = new Cron(expression, { mode: '6-part', domAndDow: true, timezone: 'UTC', paused: true });
  } catch (error) {
    throw refuse((error as Error).message);
  }
  return { next: (after) => cron.nextRun(after) ?? undefined };
}
