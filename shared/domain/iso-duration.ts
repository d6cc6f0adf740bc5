import { MINUTE, SECOND, type Milliseconds } from './time';

/**
 * `P1DT2H3M4.5S` as milliseconds; undefined when it is not a duration. Years, months and weeks have no fixed length here
 * and are not accepted.
 */
export function parseIsoDuration(text: string): Milliseconds | undefined {
  const match = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/.exec(text);
  if (match === null) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * MINUTE + Math.round(seconds * SECOND);
}
