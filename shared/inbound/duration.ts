import { z } from 'zod';
import { parseIsoDuration } from '../domain/iso-duration';
import { toIsoDuration, type Milliseconds } from '../domain/time';

const durationText = z.string().meta({ format: 'duration' });

/** An ISO 8601 duration within bounds, read as milliseconds. */
export const durationField = (min: Milliseconds, max: Milliseconds) =>
  durationText.transform((text, context): Milliseconds => {
    const length = parseIsoDuration(text);
    if (length !== undefined && length >= min && length <= max) return length;
    context.addIssue(`must be an ISO 8601 duration from ${toIsoDuration(min)} to ${toIsoDuration(max)}`);
    return z.NEVER;
  });
