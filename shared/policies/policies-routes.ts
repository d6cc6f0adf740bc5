import { z, type ZodType } from 'zod';
import { InvalidInputError, StoredRowError } from '../app/errors';
import { CHANNELS, type Conversation, DEVICE_CLASSES } from '../conversation/conversation';
import type { ConversationStore } from '../conversation/ports';
import { writtenDuration as duration } from '../conversation/time';
import {
  CONVERSATION_PATH,
  conversationId,
  count,
  EXAMPLE,
  etagField,
  named,
  REPLACES,
  versionReplaced,
} from '../http/fields';
import { anotherVersion, refuse } from '../http/problems';
import { answer, body, route, withHeaders } from '../http/route';
import {
  BUILT_IN_RULES,
  explainPolicy,
  gracePolicyOf,
  type PolicyDocument,
  POLICY_STATES,
  type PolicyName,
  type PolicyRule,
  type PolicyTable,
  type PolicyValues,
  type Situation,
  situationOf,
  type Written,
} from './policy';
import { NO_RULES, POLICY_DOCUMENT } from './policy-document-parser';
import type { SettingsStore } from './settings';
import type { CachedSettings } from './settings-service';

export interface PolicyServices {
  readonly settings: CachedSettings;
  readonly settingsStore: SettingsStore;
  readonly policyBase: PolicyValues;
  /** Its lengths of time as the app's settings have them. */
  readonly policyBaseWritten: Written;
  readonly store: Pick<ConversationStore, 'load'>;
}

const closing = z.union([z.literal('never'), duration]);
const urlOrNone = z.codec(z.url().nullable(), z.string().optional(), {
  decode: (url) => url ?? undefined,
  encode: (url) => url ?? null,
});

const VALUES = z.object({
  grace: duration,
  lossNewsAfter: duration,
  connections: count,
  agentGrace: duration,
  offerTimeout: closing,
  outageAllowance: duration,
  maxExtension: duration,
  openAutoClose: closing,
  openAutoCloseWhileConnected: z.boolean(),
  wrapUpAutoClose: closing,
  waitingAutoClose: closing,
  wrapUpCapacity: z.union([z.enum(['always', 'none']), duration]),
  capacityUnits: count,
  reconnect: z.boolean(),
  reconnectTimeLimit: duration,
  reconnectPortalUrl: urlOrNone,
  reconnectRedirectUrl: urlOrNone,
  readAfterEnd: duration,
  retention: closing,
} satisfies Record<PolicyName, ZodType>);
const NAMES = Object.keys(VALUES.shape) as [PolicyName, ...PolicyName[]];

/** Those that a rule sets; "no URL" is set, too, so a value can be there and be undefined. */
const SOME_VALUES = z.object(
  Object.fromEntries(NAMES.map((name) => [name, (VALUES.shape[name] as ZodType).exactOptional()])) as {
    [N in PolicyName]: z.ZodExactOptional<(typeof VALUES.shape)[N]>;
  },
);

const SITUATION = z.object({
  channel: z.enum(CHANNELS),
  workstream: z.string(),
  channelInstance: z.string(),
  state: z.enum(POLICY_STATES),
  device: z.enum(DEVICE_CLASSES),
} satisfies Record<keyof Situation, ZodType>);
const { channel, workstream, channelInstance, state, device } = SITUATION.shape;

const POLICY_RULE = z.object({
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
  set: SOME_VALUES,
});
const DOCUMENT = z.object({
  channels: z.record(z.string(), z.enum(CHANNELS)).describe('Workstreams that are not live chat.'),
  rules: z.array(POLICY_RULE).describe('For each value the first rule that fits and sets it wins.'),
});

named('PolicyDocument', POLICY_DOCUMENT);
const STORED_POLICIES = named('StoredPolicies', z.object({ ...DOCUMENT.shape, etag: etagField }));
const POLICY_TABLE = named(
  'PolicyTable',
  z.object({
    ...DOCUMENT.shape,
    unreadable: z
      .string()
      .optional()
      .describe(
        'The row of the document, where this version cannot read it: the rules are those in force instead, with the ' +
          'longest of all waits.',
      ),
    builtIn: z.array(POLICY_RULE).describe("Rules that come after the operators'."),
    base: VALUES.describe("What applies where no rule does; from the app's settings."),
    etag: etagField.optional(),
  }),
);
named('PolicyRule', POLICY_RULE);

export const EFFECTIVE_POLICY = z.object({
  name: z.enum(NAMES),
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
});
const EXPLANATION = EFFECTIVE_POLICY.extend({
  from: z.string().describe('The id of the rule that decides, or `default`.'),
  considered: z
    .array(z.object({ rule: z.string(), because: z.string() }))
    .describe('Every rule that sets the value, in order, and what became of it.'),
});
const POLICY_EXPLANATIONS = named(
  'PolicyExplanations',
  z.object({
    conversationId,
    situation: SITUATION.describe('What rules can depend on.'),
    grace: EXPLANATION.describe('Which policy is the grace period, and why it has this length.'),
    policies: z.array(EXPLANATION),
  }),
);

/** Largest policy document, in bytes. */
const DOCUMENT_LIMIT = 64 * 1024;

const RULES = [{ id: 'phones-wait-longer', when: { device: ['phone' as const] }, set: { grace: 'PT5M' } }];

export const POLICY_ROUTES = [
  route({
    id: 'read-policies',
    method: 'GET',
    path: '/v1/policies',
    tag: 'Settings',
    summary: 'The policy table',
    description: "The operators' document, the rules that are built in, and what applies otherwise.",
    access: 'an operator',
    answer: answer(
      'The `ETag` is that of the document; absent while none is stored.',
      POLICY_TABLE,
      {
        channels: {},
        rules: RULES,
        builtIn: [
          {
            id: 'built-in-persistent-chat',
            when: { channel: ['persistent-chat'] },
            set: { openAutoClose: 'P30D', wrapUpAutoClose: 'P1D' },
          },
        ],
        base: {
          grace: 'PT3M',
          lossNewsAfter: 'PT2S',
          connections: 20,
          agentGrace: 'PT1M',
          offerTimeout: 'PT30S',
          outageAllowance: 'PT1M',
          maxExtension: 'PT30M',
          openAutoClose: 'PT20M',
          openAutoCloseWhileConnected: false,
          wrapUpAutoClose: 'PT15M',
          waitingAutoClose: 'P1D',
          wrapUpCapacity: 'always',
          capacityUnits: 20,
          reconnect: false,
          reconnectTimeLimit: 'PT30M',
          reconnectPortalUrl: null,
          reconnectRedirectUrl: null,
          readAfterEnd: 'P1D',
          retention: 'P90D',
        },
        etag: EXAMPLE.etag,
      },
      { headers: ['ETag'] },
    ),
    run: async (_input, services: PolicyServices, call) => {
      const { settings, settingsStore, policyBase, policyBaseWritten } = services;
      const builtIn = { builtIn: BUILT_IN_RULES, base: { ...policyBase, ...policyBaseWritten } };
      try {
        const stored = await settingsStore.loadPolicies();
        const { channels, rules } = stored?.document ?? NO_RULES;
        const etag = stored && { etag: stored.etag };
        return withHeaders({ channels, rules: rules.map(asWritten), ...builtIn, ...etag }, etag ?? {});
      } catch (thrown) {
        if (!(thrown instanceof StoredRowError)) throw thrown;
        const { channels, rules } = (await settings.current(call)).policies;
        const { etag } = await settingsStore.findPolicies();
        const shown = { channels, rules: rules.map(asWritten), unreadable: thrown.row, ...builtIn };
        return etag === undefined ? withHeaders(shown, {}) : withHeaders({ ...shown, etag }, { etag });
      }
    },
  }),

  route({
    id: 'write-policies',
    method: 'PUT',
    path: '/v1/policies',
    tag: 'Settings',
    summary: "Replace the operators' policy document",
    description:
      'In force at once here, and within 30 seconds everywhere. At most 64 KiB. What is stored goes away only if the ' +
      'document says so: `{"channels": {}, "rules": []}` removes everything, and a part that is stored cannot be left out.',
    access: 'an operator',
    headers: REPLACES,
    body: body(POLICY_DOCUMENT, { channels: {}, rules: RULES }, { limit: DOCUMENT_LIMIT }),
    answer: answer(
      'The document as it is stored.',
      STORED_POLICIES,
      { channels: {}, rules: RULES, etag: EXAMPLE.etag },
      { headers: ['ETag'] },
    ),
    problems: ['precondition-failed', 'precondition-required'],
    run: async ({ headers, body }, { settings, settingsStore }: PolicyServices) => {
      const expected = versionReplaced(headers);
      if (expected === undefined) return refuse('precondition-required');
      if (expected !== 'create') await refuseLosses(body, settingsStore);
      const document = { ...NO_RULES, ...body };
      // Also where it fails: a write whose answer was lost is stored all the same.
      const written = await settingsStore
        .savePolicies(document, expected)
        .catch(tooLarge)
        .finally(() => settings.forget());
      if (written === 'conflict') return anotherVersion();
      return withHeaders({ ...document, rules: document.rules.map(asWritten), ...written }, written);
    },
  }),

  route({
    id: 'explain-policies',
    method: 'GET',
    path: '/v1/conversations/{conversationId}/policies',
    tag: 'Settings',
    summary: 'Which policies apply to a conversation, and why',
    description: 'As the conversation is now: the grace period above all. Agents only.',
    access: 'an agent with a ticket',
    params: CONVERSATION_PATH,
    unknown: 'conversation-not-found',
    answer: answer('One explanation for each policy.', POLICY_EXPLANATIONS, {
      conversationId: EXAMPLE.conversationId,
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
    run: async ({ params }, { store, settings }: PolicyServices, call) => {
      const stored = await store.load(params.conversationId);
      if (stored === undefined) return refuse('conversation-not-found');
      const { policies } = await settings.current(call);
      const situation = situationOf(stored.conversation);
      const explain = (name: PolicyName) => explained(name, stored.conversation, policies);
      return {
        conversationId: stored.conversation.id,
        situation,
        grace: explain(gracePolicyOf(stored.conversation, policies)),
        policies: NAMES.map(explain),
      };
    },
  }),
];

const asWritten = ({ set, written, ...rule }: PolicyRule) => ({ ...rule, set: { ...set, ...written } });

const explained = (name: PolicyName, conversation: Conversation, policies: PolicyTable) => {
  const { value, written, ...why } = explainPolicy(policies, name, situationOf(conversation));
  return { ...why, value: written ?? z.encode(SOME_VALUES, { [name]: value })[name] ?? null };
};

/** Every policy with its value for the conversation as it is now. */
export const policiesOf = (conversation: Conversation, policies: PolicyTable) =>
  NAMES.map((name) => explained(name, conversation, policies));

/**
 * Prevents: an operator writes the rules alone, and every workstream that is not live chat becomes one without a word.
 * @throws InvalidInputError naming the part that the document leaves out and the stored one has
 */
async function refuseLosses(document: Partial<PolicyDocument>, store: SettingsStore): Promise<void> {
  const stored = await store.loadPolicies().catch((thrown: unknown) => {
    // Nobody can read it, so nobody can say what it has: `If-Match: *` is the way out.
    if (thrown instanceof StoredRowError) return undefined;
    throw thrown;
  });
  for (const part of ['channels', 'rules'] as const) {
    const isLost = document[part] === undefined && Object.keys(stored?.document[part] ?? {}).length > 0;
    if (isLost) {
      const none = JSON.stringify(NO_RULES[part]);
      throw new InvalidInputError(`body.${part}`, `is missing, and some are stored: ${none} removes them`);
    }
  }
}

function tooLarge(thrown: unknown): never {
  if (!(thrown instanceof StoredRowError)) throw thrown;
  throw new InvalidInputError('body', 'must be shorter: the document is too large to be stored', 413);
}
