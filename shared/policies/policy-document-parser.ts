import { z } from 'zod';
import { CHANNELS, DEVICE_CLASSES } from '../conversation/conversation';
import { durationBetween, MINUTE, SECOND } from '../conversation/time';
import { plainName } from '../http/fields';
import { parseWith } from '../http/route';
import { POLICY_STATES, type PolicyDocument } from './policy';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const url = z
  .string()
  .max(2_000)
  .refine(
    (text) => /^https:\/\/|^http:\/\/localhost[:/]/.test(text) && URL.canParse(text),
    'must be an https URL',
  );
const NO_URL = z.codec(z.null(), z.undefined(), { decode: () => undefined, encode: () => null });
const urlOrNone = z.union([url, NO_URL]);
const closing = z.union([z.literal('never'), durationBetween(SECOND, 60 * DAY)]);
const anyOf = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(100);

const WHEN = z.strictObject({
  channel: anyOf(z.enum(CHANNELS)).exactOptional(),
  workstream: anyOf(plainName).exactOptional(),
  channelInstance: anyOf(plainName).exactOptional(),
  state: anyOf(z.enum(POLICY_STATES)).exactOptional(),
  device: anyOf(z.enum(DEVICE_CLASSES)).exactOptional(),
});
const SET = z.strictObject({
  grace: durationBetween(SECOND, 7 * DAY).exactOptional(),
  agentGrace: durationBetween(SECOND, DAY).exactOptional(),
  offerTimeout: z.union([z.literal('never'), durationBetween(SECOND, DAY)]).exactOptional(),
  outageAllowance: durationBetween(0, 60 * MINUTE).exactOptional(),
  maxExtension: durationBetween(0, DAY).exactOptional(),
  openAutoClose: closing.exactOptional(),
  openAutoCloseWhileConnected: z.boolean().exactOptional(),
  wrapUpAutoClose: closing.exactOptional(),
  waitingAutoClose: closing.exactOptional(),
  wrapUpCapacity: z.union([z.enum(['always', 'none']), durationBetween(30 * SECOND, HOUR)]).exactOptional(),
  capacityUnits: z.int().min(0).max(100).exactOptional(),
  reconnect: z.boolean().exactOptional(),
  reconnectTimeLimit: durationBetween(MINUTE, 7 * DAY).exactOptional(),
  reconnectPortalUrl: urlOrNone.exactOptional(),
  reconnectRedirectUrl: urlOrNone.exactOptional(),
});
const RULE = z.strictObject({
  id: plainName.refine(
    (id) => !id.startsWith('built-in') && id !== 'default',
    'is a name that explanations use themselves',
  ),
  when: WHEN,
  set: SET.refine((values) => Object.keys(values).length > 0, 'must set something'),
});

/** The policy document as operators write it: durations are ISO 8601, `null` is no URL. */
export const POLICY_DOCUMENT = z.strictObject({
  channels: z.record(plainName, z.enum(CHANNELS)).default({}),
  rules: z
    .array(RULE)
    .max(100)
    .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, 'must have different ids')
    .default([]),
});

/** @throws InvalidInputError naming the part of the document */
export const parsePolicyDocument = (value: unknown, root = 'body'): PolicyDocument =>
  parseWith(POLICY_DOCUMENT, value, root);

/** The document as JSON that `parsePolicyDocument` reads. */
export const policyDocumentView = (document: PolicyDocument): z.input<typeof POLICY_DOCUMENT> =>
  z.encode(POLICY_DOCUMENT, document as z.output<typeof POLICY_DOCUMENT>);
