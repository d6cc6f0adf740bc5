import { z } from 'zod';
import { InvalidInputError } from '../app/errors';
import type { CustomerProfile, DeviceClass } from '../conversation/conversation';
import { languageTag, oneLine, plainName, plainText } from '../http/fields';
import { parseWith } from '../http/route';

/** Prefix of the query parameters that carry context variables: `ctx.OrderId=4711`. */
const CONTEXT_PREFIX = 'ctx.';

/** What a customer says about itself in a JSON body. */
export const PROFILE = z.object({
  name: oneLine(100).default('Customer'),
  locale: languageTag.default('en'),
  queue: plainName.default('default'),
  workstream: plainName.default('default'),
  channelInstance: plainName.default('default'),
  context: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'is not a variable name'), plainText(500))
    .refine((variables) => Object.keys(variables).length <= 20, 'must have at most 20 variables')
    .meta({ maxProperties: 20 })
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
    workstream: one('workstream'),
    channelInstance: one('channelInstance'),
    context: Object.fromEntries(context) as unknown,
  };
  return parseProfile(value, 'query');
}

/** The profile as query parameters of a socket URL: what `parseProfileFromQuery` reads. */
export function profileToQuery(profile: CustomerProfile): URLSearchParams {
  const { context, ...texts } = profile;
  const query = new URLSearchParams(texts);
  for (const [key, value] of Object.entries(context)) query.set(`${CONTEXT_PREFIX}${key}`, value);
  return query;
}

/** Query parameter of a socket URL: the app's own proof that the site has signed the customer in, for one workstream. */
export const SIGN_IN_KEY = 'signin';

/** What a widget says about itself, in `negotiate` and in the socket URL. */
export const deviceField = z.enum(['phone', 'tablet', 'desktop']);

/** In characters. Longer ones are nobody's browser. */
const LONGEST = 1_024;

/**
 * The device class of a User-Agent; `unknown` where it names none, and for robots, which put an address into it.
 * Browsers on tablets often present themselves as desktops (iPadOS does by default), so a widget that knows better says
 * so itself.
 */
export function deviceClassOf(userAgent: string | undefined): DeviceClass {
  if (userAgent === undefined || userAgent.length > LONGEST) return 'unknown';
  if (/https?:\/\//i.test(userAgent)) return 'unknown';
  // "Tablet PC" is what old Windows says of every computer with a touch screen.
  if (/iPad|Tablet(?! PC)|PlayBook|Silk(?!.*Mobile)/i.test(userAgent)) return 'tablet';
  if (/iPhone|iPod|Windows Phone|Mobi/i.test(userAgent)) return 'phone';
  // Android without "Mobile" is what Chrome on tablets sends.
  if (/Android/i.test(userAgent)) return 'tablet';
  return /Windows NT|Macintosh|X11|CrOS/i.test(userAgent) ? 'desktop' : 'unknown';
}
