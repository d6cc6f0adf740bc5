import { z } from 'zod';
import { InvalidInputError } from '../app/errors';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../automated-messages/automated-message';
import {
  agentIdField,
  CONVERSATION_PATH,
  conversationId,
  count,
  deadline,
  EXAMPLE,
  etagField,
  named,
  page,
  plainName,
  sequenceNumber,
  wholeNumber,
} from '../http/fields';
import { refuse, refuseAs, RETURN_OPTIONS } from '../http/problems';
import { answer, route, type Shown, withHeaders } from '../http/route';
import {
  ALLOWANCE_REASONS,
  CHANNELS,
  CLOSE_REASONS,
  type Conversation,
  CONVERSATION_STATES,
  DEADLINE_KINDS,
  DEVICE_CLASSES,
  type Disconnection,
  END_REASONS,
  etagOf,
  hasEnded,
  publicName,
  REQUEUE_REASONS,
} from './conversation';
import { autoClosureDue, gracePeriodOf, isReadableByCustomer, type PolicyTable } from '../policies/policy';
import type { SettingsSource } from '../policies/settings-service';
import { endedRefusal, returnOptions } from './decision';
import type { ConversationStore } from './ports';
import { storyOf } from './story';
import { duration, type Instant, instant, type Milliseconds } from './time';
import { authorForCustomers, sentIdOf, type TranscriptEntry } from './transcript';
import { byWaiting, deadlinesIn, type Position, type WorkList, type WorkListItem } from './work-list';

export interface ConversationServices {
  readonly settings: SettingsSource;
  readonly now: () => Instant;
  readonly store: Pick<ConversationStore, 'load' | 'transcript'>;
  readonly workList: Pick<WorkList, 'list'>;
}

const WORK_LIST_ITEM = z.object({
  conversationId,
  channel: z.enum(CHANNELS),
  state: z.enum(CONVERSATION_STATES),
  queue: z.string(),
  customerName: z.string(),
  agentId: z.string().optional(),
  accepted: z.boolean(),
  createdAt: instant,
  stateSince: instant.describe('When it came into its state, or into its queue.'),
  previousAgentId: z.string().optional().describe('Who had it before, while nobody has it.'),
  queuePosition: sequenceNumber.optional().describe('The place in the queue that the customer was told.'),
  disconnection: deadline.optional().describe('The customer is away.'),
  deadlines: z
    .array(z.object({ kind: z.enum(DEADLINE_KINDS), at: instant }))
    .describe(
      'Every running deadline, the next one first. An automatic closure may have been put off since.',
    ),
});
export const WORK_LIST_PAGE = named(
  'WorkListPage',
  z.object({
    items: z.array(WORK_LIST_ITEM),
    continuationToken: z.string().optional().describe('Where there is more: asks for the next page.'),
  }),
);
named('WorkListItem', WORK_LIST_ITEM);

const CUSTOMER_PROFILE = named(
  'CustomerProfile',
  z.object({
    name: z.string(),
    locale: z.string().describe('BCP 47 language tag.'),
    queue: z.string(),
    workstream: z.string(),
    channelInstance: z.string().describe('The chat widget.'),
    context: z.record(z.string(), z.string()).describe('Context variables.'),
  }),
);

/** What agents and the customer see of a conversation. */
const FOR_BOTH = z.object({
  id: conversationId,
  channel: z.enum(CHANNELS),
  state: z.enum(CONVERSATION_STATES),
  stateSince: instant,
  createdAt: instant,
  customer: CUSTOMER_PROFILE,
  end: z
    .object({
      at: instant,
      reason: z.enum(END_REASONS),
      options: z.array(z.enum(RETURN_OPTIONS)).describe('What the customer can do next, the best first.'),
      redirectUrl: z.string().optional(),
    })
    .optional(),
  closedAt: instant.optional(),
  closeReason: z.enum(CLOSE_REASONS).optional(),
  queuePosition: sequenceNumber
    .optional()
    .describe('The place in the queue that the customer was told last.'),
  keptFor: duration
    .optional()
    .describe(
      'To the customer of a live chat, until the end: how long its place is kept if its line is lost now, at least.',
    ),
});

/** What was added to a wait by itself. */
const PROLONGED = {
  prolongedBy: duration.optional().describe('What was added by itself.'),
  prolongedBecause: z
    .enum(ALLOWANCE_REASONS)
    .optional()
    .describe(
      'Something had not worked over the deadline; the customer has asked for a socket; the customer of an agent who ' +
        'is away is away, too.',
    ),
};
const prolongedOf = ({ allowance }: Pick<Disconnection, 'allowance'>) => ({
  prolongedBy: allowance?.by,
  prolongedBecause: allowance?.because,
});

const disconnectionReason = z.enum(['not-yet-connected', 'connection-lost']);

/** What the customer does not see: neither this nor connection ids, which nobody sees. */
const FOR_AGENTS = z.object({
  agent: z
    .object({
      id: z.string(),
      name: z.string(),
      accepted: z.boolean().describe('False while it is only offered.'),
      assignedAt: instant,
      acceptedAt: instant.optional(),
      offerExpiresAt: instant.optional().describe('When an offer goes back to the queue.'),
    })
    .optional(),
  device: z.enum(DEVICE_CLASSES).optional(),
  previousAgent: z.object({ id: z.string(), name: z.string() }).optional(),
  requeue: z
    .object({ at: instant, reason: z.enum(REQUEUE_REASONS), agentId: z.string().optional() })
    .optional()
    .describe('How it came back into the queue last.'),
  capacity: z
    .object({ units: count, releaseAt: instant.optional() })
    .optional()
    .describe("What it takes of its agent's capacity."),
  agentDisconnection: deadline.extend(PROLONGED).optional().describe('The agent is away.'),
  autoClosure: z.object({ deadline: instant }).optional().describe('When it is closed without activity.'),
  connected: z.boolean().optional().describe('Whether the customer is.'),
  disconnections: count
    .optional()
    .describe('How many disconnections there have been, the running one included.'),
  disconnection: deadline
    .extend({
      reason: disconnectionReason,
      extendedBy: duration.optional().describe('What agents have added to the wait.'),
      ...PROLONGED,
    })
    .optional()
    .describe('The customer is away.'),
  lastDisconnection: deadline
    .extend({
      reason: disconnectionReason,
      outcome: z.enum(['reconnected', 'expired', 'ended']),
      endedAt: instant,
    })
    .optional()
    .describe('The latest one that is over.'),
});

export const CONVERSATION = named('Conversation', z.object({ ...FOR_BOTH.shape, ...FOR_AGENTS.shape }));
/** Nobody whom the customer has not met, and nobody's id. */
export const CUSTOMERS_CONVERSATION = named(
  'CustomersConversation',
  z.object({
    ...FOR_BOTH.shape,
    agent: z
      .object({ name: z.string(), accepted: z.literal(true), acceptedAt: instant })
      .optional()
      .describe('Who has accepted it; nobody while it is only offered.'),
  }),
);
export const CONVERSATION_ANSWER = named(
  'ConversationAnswer',
  z.object({ conversation: CONVERSATION, etag: etagField }),
);

/** A conversation as agents see it: what the schema does not have stays here. */
export const shownToAgents = (conversation: Conversation): Shown<typeof CONVERSATION> => {
  const { agent, end, disconnection, agentDisconnection } = conversation;
  return {
    ...conversation,
    agent: agent && { ...agent, accepted: agent.acceptedAt !== undefined },
    end: end && { ...end, options: returnOptions(end).options },
    queuePosition: conversation.queuePosition?.position,
    capacity: conversation.capacityHold,
    connected: conversation.liveConnectionIds.length > 0,
    disconnections: conversation.disconnectionCount,
    disconnection: disconnection && {
      ...disconnection,
      extendedBy: disconnection.extension?.by,
      ...prolongedOf(disconnection),
    },
    agentDisconnection: agentDisconnection && { ...agentDisconnection, ...prolongedOf(agentDisconnection) },
  };
};

/** The same as its customer sees it. */
export const shownToCustomers = (conversation: Conversation): Shown<typeof CUSTOMERS_CONVERSATION> => {
  const shown = shownToAgents(conversation);
  const hidden = Object.keys(FOR_AGENTS.shape).map((name) => [name, undefined]);
  const { agent } = conversation;
  return {
    ...shown,
    ...(Object.fromEntries(hidden) as object),
    agent:
      agent?.acceptedAt === undefined
        ? undefined
        : { name: publicName(agent), accepted: true, acceptedAt: agent.acceptedAt },
  };
};

const NAME = z.string();
const BY_CUSTOMER = z.object({ role: z.literal('customer'), name: NAME });
const BY_SYSTEM = z.object({ role: z.literal('system') });
const AUTHOR = z.discriminatedUnion('role', [
  BY_CUSTOMER,
  z.object({ role: z.literal('agent'), id: z.string(), name: NAME }),
  BY_SYSTEM,
]);
const CUSTOMERS_AUTHOR = z.discriminatedUnion('role', [
  BY_CUSTOMER,
  z.object({ role: z.literal('agent'), name: NAME }),
  BY_SYSTEM,
]);
const entryBy = <A extends z.ZodType>(author: A) => {
  const entry = z.object({
    sequence: sequenceNumber.describe(
      'Counts within the conversation. What a customer may not see leaves gaps.',
    ),
    at: instant,
    author,
    text: z.string(),
  });
  return z.discriminatedUnion('kind', [
    entry.extend({
      kind: z.literal('message'),
      messageId: z.string().optional().describe("The sender's own, where it has given one."),
    }),
    entry.extend({
      kind: z.literal('notice'),
      trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
      recipient: z.enum(['agent', 'customer']),
      reason: z.enum(END_REASONS).optional().describe('Where it tells of the end: why.'),
      disconnectionNumber: sequenceNumber.optional(),
    }),
  ]);
};
export const TRANSCRIPT_ENTRY = entryBy(AUTHOR);
const CUSTOMERS_ENTRY = entryBy(CUSTOMERS_AUTHOR);
const withTranscript = <C extends z.ZodType, E extends z.ZodType>(conversation: C, entry: E) =>
  z.object({
    conversation,
    transcript: z.array(entry),
    unreadable: z
      .array(sequenceNumber)
      .optional()
      .describe('Sequence numbers of entries that are stored and cannot be read.'),
    nextAfter: sequenceNumber.optional().describe('Where there is more: `after` of the next request.'),
    etag: etagField,
  });
export const CONVERSATION_WITH_TRANSCRIPT = named(
  'ConversationWithTranscript',
  withTranscript(CONVERSATION, TRANSCRIPT_ENTRY),
);
named('TranscriptEntry', TRANSCRIPT_ENTRY);
const CUSTOMERS_VIEW = named(
  'CustomersConversationWithTranscript',
  withTranscript(CUSTOMERS_CONVERSATION, CUSTOMERS_ENTRY),
);
named('CustomersTranscriptEntry', CUSTOMERS_ENTRY);
/** To an agent the first, to a customer the second. */
const CONVERSATION_VIEW = named('ConversationView', z.union([CONVERSATION_WITH_TRANSCRIPT, CUSTOMERS_VIEW]));

/** An entry as it is shown: an id that is not the sender's own may name a connection, and is nobody's business. */
export const shownEntry = (entry: TranscriptEntry): Shown<typeof TRANSCRIPT_ENTRY> =>
  entry.kind === 'message' ? { ...entry, messageId: sentIdOf(entry.messageId) } : entry;

/** The transcript without the notices that are meant for the agent, and without the ids of agents. */
export const entriesForCustomers = (
  entries: readonly TranscriptEntry[],
): readonly Shown<typeof CUSTOMERS_ENTRY>[] =>
  entries
    .filter((entry) => entry.kind === 'message' || entry.recipient === 'customer')
    .map((entry) => ({ ...shownEntry(entry), author: authorForCustomers(entry.author) }));

export const CONVERSATION_EXAMPLE: z.input<typeof CONVERSATION> = {
  id: EXAMPLE.conversationId,
  channel: 'live-chat',
  state: 'Active',
  stateSince: '2026-03-01T10:01:00.000Z',
  createdAt: '2026-03-01T10:00:00.000Z',
  customer: { ...EXAMPLE.profile, workstream: 'default', channelInstance: 'default' },
  agent: {
    id: 'bob',
    name: 'Bob',
    accepted: true,
    assignedAt: '2026-03-01T10:01:00.000Z',
    acceptedAt: '2026-03-01T10:01:00.000Z',
  },
  device: 'phone',
  capacity: { units: 20 },
  connected: false,
  disconnections: 2,
  disconnection: {
    number: 2,
    reason: 'connection-lost',
    since: '2026-03-01T10:02:05.000Z',
    deadline: '2026-03-01T10:05:05.000Z',
  },
  lastDisconnection: {
    number: 1,
    reason: 'not-yet-connected',
    since: '2026-03-01T10:00:00.000Z',
    deadline: '2026-03-01T10:03:00.000Z',
    outcome: 'reconnected',
    endedAt: '2026-03-01T10:00:00.250Z',
  },
};

/** As agents, operators and its customer see it. */
export const ENTRY_EXAMPLE = {
  sequence: 1,
  at: '2026-03-01T10:00:20.000Z',
  kind: 'message',
  author: { role: 'customer', name: 'Ann' },
  text: 'Where is my parcel?',
  messageId: 'm-1',
} as const satisfies z.input<typeof CUSTOMERS_ENTRY>;

/** Rows in one answer of the storage. */
const ROWS = 1_000;

/** The rows have the order of their keys, not of the list: all of them are read, a request for each thousand. */
async function everyItem(
  workList: ConversationServices['workList'],
  wanted: Pick<Parameters<WorkList['list']>[0], 'state' | 'agentId' | 'queue'>,
): Promise<WorkListItem[]> {
  const items: WorkListItem[] = [];
  let rest: { readonly continuationToken?: string } = {};
  do {
    const { items: some, continuationToken } = await workList.list({ ...wanted, ...rest, limit: ROWS });
    items.push(...some);
    rest = continuationToken === undefined ? {} : { continuationToken };
  } while (rest.continuationToken !== undefined);
  return items;
}

const POSITION = /^(-?[0-9a-z]{1,11})\.([a-z0-9-]{8,64})$/;

/** The token of what follows a line. It holds through whatever comes and goes meanwhile: it names a place, not a row. */
export const listToken = ({ stateSince, conversationId }: Position): string =>
  `${stateSince.toString(36)}.${conversationId}`;

/** @throws InvalidInputError when it is not one that this list gives: it comes from the network. */
export function parseListPosition(token: string): Position {
  const [, since, conversationId] = POSITION.exec(token) ?? [];
  if (since === undefined || conversationId === undefined) {
    throw new InvalidInputError('query.continuationToken', 'is not a token that this list has given');
  }
  return { stateSince: Number.parseInt(since, 36), conversationId };
}

const OF_ONE = { at: instant, number: sequenceNumber };
const moveReason = z.enum(['agent', ...ALLOWANCE_REASONS]);
const STORY_EVENT = z.discriminatedUnion('type', [
  z.object({ type: z.literal('created'), at: instant }),
  z.object({
    type: z.literal('lost'),
    ...OF_ONE,
    reason: disconnectionReason,
    device: z.enum(DEVICE_CLASSES).describe('Of the connection that was lost.'),
    deadline: instant.describe('As it was at first.'),
    policy: z
      .enum(['grace', 'reconnectTimeLimit'])
      .optional()
      .describe('Which policy said how long; missing where that was not recorded.'),
    rule: z.string().optional().describe('The id of the rule that it came from, or `default`.'),
  }),
  z.object({
    type: z.literal('deadline-moved'),
    ...OF_ONE,
    deadline: instant,
    because: moveReason.describe('An agent wanted it; or as `prolongedBecause` says.'),
  }),
  z.object({ type: z.literal('returned'), ...OF_ONE, absentFor: duration }),
  z.object({
    type: z.literal('expired'),
    ...OF_ONE,
    lateBy: duration.describe('How long after the deadline this was decided.'),
  }),
  z.object({
    type: z.literal('ended'),
    at: instant,
    reason: z.enum(END_REASONS),
    agentId: z.string().optional().describe('Who ended it, where an agent did.'),
  }),
  z.object({
    type: z.literal('knocked'),
    at: instant,
    tooLateBy: duration.describe('After the end its customer first asked to come back.'),
  }),
  z.object({
    type: z.literal('closed'),
    at: instant,
    closeReason: z.enum(CLOSE_REASONS).optional(),
  }),
]);
const STORY = named(
  'ConversationStory',
  z.object({
    conversationId,
    state: z.enum(CONVERSATION_STATES),
    events: z.array(STORY_EVENT),
    notRecorded: count.describe(
      'Disconnections that are not in it: beyond the latest 50, or of before they were recorded.',
    ),
  }),
);
named('StoryEvent', STORY_EVENT);

/** How long a customer who is lost now is waited for, at least. In a persistent chat nobody waits, and nothing is promised. */
function keptFor(conversation: Conversation, policies: PolicyTable, now: Instant): Milliseconds | undefined {
  if (conversation.channel !== 'live-chat') return undefined;
  const { device, liveConnectionIds, endedConnectionIds } = conversation;
  // Which device the last one to be lost is, the record knows only while there has been one connection.
  const isOnlyOne = liveConnectionIds.length + endedConnectionIds.length <= 1;
  const devices = isOnlyOne ? [device] : DEVICE_CLASSES;
  const grace = Math.min(...devices.map((one) => gracePeriodOf(conversation, policies, one)));
  const disconnection = { number: 0, since: now, deadline: now + grace, reason: 'connection-lost' } as const;
  const closure = autoClosureDue({ ...conversation, disconnection } as Conversation, policies);
  return Math.max(0, Math.min(grace, (closure ?? Number.POSITIVE_INFINITY) - now));
}

export const CONVERSATION_ROUTES = [
  route({
    id: 'list-conversations',
    method: 'GET',
    path: '/v1/conversations',
    tag: 'Conversations',
    summary: 'The work list: conversations that are not closed',
    description:
      'Longest waiting first: by `stateSince`, then by `conversationId`. A page goes on behind the last line of the one ' +
      'before. A copy: a line can be older than the conversation for a moment. Agents only.',
    access: 'an agent with a ticket',
    query: z.object({
      state: z
        .enum(['Open', 'Active', 'Waiting', 'WrapUp'])
        .exactOptional()
        .describe('Only conversations in this state.'),
      agentId: agentIdField.exactOptional().describe('Only conversations of this agent.'),
      queue: plainName.exactOptional().describe('Only conversations of this queue.'),
      ...page({ limit: 'At most so many.' }),
    }),
    answer: answer('A page of the list.', WORK_LIST_PAGE, {
      items: [
        {
          conversationId: EXAMPLE.conversationId,
          channel: 'live-chat',
          state: 'Active',
          queue: 'sales',
          customerName: 'Ann',
          agentId: 'bob',
          accepted: true,
          createdAt: '2026-03-01T10:00:00.000Z',
          stateSince: '2026-03-01T10:01:00.000Z',
          disconnection: {
            number: 2,
            since: '2026-03-01T10:02:05.000Z',
            deadline: '2026-03-01T10:05:05.000Z',
          },
          deadlines: [{ kind: 'disconnection', at: '2026-03-01T10:05:05.000Z' }],
        },
      ],
    }),
    run: async ({ query }, { workList }: ConversationServices) => {
      const { limit, continuationToken, ...wanted } = query;
      const after = continuationToken === undefined ? undefined : parseListPosition(continuationToken);
      const items = (await everyItem(workList, wanted))
        .filter((item) => after === undefined || byWaiting(item, after) > 0)
        .sort(byWaiting);
      const shown = items.slice(0, limit);
      const last = items.length > limit ? shown.at(-1) : undefined;
      return {
        items: shown.map((item) => ({
          ...item,
          deadlines: deadlinesIn(item).toSorted((a, b) => a.at - b.at),
        })),
        continuationToken: last && listToken(last),
      };
    },
  }),

  route({
    id: 'read-conversation',
    method: 'GET',
    path: '/v1/conversations/{conversationId}',
    tag: 'Conversations',
    summary: 'One conversation with its transcript',
    description:
      'For agents, and for the customer whose conversation it is, also for `readAfterEnd` after an end that was not its own; ' +
      'the customer does not see what is for agents, and of agents the name of who has accepted, and of who has written.',
    access: 'an agent or the customer with a ticket',
    params: CONVERSATION_PATH,
    unknown: 'conversation-not-found',
    query: z.object({
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .default(0)
        .describe('Only entries after this sequence number.'),
      limit: wholeNumber(1, 1_000).default(1_000).describe('At most so many entries.'),
    }),
    answer: answer(
      'The `ETag` names this version; actions accept it in `If-Match`.',
      CONVERSATION_VIEW,
      {
        conversation: CONVERSATION_EXAMPLE,
        transcript: [ENTRY_EXAMPLE],
        etag: EXAMPLE.etag,
      },
      { headers: ['ETag'] },
    ),
    problems: ['conversation-ended'],
    run: async ({ caller, params, query }, { store, settings, now }: ConversationServices, call) => {
      const stored = await store.load(params.conversationId);
      if (stored === undefined) return refuse('conversation-not-found');
      const { conversation } = stored;
      const etag = etagOf(stored.etag);
      const policies = async () => (await settings.current(call)).policies;
      // The end revokes the customer's ticket: whoever finds it later must not read what was said.
      if (
        caller.role === 'customer' &&
        hasEnded(conversation) &&
        !isReadableByCustomer(conversation, await policies(), now())
      ) {
        return refuseAs(endedRefusal(conversation), 'conversation-ended');
      }
      const { entries, unreadable, nextAfter = 0 } = await store.transcript(conversation.id, query);
      const view =
        caller.role === 'agent'
          ? { conversation: shownToAgents(conversation), transcript: entries.map(shownEntry) }
          : {
              conversation: {
                ...shownToCustomers(conversation),
                ...(!hasEnded(conversation) && { keptFor: keptFor(conversation, await policies(), now()) }),
              },
              transcript: entriesForCustomers(entries),
            };
      const page = {
        unreadable: unreadable.length > 0 ? unreadable : undefined,
        nextAfter: nextAfter > 0 && nextAfter < conversation.lastSequence ? nextAfter : undefined,
      };
      return withHeaders({ ...view, ...page, etag }, { etag });
    },
  }),

  route({
    id: 'conversation-story',
    method: 'GET',
    path: '/v1/conversations/{conversationId}/story',
    tag: 'Conversations',
    summary: 'Why a customer was waited for so long, and why a conversation ended',
    description:
      'Losses, deadlines with the policy and the rule that gave them, moves of the deadline, returns and the end, in the order of ' +
      'time and without what anybody wrote. Until the conversation is erased. For agents, and for operators, who get a ticket ' +
      'from `POST /v1/agents/negotiate` as agents do.',
    access: 'an agent with a ticket',
    params: CONVERSATION_PATH,
    unknown: 'conversation-not-found',
    answer: answer('What is recorded.', STORY, {
      conversationId: EXAMPLE.conversationId,
      state: 'WrapUp',
      events: [
        { type: 'created', at: '2026-03-01T10:00:00.000Z' },
        {
          ...{ type: 'lost', at: '2026-03-01T10:02:05.000Z', number: 2, reason: 'connection-lost' },
          ...{ device: 'phone', deadline: '2026-03-01T10:05:05.000Z', policy: 'grace', rule: 'default' },
        },
        {
          ...{ type: 'deadline-moved', at: '2026-03-01T10:04:00.000Z', number: 2 },
          ...{ deadline: '2026-03-01T10:10:05.000Z', because: 'agent' },
        },
        { type: 'expired', at: '2026-03-01T10:10:05.120Z', number: 2, lateBy: 'PT0.12S' },
        { type: 'ended', at: '2026-03-01T10:10:05.120Z', reason: 'customer-disconnected' },
        { type: 'knocked', at: '2026-03-01T10:11:00.000Z', tooLateBy: 'PT54.88S' },
      ],
      notRecorded: 0,
    }),
    run: async ({ params }, { store }: ConversationServices) => {
      const stored = await store.load(params.conversationId);
      if (stored === undefined) return refuse('conversation-not-found');
      const { id, state, disconnectionCount, absences = [] } = stored.conversation;
      return {
        conversationId: id,
        state,
        events: [...storyOf(stored.conversation)],
        notRecorded: disconnectionCount - absences.length,
      };
    },
  }),
];
