import { z } from 'zod';
import { CHANNELS, DEVICE_CLASSES } from '../conversation/conversation';
import { CONVERSATION_ID } from '../http/examples-operations';
import { conversationId, count, duration } from '../http/fields';
import {
  answer,
  body,
  type Operation,
  problems,
  refusals,
  REFUSED_BODY,
  REFUSED_TICKET,
} from '../http/operation';
import { CONVERSATION_ID_PARAMETER, REPLACES } from '../http/parameters-operations';
import { POLICY_STATES, type PolicyName, type Situation } from './policy';
import { POLICY_DOCUMENT } from './policy-document-parser';

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

const RULES = [{ id: 'phones-wait-longer', when: { device: ['phone' as const] }, set: { grace: 'PT5M' } }];

export const POLICIES: readonly Operation[] = [
  {
    id: 'read-policies',
    method: 'get',
    path: '/v1/policies',
    tag: 'Settings',
    summary: 'The policy table',
    description: "The operators' document, the rules that are built in, and what applies otherwise.",
    security: 'function-key',
    responses: {
      200: answer(
        'The `ETag` is that of the document; absent while none is stored.',
        POLICY_TABLE,
        {
          channels: {},
          rules: RULES,
          builtIn: [
            {
              id: 'built-in-persistent-chat',
              when: { channel: ['persistent-chat'] },
              set: { openAutoClose: 'PT43200M', wrapUpAutoClose: 'PT1440M' },
            },
          ],
          base: {
            grace: 'PT3M',
            agentGrace: 'PT1M',
            maxExtension: 'PT30M',
            openAutoClose: 'PT20M',
            openAutoCloseWhileConnected: false,
            wrapUpAutoClose: 'PT15M',
            waitingAutoClose: 'PT1440M',
            wrapUpCapacity: 'always',
            capacityUnits: 20,
            reconnect: false,
            reconnectTimeLimit: 'PT30M',
            reconnectPortalUrl: null,
            reconnectRedirectUrl: null,
          },
        },
        ['ETag'],
      ),
      ...problems(),
    },
  },
  {
    id: 'write-policies',
    method: 'put',
    path: '/v1/policies',
    tag: 'Settings',
    summary: "Replace the operators' policy document",
    description: 'In force at once here, and within 30 seconds everywhere. At most 64 KiB.',
    security: 'function-key',
    parameters: REPLACES,
    requestBody: body(POLICY_DOCUMENT, { channels: {}, rules: RULES }),
    responses: {
      200: answer('The document as it is stored.', STORED_POLICIES, { channels: {}, rules: RULES }, ['ETag']),
      ...problems(REFUSED_BODY, refusals('precondition-failed'), [[428, 'precondition-required']]),
    },
  },
  {
    id: 'explain-policies',
    method: 'get',
    path: '/v1/conversations/{conversationId}/policies',
    tag: 'Settings',
    summary: 'Which policies apply to a conversation, and why',
    description: 'As the conversation is now: the grace period above all. Agents only.',
    security: 'ticket',
    parameters: [CONVERSATION_ID_PARAMETER],
    responses: {
      200: answer('One explanation for each policy.', POLICY_EXPLANATIONS, {
        conversationId: CONVERSATION_ID,
        situation: {
          channel: 'live-chat',
          workstream: 'default',
          channelInstance: 'default',
          state: 'Active',
          device: 'phone',
        },
        grace: {
          name: 'grace',
          value: 'PT5M',
          from: 'phones-wait-longer',
          considered: [{ rule: 'phones-wait-longer', because: 'applies' }],
        },
        policies: [{ name: 'capacityUnits', value: 20, from: 'default', considered: [] }],
      }),
      ...problems(REFUSED_TICKET, refusals('conversation-not-found')),
    },
  },
];
