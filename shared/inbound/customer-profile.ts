import { z } from 'zod';
import type { CustomerProfile } from '../domain/conversation';
import { InvalidInputError } from '../errors';
import { parseWith } from './schema';
import { oneLine, plainText } from './text';

/** Prefix of the query parameters that carry context variables: `ctx.OrderId=4711`. */
const CONTEXT_PREFIX = 'ctx.';

const PROFILE = z.object({
  name: oneLine(100).default('Customer'),
  locale: z
    .string()
    .max(35)
    .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'must be a BCP 47 language tag such as "en" or "pt-BR"')
    .default('en'),
  queue: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')
    .default('default'),
  context: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'is not a variable name'), plainText(500))
    .refine((variables) => Object.keys(variables).length <= 20, 'must have at most 20 variables')
    .default({}),
});

/** What the customer says about itself, from a JSON body. @throws InvalidInputError */
export const parseProfile = (value: unknown, root = 'body'): CustomerProfile =>
  parseWith(PROFILE, value, root);

/** The same from the query of a socket URL, where every parameter is a list. @throws InvalidInputError */
export function parseProfileFromQuery(query: Readonly<Record<string, readonly string[]>>): CustomerProfile {
  const one = (key: string): string | undefined => {
    const values = query[key];
    if (values !== undefined && values.length > 1)
      throw new InvalidInputError(`query.${key}`, 'must occur once');
    return values?.[0];
  };
  const context = Object.keys(query)
    .filter((key) => key.startsWith(CONTEXT_PREFIX))
    .map((key) => [key.slice(CONTEXT_PREFIX.length), one(key)]);
  const value = {
    name: one('name'),
    locale: one('locale'),
    queue: one('queue'),
    context: Object.fromEntries(context) as unknown,
  };
  return parseProfile(value, 'query');
}

/** The profile as query parameters of a socket URL: what `parseProfileFromQuery` reads. */
export function profileToQuery(profile: CustomerProfile): URLSearchParams {
  const { name, locale, queue, context } = profile;
  const query = new URLSearchParams({ name, locale, queue });
  for (const [key, value] of Object.entries(context)) query.set(`${CONTEXT_PREFIX}${key}`, value);
  return query;
}
