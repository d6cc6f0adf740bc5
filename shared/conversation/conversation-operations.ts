import { z } from 'zod';
import { RECONNECT_LINK } from '../access/negotiate-operations';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../automated-messages/automated-message';
import { CONVERSATION_EXAMPLE, CONVERSATION_ID } from '../http/examples-operations';
import { conversationId, count, deadline, duration, instant, sequenceNumber } from '../http/fields';
import {
  answer,
  body,
  type Body,
  named,
  type Operation,
  type Parameter,
  type ProblemAt,
  problems,
  refusals,
  REFUSED_BODY,
  REFUSED_QUERY,
  REFUSED_TICKET,
} from '../http/operation';
import {
  CONVERSATION_ID_PARAMETER,
  IDEMPOTENCY_KEY_HEADER,
  IF_MATCH,
  queryParameters,
} from '../http/parameters-operations';
import { RETURN_OPTIONS } from '../http/problems';
import {
  CHANNELS,
  CLOSE_REASONS,
  CONVERSATION_STATES,
  DEVICE_CLASSES,
  END_REASONS,
  REQUEUE_REASONS,
} from './conversation';
import { EXTEND_WAIT_BODY, LIST_QUERY, OFFER_BODY, READ_QUERY, TRANSFER_BODY } from './conversation-routes';
import type { Refusal } from './decision';
import { DEADLINE_KINDS } from './ids';

const disconnectionReason = z.enum(['not-yet-connected', 'connection-lost']);

export const CUSTOMER_PROFILE = z.object({
  name: z.string(),
  locale: z.string().describe('BCP 47 language tag.'),
  queue: z.string(),
  workstream: z.string(),
  channelInstance: z.string().describe('The chat widget.'),
  context: z.record(z.string(), z.string()).describe('Context variables.'),
});

/** What the customer does not see of a conversation. */
const FOR_AGENTS = z.object({
  device: z.enum(DEVICE_CLASSES).optional().describe('Agents only, as is everything below.'),
  previousAgent: z.object({ id: z.string(), name: z.string() }).optional(),
  requeue: z
    .object({ at: instant, reason: z.enum(REQUEUE_REASONS), agentId: z.string().optional() })
    .optional()
    .describe('How it came back into the queue last.'),
  capacity: z
    .object({ units: count, releaseAt: instant.optional() })
    .optional()
    .describe("What it takes of its agent's capacity."),
  agentDisconnection: deadline.optional().describe('The agent is away.'),
  autoClosure: z.object({ deadline: instant }).optional().describe('When it is closed without activity.'),
  connected: z.boolean().optional().describe('Whether the customer is.'),
  disconnections: count
    .optional()
    .describe('How many disconnections there have been, the running one included.'),
  disconnection: deadline
    .extend({
      reason: disconnectionReason,
      extendedBy: duration.optional().describe('What agents have added to the wait.'),
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

export const CONVERSATION = z.object({
  id: conversationId,
  channel: z.enum(CHANNELS),
  state: z.enum(CONVERSATION_STATES),
  stateSince: instant,
  createdAt: instant,
  customer: CUSTOMER_PROFILE,
  agent: z
    .object({
      id: z.string(),
      name: z.string(),
      accepted: z.boolean().describe('False while it is only offered.'),
      assignedAt: instant,
      acceptedAt: instant.optional(),
    })
    .optional(),
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
  ...FOR_AGENTS.shape,
});
export const CONVERSATION_ANSWER = z.object({ conversation: CONVERSATION });

const AUTHOR = z.discriminatedUnion('role', [
  z.object({ role: z.literal('customer'), name: z.string() }),
  z.object({ role: z.literal('agent'), id: z.string(), name: z.string() }),
  z.object({ role: z.literal('system') }),
]);

const ENTRY = z.object({
  sequence: sequenceNumber.describe(
    'Counts within the conversation. What a customer may not see leaves gaps.',
  ),
  at: instant,
  author: AUTHOR,
  text: z.string(),
});

export const TRANSCRIPT_ENTRY = z.discriminatedUnion('kind', [
  ENTRY.extend({ kind: z.literal('message') }),
  ENTRY.extend({
    kind: z.literal('notice'),
    trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
    recipient: z.enum(['agent', 'customer']),
    reason: z.enum(END_REASONS).optional().describe('Where it tells of the end: why.'),
    disconnectionNumber: sequenceNumber.optional(),
  }),
]);

export const CONVERSATION_WITH_TRANSCRIPT = z.object({
  conversation: CONVERSATION,
  transcript: z.array(TRANSCRIPT_ENTRY),
  nextAfter: sequenceNumber.optional().describe('Where there is more: `after` of the next request.'),
});

export const WORK_LIST_ITEM = z.object({
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
    .describe('The other deadlines. An automatic closure may have been put off since.'),
});

export const WORK_LIST_PAGE = z.object({
  items: z.array(WORK_LIST_ITEM),
  continuationToken: z.string().optional().describe('Where there is more: asks for the next page.'),
});

export const CONVERSATIONS: readonly Operation[] = [
  {
    id: 'list-conversations',
    method: 'get',
    path: '/v1/conversations',
    tag: 'Conversations',
    summary: 'The work list: conversations that are not closed',
    description: 'In no order. A copy: a line can be older than the conversation for a moment. Agents only.',
    security: 'ticket',
    parameters: queryParameters(LIST_QUERY, {
      state: 'Only conversations in this state.',
      agentId: 'Only conversations of this agent.',
      limit: 'At most so many.',
      continuationToken: 'From the answer before.',
    }),
    responses: {
      200: answer('A page of the list.', WORK_LIST_PAGE, {
        items: [
          {
            conversationId: CONVERSATION_ID,
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
            deadlines: [],
          },
        ],
      }),
      ...problems(REFUSED_QUERY, REFUSED_TICKET),
    },
  },
  {
    id: 'read-conversation',
    method: 'get',
    path: '/v1/conversations/{conversationId}',
    tag: 'Conversations',
    summary: 'One conversation with its transcript',
    description:
      'For agents, and for the customer whose conversation it is, until it ends; the customer does not see what is for ' +
      'agents.',
    security: 'ticket',
    parameters: [
      CONVERSATION_ID_PARAMETER,
      ...queryParameters(READ_QUERY, {
        after: 'Only entries after this sequence number.',
        limit: 'At most so many entries.',
      }),
    ],
    responses: {
      200: answer(
        'The `ETag` names this version; actions accept it in `If-Match`.',
        CONVERSATION_WITH_TRANSCRIPT,
        {
          conversation: CONVERSATION_EXAMPLE,
          transcript: [
            {
              sequence: 1,
              at: '2026-03-01T10:00:20.000Z',
              kind: 'message',
              author: { role: 'customer', name: 'Ann' },
              text: 'Where is my parcel?',
            },
          ],
        },
        ['ETag'],
      ),
      ...problems(REFUSED_QUERY, REFUSED_TICKET, refusals('conversation-not-found', 'conversation-ended')),
    },
  },
  {
    id: 'reconnect-link',
    method: 'get',
    path: '/v1/conversations/{conversationId}/reconnect-link',
    tag: 'Conversations',
    summary: 'A link with which the customer finds back',
    description:
      'What a desk puts in place of `{ReconnectUrl}` in a quick reply. The page behind it hands the query parameter ' +
      '`oc.reconnectid` to `negotiate`. Void once the conversation has ended. Agents only.',
    security: 'ticket',
    parameters: [CONVERSATION_ID_PARAMETER],
    responses: {
      200: answer('The id, and the link where policy names a page.', RECONNECT_LINK, {
        reconnectId: 'eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ…',
        reconnectUrl: 'https://shop.example/help?oc.reconnectid=eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ…',
      }),
      ...problems(REFUSED_TICKET, refusals('conversation-not-found', 'conversation-ended'), [
        [409, 'reconnect-disabled'],
      ]),
    },
  },
];

interface Action {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly requestBody?: Body;
  readonly headers?: readonly Parameter[];
  readonly refusedInput?: readonly ProblemAt[];
  readonly refusals: readonly Refusal['code'][];
}

/** Refusals of what only the agent can do who has accepted the conversation. */
const UNLESS_ACCEPTED = ['illegal-transition', 'assigned-to-other-agent', 'not-assigned-to-you'] as const;

const ACTIONS: readonly Action[] = [
  {
    name: 'offer',
    summary: 'Offer it to an agent',
    description:
      'Assigns it without acceptance, and takes the units from the capacity of the agent. Until it is accepted it ' +
      'can be offered anew. To the same agent again: nothing changes.',
    requestBody: body(OFFER_BODY, { agentId: 'bob', agentName: 'Bob' }),
    refusedInput: REFUSED_BODY,
    refusals: ['illegal-transition', 'assigned-to-other-agent', 'agent-at-capacity'],
  },
  {
    name: 'accept',
    summary: 'Take it',
    description:
      'From the queue or from the offer; of two agents at once one wins. A waiting one is taken up again by the ' +
      'agent who has let it wait.',
    refusals: ['assigned-to-other-agent', 'agent-at-capacity'],
  },
  {
    name: 'decline',
    summary: 'Do not want the offer',
    description: 'Back into the queue.',
    refusals: ['illegal-transition', 'assigned-to-other-agent'],
  },
  {
    name: 'release',
    summary: 'Give it back to its queue',
    description: 'The customer is told that the agent has left.',
    refusals: UNLESS_ACCEPTED,
  },
  {
    name: 'transfer',
    summary: 'Give it to another queue',
    description: 'Like `release`, and the conversation changes its queue.',
    requestBody: body(TRANSFER_BODY, { queue: 'returns' }),
    refusedInput: REFUSED_BODY,
    refusals: UNLESS_ACCEPTED,
  },
  {
    name: 'end',
    summary: 'End it',
    description: '`WrapUp`; the customer is told and disconnected.',
    refusals: UNLESS_ACCEPTED,
  },
  {
    name: 'close',
    summary: 'Close the window',
    description:
      'After the end: `WrapUp` to `Closed`, which is final. Without an end: a live chat goes back into the queue, a ' +
      'persistent chat waits for its customer.',
    refusals: UNLESS_ACCEPTED,
  },
  {
    name: 'extend-wait',
    summary: 'Wait longer for the customer',
    description:
      'Adds time to the running disconnection, from `PT1S` to `PT24H` at once; policy bounds it in all. With an ' +
      '`Idempotency-Key` a repetition adds nothing.',
    requestBody: body(EXTEND_WAIT_BODY, { by: 'PT5M' }),
    headers: [IDEMPOTENCY_KEY_HEADER],
    refusedInput: REFUSED_BODY,
    refusals: [...UNLESS_ACCEPTED, 'customer-is-connected', 'extension-too-long'],
  },
  {
    name: 'end-wait',
    summary: 'Do not wait any longer for the customer',
    description:
      'As if the deadline had passed: the service itself is asked first, and only who is really away is ended.',
    refusals: [...UNLESS_ACCEPTED, 'customer-is-connected'],
  },
];

const CONVERSATION_NOW = named(
  'conversation',
  answer('The conversation as it is now.', CONVERSATION_ANSWER, { conversation: CONVERSATION_EXAMPLE }),
);

export const AGENT_ACTIONS: readonly Operation[] = ACTIONS.map((action) => ({
  id: `${action.name}-conversation`,
  method: 'post',
  path: `/v1/conversations/{conversationId}/${action.name}`,
  tag: 'Conversations',
  summary: action.summary,
  description: `${action.description} Agents only.`,
  security: 'ticket',
  parameters: [CONVERSATION_ID_PARAMETER, IF_MATCH, ...(action.headers ?? [])],
  ...(action.requestBody && { requestBody: action.requestBody }),
  responses: {
    200: CONVERSATION_NOW,
    ...problems(
      action.refusedInput ?? [],
      REFUSED_TICKET,
      refusals('conversation-not-found', 'conversation-ended', ...action.refusals),
      refusals('precondition-failed', 'conversation-too-large'),
    ),
  },
}));
