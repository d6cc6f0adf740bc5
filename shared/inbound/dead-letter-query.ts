import { z } from 'zod';
import { DEAD_LETTER_STATES } from '../domain/dead-letter';
import { wholeNumber } from './conversation-queries';

/** Which part of the dead letters is wanted. */
export const DEAD_LETTERS_QUERY = z.object({
  state: z.enum(DEAD_LETTER_STATES).default('open'),
  limit: wholeNumber(500).min(1).default(100),
  continuationToken: z.string().min(1).max(4_000).exactOptional(),
});

export const DEAD_LETTER_ID = z.string().regex(/^[A-Za-z0-9._-]{1,200}$/, 'is not the id of a dead letter');
