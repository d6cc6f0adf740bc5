import { randomUUID } from 'node:crypto';
import { z, type ZodType } from 'zod';
import {
  agentIdField,
  CONVERSATION_PATH,
  EXAMPLE,
  IF_MATCH,
  named,
  oneLine,
  plainName,
} from '../http/fields';
import { refuseAs } from '../http/problems';
import { type AgentCaller, answer, type Body, body, route, withHeaders } from '../http/route';
import { CONVERSATION_ANSWER, CONVERSATION_EXAMPLE, shownToAgents } from './conversation-routes';
import { etagOf } from './conversation';
import type { Conversations } from './conversation-service';
import { customerIsConnected, type Refusal } from './decision';
import type { AgentAction, ConversationEvent } from './inputs';
import { durationBetween } from './time';

export interface AgentActionServices {
  readonly conversations: Conversations;
}

const CONVERSATION_NOW = answer(
  'The conversation as it is now; the `ETag` names this version, for the `If-Match` of the next action.',
  CONVERSATION_ANSWER,
  { conversation: CONVERSATION_EXAMPLE, etag: EXAMPLE.etag },
  { name: 'conversation', headers: ['ETag'] },
);

interface Action<B extends ZodType, H extends Record<string, ZodType>> {
  readonly summary: string;
  readonly description: string;
  readonly body?: Body<B>;
  readonly headers?: H;
  /** Besides those that every action can have. */
  readonly refusals: readonly Refusal['code'][];
  /** What the agent asks of the conversation. */
  readonly event: (
    agent: AgentCaller,
    body: z.output<B>,
    headers: z.output<z.ZodObject<H>>,
  ) => ConversationEvent;
}

/** With `If-Match`, an agent acts only on the version that it has seen. */
function action<B extends ZodType, H extends Record<string, ZodType> = Record<never, ZodType>>(
  name: AgentAction,
  { summary, description, body, headers, refusals, event }: Action<B, H>,
) {
  const problems = [
    'conversation-ended',
    ...refusals,
    'precondition-failed',
    'conversation-too-large',
  ] as const satisfies readonly Refusal['code'][];
  return route({
    id: `${name}-conversation`,
    method: 'POST',
    path: `/v1/conversations/{conversationId}/${name}`,
    tag: 'Conversations',
    summary,
    description: `${description} Agents only.`,
    access: 'an agent with a ticket',
    durable: true,
    params: CONVERSATION_PATH,
    unknown: 'conversation-not-found',
    headers: z.object({ ...IF_MATCH, ...headers }),
    ...(body && { body: body }),
    answer: CONVERSATION_NOW,
    problems,
    run: async ({ caller, params, body, headers }, { conversations }: AgentActionServices, call) => {
      const asked = event(caller, body, headers as z.output<z.ZodObject<H>>);
      const handled = await conversations(call).receive(params.conversationId, asked, headers['If-Match']);
      if (handled.kind === 'refused') {
        return refuseAs(handled.refusal, 'conversation-not-found', ...problems);
      }
      // The service says that the customer is there after all: the record is healed, the wait is over anyhow.
      if (name === 'end-wait' && handled.outcome.type === 'customer-present') {
        return refuseAs(customerIsConnected(handled.conversation), ...problems);
      }
      const etag = etagOf(handled.etag);
      return withHeaders({ conversation: shownToAgents(handled.conversation), etag }, { etag });
    },
  });
}

/** Refusals of what only the agent can do who has accepted the conversation. */
const UNLESS_ACCEPTED = ['illegal-transition', 'assigned-to-other-agent', 'not-assigned-to-you'] as const;

const OFFER = named(
  'OfferRequest',
  z.strictObject({ agentId: agentIdField, agentName: oneLine(100).optional() }),
);
const TRANSFER = named('TransferRequest', z.strictObject({ queue: plainName }));
const EXTEND_WAIT = named('ExtendWaitRequest', z.strictObject({ by: durationBetween('PT1S', 'PT24H') }));

/** Whatever an agent can do to a conversation: one row here, besides its event in inputs.ts and its rules. */
export const AGENT_ACTION_ROUTES = [
  action('offer', {
    summary: 'Offer it to an agent',
    description:
      'Assigns it without acceptance, and takes the units from the capacity of the agent. Until it is accepted it ' +
      'can be offered anew. To the same agent again: nothing changes.',
    body: body(OFFER, { agentId: 'bob', agentName: 'Bob' }),
    refusals: ['illegal-transition', 'assigned-to-other-agent', 'agent-at-capacity'],
    event: (_agent, { agentId, agentName = agentId }) => ({ type: 'agent-offered', agentId, agentName }),
  }),
  action('accept', {
    summary: 'Take it',
    description:
      'From the queue or from the offer; of two agents at once one wins. A waiting one is taken up again by the ' +
      'agent who has let it wait.',
    refusals: ['assigned-to-other-agent', 'agent-at-capacity'],
    event: ({ agentId, agentName }) => ({ type: 'agent-accepted', agentId, agentName }),
  }),
  action('decline', {
    summary: 'Do not want the offer',
    description: 'Back into the queue.',
    refusals: ['illegal-transition', 'assigned-to-other-agent'],
    event: ({ agentId }) => ({ type: 'agent-declined', agentId }),
  }),
  action('release', {
    summary: 'Give it back to its queue',
    description: 'The customer is told that the agent has left.',
    refusals: UNLESS_ACCEPTED,
    event: ({ agentId }) => ({ type: 'agent-released', agentId }),
  }),
  action('transfer', {
    summary: 'Give it to another queue',
    description: 'Like `release`, and the conversation changes its queue.',
    body: body(TRANSFER, { queue: 'returns' }),
    refusals: UNLESS_ACCEPTED,
    event: ({ agentId }, { queue }) => ({ type: 'agent-transferred', agentId, queue }),
  }),
  action('end', {
    summary: 'End it',
    description: '`WrapUp`; the customer is told and disconnected.',
    refusals: UNLESS_ACCEPTED,
    event: ({ agentId }) => ({ type: 'agent-ended', agentId }),
  }),
  action('close', {
    summary: 'Close the window',
    description:
      'After the end: `WrapUp` to `Closed`, which is final. Without an end: a live chat goes back into the queue, a ' +
      'persistent chat waits for its customer.',
    refusals: UNLESS_ACCEPTED,
    event: ({ agentId }) => ({ type: 'agent-closed', agentId }),
  }),
  action('extend-wait', {
    summary: 'Wait longer for the customer',
    description:
      'Adds time to the running disconnection, from `PT1S` to `PT24H` at once; policy bounds it in all. With an ' +
      '`Idempotency-Key` a repetition adds nothing.',
    body: body(EXTEND_WAIT, { by: 'PT5M' }),
    headers: {
      'Idempotency-Key': plainName
        .optional()
        .describe('The same for every repetition of a request: what has been done is not done again.'),
    },
    refusals: [...UNLESS_ACCEPTED, 'customer-is-connected', 'extension-too-long'],
    event: ({ agentId }, { by }, { 'Idempotency-Key': key = randomUUID() }) => ({
      type: 'wait-extended',
      agentId,
      by,
      key,
    }),
  }),
  action('end-wait', {
    summary: 'Do not wait any longer for the customer',
    description:
      'As if the deadline had passed: the service itself is asked first, and only who is really away is ended.',
    refusals: [...UNLESS_ACCEPTED, 'customer-is-connected'],
    event: ({ agentId }) => ({ type: 'wait-ended', agentId }),
  }),
];
