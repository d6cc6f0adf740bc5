import { z } from 'zod';
import { AGENT_ID, CONVERSATION_ID } from '../conversation/ids';
import { type Milliseconds, parseIsoDuration, toIsoDuration } from '../conversation/time';

/** Ids in bodies from outside, as fields of a schema. */
export const conversationIdField = z.string().regex(CONVERSATION_ID, 'is not a conversation id');
export const agentIdField = z.string().regex(AGENT_ID, 'must be 1 to 64 letters, digits, "_" or "-"');

/**
 * A name or label from outside: 1 to `max` characters of well-formed Unicode on one line, in the order in which they are
 * written: U+202D and U+202E, which nobody's name needs, would turn around what a desk shows behind it.
 */
export const oneLine = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\u202d\u202e]*$/u, 'must be one line')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** A text from outside: at most `max` characters of well-formed Unicode; of control characters only tab and new line. */
export const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\P{Cc}\n\r\t]*$/u, 'must not contain control characters')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** The name of a queue, a workstream or a chat widget. */
export const plainName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"');

export const languageTag = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'must be a BCP 47 language tag such as "en" or "pt-BR"');

const durationText = z.string().meta({ format: 'duration' });

/** An ISO 8601 duration within bounds, read as milliseconds. */
export const durationField = (min: Milliseconds, max: Milliseconds) =>
  durationText.transform((text, context): Milliseconds => {
    const length = parseIsoDuration(text);
    if (length !== undefined && length >= min && length <= max) return length;
    context.addIssue(`must be an ISO 8601 duration from ${toIsoDuration(min)} to ${toIsoDuration(max)}`);
    return z.NEVER;
  });

/** Fields that many answers have. */
export const instant = z.iso.datetime({ precision: 3 });
export const duration = z.iso.duration();
export const conversationId = z.string().regex(CONVERSATION_ID);
export const count = z.int().min(0);
export const sequenceNumber = z.int().min(1);
export const deadline = z.object({ number: sequenceNumber, since: instant, deadline: instant });
