import { z } from 'zod';
import { agentIdField } from './ids';

export const wholeNumber = (max: number) =>
  z.coerce.number('must be a whole number').int('must be a whole number').min(0).max(max);

/** Which part of the work list is wanted. */
export const LIST_QUERY = z.object({
  state: z.enum(['Open', 'Active', 'Waiting', 'WrapUp']).exactOptional(),
  agentId: agentIdField.exactOptional(),
  limit: wholeNumber(500).min(1).default(100),
  continuationToken: z.string().min(1).max(4_000).exactOptional(),
});

/** Which part of a transcript is wanted: what comes after a sequence number. */
export const READ_QUERY = z.object({
  after: wholeNumber(Number.MAX_SAFE_INTEGER).default(0),
  limit: wholeNumber(1_000).min(1).default(1_000),
});
