import type { Refusal } from '../../domain/decision';
import { EXTEND_WAIT_BODY, OFFER_BODY, TRANSFER_BODY } from '../../inbound/action-bodies';
import {
  answer,
  body,
  named,
  problems,
  REFUSED_BODY,
  REFUSED_TICKET,
  refusals,
  type ProblemAt,
} from '../answers';
import { CONVERSATION_EXAMPLE } from '../examples';
import type { Body, Operation, Parameter } from '../operation';
import { CONVERSATION_ID_PARAMETER, IDEMPOTENCY_KEY_HEADER, IF_MATCH } from '../parameters';
import { CONVERSATION_ANSWER } from '../schemas/conversation';

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
