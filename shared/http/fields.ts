import { z, type ZodType } from 'zod';
import { AGENT_ID, CONVERSATION_ID } from '../conversation/conversation';
import { instant } from '../conversation/time';

/** Schemas that the document has by name; wherever one contains another one of these, it refers to it. */
export const SCHEMAS = z.registry<{ id: string }>();
export function named<S extends ZodType>(id: string, schema: S): S {
  SCHEMAS.add(schema, { id });
  return schema;
}

/** Ids from outside, as fields of a schema. */
export const conversationIdField = z.string().regex(CONVERSATION_ID, 'is not a conversation id');
export const agentIdField = z.string().regex(AGENT_ID, 'must be 1 to 64 letters, digits, "_" or "-"');

/** Blanks alone, and characters that show nothing, look like an empty text. */
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]/u;
export const isVisible = (text: string): boolean => VISIBLE.test(text);
export const BLANK = 'must not be blank';

/**
 * A name or label from outside: 1 to `max` characters of well-formed Unicode on one line, in the order in which they are
 * written. Marks of direction, which nobody's name needs, would turn around what a desk shows behind it; tag characters and
 * annotations hide a text in it. Joiners stay: emoji and names in Persian have them.
 */
export const oneLine = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must be one line')
    .refine(isVisible, BLANK)
    .regex(
      /^[^\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\u{e0000}-\u{e007f}]*$/u,
      'must not have marks of direction or hidden characters',
    )
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** A text from outside: at most `max` characters of well-formed Unicode; of control characters only tab and new line. */
export const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\P{Cc}\n\r\t]*$/u, 'must not contain control characters')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/**
 * A text as somebody typed or pasted it, in the form that is stored: half a character becomes U+FFFD, line breaks of
 * office programs (vertical tab, form feed, U+0085) become new lines, and control characters, which nothing can show, are
 * left out. Then it has at most `max` characters, and something to see.
 */
export const typedText = (max: number) =>
  z
    .string('must be a text')
    .overwrite((text) =>
      text
        .toWellFormed()
        .replace(/[\v\f\x85]/g, '\n')
        .replace(/[^\P{Cc}\n\r\t]/gu, ''),
    )
    .max(max, `must have at most ${max} characters`)
    .regex(VISIBLE, 'must have something to read');

/** The name of a queue, a workstream or a chat widget. */
export const plainName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"');

/** The queues that an agent serves. They travel in the URL of its socket. */
export const queueNames = z.array(plainName).min(1).max(32);

export const languageTag = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'must be a BCP 47 language tag such as "en" or "pt-BR"');

/** Says of a number that it must be a whole one, also when it is none at all; its bounds speak for themselves. */
export const WHOLE = {
  error: ({ code, input }: { readonly code?: string; readonly input?: unknown }) =>
    code === 'invalid_type' && input !== undefined ? 'must be a whole number' : undefined,
};

/** A whole number, both bounds included, as a query writes it. */
export const wholeNumber = (min: number, max: number) => z.coerce.number(WHOLE).int().min(min).max(max);

/** The parameters of lists that are read page by page. */
export const page = (description: { readonly limit: string }) => ({
  limit: wholeNumber(1, 500).default(100).describe(description.limit),
  continuationToken: z.string().min(1).max(4_000).exactOptional().describe('From the answer before.'),
});

/** The parts in braces of the paths. */
export const CONVERSATION_PATH = z.object({
  conversationId: conversationIdField.describe('The conversation, as `negotiate` named it.'),
});

/** The version that `If-Match` names; undefined where any version will do. */
const versionNamed = (text: string): string | undefined => {
  const version = text.trim();
  return version === '' || version === '*' ? undefined : version;
};

/** For what callers may keep. */
export const IF_KNOWN = z.object({
  'If-None-Match': z.string().optional().describe('The `ETag` of what the caller has.'),
});

/** For a change of one version only, where a change of any version is allowed, too. */
export const IF_MATCH = {
  'If-Match': z
    .string()
    .transform(versionNamed)
    .optional()
    .describe('Only if this is the ETag of the version that is stored; otherwise 412.'),
};

/** For a change that must say which version it replaces, see `versionReplaced`. */
export const REPLACES = z.object({
  'If-Match': z
    .string()
    .optional()
    .describe('The ETag of the version that is replaced. This or `If-None-Match` is needed (428).'),
  'If-None-Match': z.literal('*').optional().catch(undefined).describe('There is none yet.'),
});

/**
 * Which version a request wants to replace (RFC 9110, 13.1); undefined where it does not say. `If-Match: *` replaces
 * whatever is stored: the way out for a document that can no longer be read, and so has no ETag that could be asked for.
 */
export function versionReplaced(
  headers: z.output<typeof REPLACES>,
): { readonly etag: string } | 'create' | undefined {
  const etag = headers['If-Match']?.trim() ?? '';
  if (etag !== '') return { etag };
  return headers['If-None-Match'] === '*' ? 'create' : undefined;
}

/** Fields that many answers have. */
export const conversationId = z.string().regex(CONVERSATION_ID);
export const count = z.int().min(0);
export const sequenceNumber = z.int().min(1);
/** In the body, too: whatever stands between a browser and the app may hide headers from pages of another origin. */
export const etagField = z.string().describe('The `ETag` of the answer: `If-Match` takes it as it is.');
export const deadline = z.object({ number: sequenceNumber, since: instant, deadline: instant });

/** One story runs through the examples: Ann asks about an order, Bob takes the conversation, Ann's network fails. */
export const EXAMPLE = {
  conversationId: '6b0c0f6e-2f0a-4d39-9f0e-1f6d2c1b7a55',
  etag: '"20260301T1002051234567Z"',
  profile: { name: 'Ann', locale: 'en', queue: 'sales', context: { OrderId: '4711' } },
} as const;
