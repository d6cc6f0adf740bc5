import type { ZodType } from 'zod';
import { InvalidInputError } from '../errors';

/**
 * The value, if it has the form.
 * @throws InvalidInputError naming the first offending field below `root`; the value itself is never repeated
 */
export function parseWith<T>(schema: ZodType<T>, value: unknown, root: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = [root, ...(issue?.path.map(String) ?? [])].join('.');
  throw new InvalidInputError(field, issue?.message ?? 'is malformed');
}
