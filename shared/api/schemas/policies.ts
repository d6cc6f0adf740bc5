import { z } from 'zod';
import { CHANNELS, DEVICE_CLASSES } from '../../domain/channel';
import { POLICY_STATES, type PolicyName, type Situation } from '../../domain/policies/policy';
import { conversationId, count, duration } from './fields';

const closing = z.union([z.literal('never'), duration]);
const url = z.url().nullable();

const VALUES = z.object({
  grace: duration,
  agentGrace: duration,
  maxExtension: duration,
  openAutoClose: closing,
  openAutoCloseWhileConnected: z.boolean(),
  wrapUpAutoClose: closing,
  waitingAutoClose: closing,
  wrapUpCapacity: z.union([z.enum(['always', 'none']), duration]),
  capacityUnits: count,
  reconnect: z.boolean(),
  reconnectTimeLimit: duration,
  reconnectPortalUrl: url,
  reconnectRedirectUrl: url,
} satisfies Record<PolicyName, z.ZodType>);
const NAMES = Object.keys(VALUES.shape) as [PolicyName, ...PolicyName[]];

const SITUATION = z.object({
  channel: z.enum(CHANNELS),
  workstream: z.string(),
  channelInstance: z.string(),
  state: z.enum(POLICY_STATES),
  device: z.enum(DEVICE_CLASSES),
} satisfies Record<keyof Situation, z.ZodType>);
const { channel, workstream, channelInstance, state, device } = SITUATION.shape;

export const POLICY_RULE = z.object({
  id: z.string(),
  when: z
    .object({
      channel: z.array(channel),
      workstream: z.array(workstream),
      channelInstance: z.array(channelInstance),
      state: z.array(state),
      device: z.array(device),
    })
    .partial(),
  set: VALUES.partial(),
});
const DOCUMENT = z.object({
  channels: z.record(z.string(), z.enum(CHANNELS)).describe('Workstreams that are not live chat.'),
  rules: z.array(POLICY_RULE).describe('For each value the first rule that fits and sets it wins.'),
});
export const STORED_POLICIES = z.object({ ...DOCUMENT.shape });

export const POLICY_TABLE = z.object({
  ...DOCUMENT.shape,
  builtIn: z.array(POLICY_RULE).describe("Rules that come after the operators'."),
  base: VALUES.describe("What applies where no rule does; from the app's settings."),
});

const EXPLANATION = z.object({
  name: z.enum(NAMES),
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  from: z.string().describe('The id of the rule that decides, or `default`.'),
  considered: z
    .array(z.object({ rule: z.string(), because: z.string() }))
    .describe('Every rule that sets the value, in order, and what became of it.'),
});
export const POLICY_EXPLANATIONS = z.object({
  conversationId,
  situation: SITUATION.describe('What rules can depend on.'),
  grace: EXPLANATION.describe('Which policy is the grace period, and why it has this length.'),
  policies: z.array(EXPLANATION),
});
