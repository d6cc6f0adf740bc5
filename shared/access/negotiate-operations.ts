import { z } from 'zod';
import { CONVERSATION_ID, PROFILE_EXAMPLE, SOCKET_URL, TICKET } from '../http/examples-operations';
import { conversationId, instant } from '../http/fields';
import {
  answer,
  body,
  type Operation,
  optionalBody,
  problems,
  refusals,
  REFUSED_BODY,
  REFUSED_TICKET,
} from '../http/operation';
import { PROFILE } from './customer-profile-parser';
import { AGENT_BODY, CUSTOMER_BODY, DEVICE_BODY, RESUME_BODY } from './negotiate-routes';

const ACCESS = z.object({
  url: z.url().describe('Opens a socket within the next minutes: `wss://…`.'),
  ticket: z.string().describe('For `Authorization: Bearer` of this API.'),
  ticketExpiresAt: instant,
});

export const CUSTOMER_REQUEST = z.object({
  ...RESUME_BODY.shape,
  ...PROFILE.shape,
  ...DEVICE_BODY.shape,
});
export const CUSTOMER_ACCESS = z.object({ conversationId, ...ACCESS.shape });

export const AGENT_ACCESS = z.object({ agentId: z.string(), ...ACCESS.shape });

export const KNOWN_CUSTOMER_REQUEST = z.object({
  ...CUSTOMER_BODY.shape,
  ...PROFILE.shape,
  ...DEVICE_BODY.shape,
});
export const RECONNECT_PROMPT = z.object({
  prompt: z
    .object({
      conversationId,
      createdAt: instant,
      agentName: z.string().optional(),
      options: z.array(z.enum(['continue-conversation', 'new-conversation'])),
    })
    .describe('A previous conversation goes on. Ask the customer, and repeat the request with `choice`.'),
});
export const KNOWN_CUSTOMER_ACCESS = z.union([CUSTOMER_ACCESS, RECONNECT_PROMPT]);

export const RECONNECT_LINK = z.object({
  reconnectId: z.string(),
  reconnectUrl: z.url().optional().describe('Where policy names a portal page: the link for the customer.'),
});

const ACCESS_EXAMPLE = { url: SOCKET_URL, ticket: TICKET, ticketExpiresAt: '2026-03-01T22:00:00.000Z' };

export const NEGOTIATE: readonly Operation[] = [
  {
    id: 'negotiate',
    method: 'post',
    path: '/v1/negotiate',
    tag: 'Customers',
    summary: 'A socket and a ticket for a customer',
    description:
      'Without a ticket and without `reconnectId` a new conversation; it exists once the socket is opened. With the ' +
      "customer's ticket, or with the id of a reconnect link, the conversation of before.",
    security: 'anyone-or-ticket',
    requestBody: optionalBody(CUSTOMER_REQUEST, PROFILE_EXAMPLE),
    responses: {
      200: answer('Open `url`, and keep `ticket` to come back.', CUSTOMER_ACCESS, {
        conversationId: CONVERSATION_ID,
        ...ACCESS_EXAMPLE,
      }),
      ...problems(REFUSED_BODY, REFUSED_TICKET, refusals('conversation-ended')),
    },
  },
  {
    id: 'negotiate-customer',
    method: 'post',
    path: '/v1/customers/negotiate',
    tag: 'Customers',
    summary: 'A socket and a ticket for a customer whom the site has signed in',
    description:
      'For the backend of the site. While reconnection to a previous chat is on and one goes on, the answer is a ' +
      '`prompt` for the customer; repeat the request with `choice`.',
    security: 'function-key',
    requestBody: body(KNOWN_CUSTOMER_REQUEST, { customerId: 'customer-77', ...PROFILE_EXAMPLE }),
    responses: {
      200: answer('A socket, or what the customer is to be asked first.', KNOWN_CUSTOMER_ACCESS, {
        conversationId: CONVERSATION_ID,
        ...ACCESS_EXAMPLE,
      }),
      ...problems(REFUSED_BODY),
    },
  },
  {
    id: 'negotiate-agent',
    method: 'post',
    path: '/v1/agents/negotiate',
    tag: 'Agents',
    summary: 'A socket and a ticket for an agent',
    description: 'For the backend of the desk, which knows who is signed in.',
    security: 'function-key',
    requestBody: body(AGENT_BODY, { agentId: 'bob', name: 'Bob' }),
    responses: {
      200: answer("For the agent's browser.", AGENT_ACCESS, { agentId: 'bob', ...ACCESS_EXAMPLE }),
      ...problems(REFUSED_BODY),
    },
  },
];
