import { AGENT_BODY } from '../../inbound/negotiate-bodies';
import { answer, body, optionalBody, problems, REFUSED_BODY, REFUSED_TICKET, refusals } from '../answers';
import { CONVERSATION_ID, PROFILE_EXAMPLE, SOCKET_URL, TICKET } from '../examples';
import type { Operation } from '../operation';
import {
  AGENT_ACCESS,
  CUSTOMER_ACCESS,
  CUSTOMER_REQUEST,
  KNOWN_CUSTOMER_ACCESS,
  KNOWN_CUSTOMER_REQUEST,
} from '../schemas/negotiation';

const ACCESS = { url: SOCKET_URL, ticket: TICKET, ticketExpiresAt: '2026-03-01T22:00:00.000Z' };

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
        ...ACCESS,
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
        ...ACCESS,
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
      200: answer("For the agent's browser.", AGENT_ACCESS, { agentId: 'bob', ...ACCESS }),
      ...problems(REFUSED_BODY),
    },
  },
];
