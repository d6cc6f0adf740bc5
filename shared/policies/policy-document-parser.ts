import { z } from 'zod';
import { CHANNELS, DEVICE_CLASSES } from '../conversation/conversation';
import { writtenDurationBetween } from '../conversation/time';
import { plainName, WHOLE } from '../http/fields';
import { parseWith } from '../http/route';
import { isPageUrl, POLICY_STATES, type PolicyDocument, type PolicyRule, readLengths } from './policy';
import type { FoundPolicies } from './settings';

const url = z.string().max(2_000).refine(isPageUrl, 'must be an https URL');
const NO_URL = z.codec(z.null(), z.undefined(), { decode: () => undefined, encode: () => null });
const urlOrNone = z.union([url, NO_URL]);
const closing = z.union([z.literal('never'), writtenDurationBetween('PT1S', 'P60D')]);
const anyOf = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(100);

const WHEN = z.strictObject({
  channel: anyOf(z.enum(CHANNELS)).exactOptional(),
  workstream: anyOf(plainName).exactOptional(),
  channelInstance: anyOf(plainName).exactOptional(),
  state: anyOf(z.enum(POLICY_STATES)).exactOptional(),
  device: anyOf(z.enum(DEVICE_CLASSES)).exactOptional(),
});
const SET = z.strictObject({
  grace: writtenDurationBetween('PT1S', 'P7D').exactOptional(),
  lossNewsAfter: writtenDurationBetween('PT0S', 'PT1M').exactOptional(),
  connections: z.int(WHOLE).min(1).max(200).exactOptional(),
  agentGrace: writtenDurationBetween('PT1S', 'PT24H').exactOptional(),
  offerTimeout: z.union([z.literal('never'), writtenDurationBetween('PT1S', 'PT24H')]).exactOptional(),
  outageAllowance: writtenDurationBetween('PT0S', 'PT1H').exactOptional(),
  maxExtension: writtenDurationBetween('PT0S', 'PT24H').exactOptional(),
  openAutoClose: closing.exactOptional(),
  openAutoCloseWhileConnected: z.boolean().exactOptional(),
  wrapUpAutoClose: closing.exactOptional(),
  waitingAutoClose: closing.exactOptional(),
  wrapUpCapacity: z
    .union([z.enum(['always', 'none']), writtenDurationBetween('PT30S', 'PT1H')])
    .exactOptional(),
  capacityUnits: z.int(WHOLE).min(0).max(100).exactOptional(),
  reconnect: z.boolean().exactOptional(),
  reconnectTimeLimit: writtenDurationBetween('PT1M', 'P7D').exactOptional(),
  reconnectPortalUrl: urlOrNone.exactOptional(),
  reconnectRedirectUrl: urlOrNone.exactOptional(),
  readAfterEnd: writtenDurationBetween('PT0S', 'P30D').exactOptional(),
  retention: z.union([z.literal('never'), writtenDurationBetween('P1D', 'P3650D')]).exactOptional(),
});
const RULE_TEXT = z.strictObject({
  id: plainName.refine(
    (id) => !id.startsWith('built-in') && id !== 'default',
    'is a name that explanations use themselves',
  ),
  when: WHEN,
  set: SET.refine((values) => Object.keys(values).length > 0, 'must set something'),
});
const RULE = z.codec(RULE_TEXT, z.custom<PolicyRule>(), {
  decode: ({ set, ...rule }) => ({ ...rule, ...readLengths(set) }) as PolicyRule,
  encode: ({ set, written, ...rule }) =>
    ({ ...rule, set: { ...set, ...written } }) as z.output<typeof RULE_TEXT>,
});

/** More than a document of this version has. */
const MOST_FOUND = 1_000;
const CHANNEL_OF = z.tuple([plainName, z.enum(CHANNELS)]);

const DOCUMENT = z.strictObject({
  channels: z.record(plainName, z.enum(CHANNELS)).exactOptional(),
  rules: z
    .array(RULE)
    .max(100)
    .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, 'must have different ids')
    .exactOptional(),
});

/**
 * What one rule cannot mean together, as the app's settings cannot: a customer in the queue who is closed away while it is
 * waited for, a time limit that is to give more time and gives less, and what is to be read when it is erased.
 */
const AT_LEAST = [
  ['openAutoClose', 'grace'],
  ['reconnectTimeLimit', 'grace'],
  ['retention', 'readAfterEnd'],
] as const;

/** The policy document as operators write it: durations are ISO 8601, `null` is no URL. A stored one is read without these checks. */
export const POLICY_DOCUMENT = DOCUMENT.refine(
  (document) => Object.keys(document).length > 0,
  'must have "channels" or "rules"',
).superRefine(({ rules = [] }, context) => {
  for (const [index, { set }] of rules.entries()) {
    for (const [policy, other] of AT_LEAST) {
      const [value, least] = [set[policy], set[other]];
      if (typeof value !== 'number' || least === undefined || value >= least) continue;
      const message = `must be at least "${other}" of the same rule`;
      context.addIssue({ code: 'custom', path: ['rules', index, 'set', policy], message });
    }
  }
});

/** What applies while nobody has written a document. */
export const NO_RULES: PolicyDocument = { channels: {}, rules: [] };

/** @throws InvalidInputError naming the part of the document */
export const parsePolicyDocument = (value: unknown, root = 'body'): PolicyDocument => ({
  ...NO_RULES,
  ...parseWith(DOCUMENT, value, root),
});

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What can be understood of a document that cannot be read: of another version, or damaged. Never throws. */
export function findInPolicyDocument(value: unknown): FoundPolicies {
  const { channels, rules } = isRecord(value) ? value : {};
  const items: unknown[] = Array.isArray(rules) ? rules.slice(0, MOST_FOUND) : [];
  const named = isRecord(channels) ? Object.entries(channels).slice(0, MOST_FOUND) : [];
  const values = items.map((item) => {
    const set = isRecord(item) && isRecord(item['set']) ? item['set'] : {};
    const understood = Object.entries(SET.shape).flatMap(([name, type]) => {
      const read = Object.hasOwn(set, name) ? (type as z.ZodType).safeParse(set[name]) : undefined;
      return read?.success ? [[name, read.data]] : [];
    });
    return readLengths(Object.fromEntries(understood)).set as FoundPolicies['values'][number];
  });
  return {
    document: {
      channels: Object.fromEntries(
        named.flatMap(([workstream, channel]) => {
          const read = CHANNEL_OF.safeParse([workstream, channel]);
          return read.success ? [read.data] : [];
        }),
      ),
      rules: items.flatMap((item) => {
        const read = RULE.safeParse(item);
        return read.success ? [read.data] : [];
      }),
    },
    values,
  };
}

/**
 * The document as it is stored. An address that an older version took and this one does not leads nowhere; what else the
 * document says still holds. @throws InvalidInputError naming the part of the document
 */
export function parseStoredPolicies(value: unknown): PolicyDocument {
  const { rules } = (value ?? {}) as { readonly rules?: unknown };
  const mended = Array.isArray(rules)
    ? { ...(value as object), rules: rules.map(withoutOldAddresses) }
    : value;
  return parsePolicyDocument(mended, 'document');
}

function withoutOldAddresses(rule: unknown): unknown {
  const { set } = (rule ?? {}) as { readonly set?: unknown };
  if (typeof set !== 'object' || set === null || Array.isArray(set)) return rule;
  const mended = Object.entries(set).map(([name, address]: [string, unknown]) => {
    const isAddress = /^reconnect(Portal|Redirect)Url$/.test(name) && typeof address === 'string';
    return [name, isAddress && /^https?:/i.test(address) && !isPageUrl(address) ? null : address];
  });
  return { ...(rule as object), set: Object.fromEntries(mended) as object };
}

/** The document as JSON that `parsePolicyDocument` reads. */
export const policyDocumentView = (document: PolicyDocument): z.input<typeof DOCUMENT> =>
  z.encode(DOCUMENT, document as z.output<typeof DOCUMENT>);
