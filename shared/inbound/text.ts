import { z } from 'zod';

/** A name or label from outside: 1 to `max` characters of well-formed Unicode on one line. */
export const oneLine = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'must be one line')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** A text from outside: at most `max` characters of well-formed Unicode; of control characters only tab and new line. */
export const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\P{Cc}\n\r\t]*$/u, 'must not contain control characters')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');
