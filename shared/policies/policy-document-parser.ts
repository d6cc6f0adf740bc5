import { z } from 'zod';
import { CHANNELS, DEVICE_CLASSES } from '../conversation/conversation';
import { durationBetween } from '../conversation/time';
import { plainName, WHOLE } from '../http/fields';
import { parseWith } from '../http/route';
import { POLICY_STATES, type PolicyDocument } from './policy';

const url = z
  .string()
  .max(2_000)
  .refine(
    (text) => /^https:\/\/|^http:\/\/localhost[:/]/.test(text) && URL.canParse(text),
    'must be an https URL',
  );
const NO_URL = z.codec(z.null(), z.undefined(), { decode: () => undefined, encode: () => null });
const urlOrNone = z.union([url, NO_URL]);
const closing = z.union([z.literal('never'), durationBetween('PT1S', 'P60D')]);
const anyOf = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(100);

const WHEN = z.strictObject({
  channel: anyOf(z.enum(CHANNELS)).exactOptional(),
  workstream: anyOf(plainName).exactOptional(),
  channelInstance: anyOf(plainName).exactOptional(),
  state: anyOf(z.enum(POLICY_STATES)).exactOptional(),
  device: anyOf(z.enum(DEVICE_CLASSES)).exactOptional(),
});
const SET = z.strictObject({
  grace: durationBetween('PT1S', 'P7D').exactOptional(),
  lossNewsAfter: durationBetween('PT0S', 'PT1M').exactOptional(),
  connections: z.int(WHOLE).min(1).max(200).exactOptional(),
  agentGrace: durationBetween('PT1S', 'PT24H').exactOptional(),
  offerTimeout: z.union([z.literal('never'), durationBetween('PT1S', 'PT24H')]).exactOptional(),
  outageAllowance: durationBetween('PT0S', 'PT1H').exactOptional(),
  maxExtension: durationBetween('PT0S', 'PT24H').exactOptional(),
  openAutoClose: closing.exactOptional(),
  openAutoCloseWhileConnected: z.boolean().exactOptional(),
  wrapUpAutoClose: closing.exactOptional(),
  waitingAutoClose: closing.exactOptional(),
  wrapUpCapacity: z.union([z.enum(['always', 'none']), durationBetween('PT30S', 'PT1H')]).exactOptional(),
  capacityUnits: z.int(WHOLE).min(0).max(100).exactOptional(),
  reconnect: z.boolean().exactOptional(),
  reconnectTimeLimit: durationBetween('PT1M', 'P7D').exactOptional(),
  reconnectPortalUrl: urlOrNone.exactOptional(),
  reconnectRedirectUrl: urlOrNone.exactOptional(),
  readAfterEnd: durationBetween('PT0S', 'P30D').exactOptional(),
});
const RULE = z.strictObject({
  id: plainName.refine(
    (id) => !id.startsWith('built-in') && id !== 'default',
    'is a name that explanations use themselves',
  ),
  when: WHEN,
  set: SET.refine((values) => Object.keys(values).length > 0, 'must set something'),
});

const DOCUMENT = z.strictObject({
  channels: z.record(plainName, z.enum(CHANNELS)).exactOptional(),
  rules: z
    .array(RULE)
    .max(100)
    .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, 'must have different ids')
    .exactOptional(),
});

/** The policy document as operators write it: durations are ISO 8601, `null` is no URL. */
export const POLICY_DOCUMENT = DOCUMENT.refine(
  (document) => Object.keys(document).length > 0,
  'must have "channels" or "rules"',
);

/** What applies while nobody has written a document. */
export const NO_RULES: PolicyDocument = { channels: {}, rules: [] };

/** @throws InvalidInputError naming the part of the document */
export const parsePolicyDocument = (value: unknown, root = 'body'): PolicyDocument => ({
  ...NO_RULES,
  ...parseWith(DOCUMENT, value, root),
});

/** The document as JSON that `parsePolicyDocument` reads. */
export const policyDocumentView = (document: PolicyDocument): z.input<typeof POLICY_DOCUMENT> =>
  z.encode(POLICY_DOCUMENT, document as z.output<typeof POLICY_DOCUMENT>);
