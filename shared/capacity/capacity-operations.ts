import { z } from 'zod';
import { CONVERSATION_ID } from '../http/examples-operations';
import { conversationId, count } from '../http/fields';
import {
  answer,
  body,
  named,
  type Operation,
  problems,
  REFUSED_BODY,
  REFUSED_QUERY,
  REFUSED_TICKET,
} from '../http/operation';
import { AGENT_ID_PARAMETER } from '../http/parameters-operations';
import { CAPACITY_BODY } from './capacity-routes';

export const AGENT_LOAD = z.object({
  agentId: z.string(),
  totalUnits: count,
  unitsInUse: count,
  unitsFree: count.describe('Never below 0, even where the total was lowered below what is in use.'),
  conversations: z.array(z.object({ conversationId, units: count })),
});

const LOAD = named(
  'agent-load',
  answer('The capacity and what is in use of it.', AGENT_LOAD, {
    agentId: 'bob',
    totalUnits: 100,
    unitsInUse: 20,
    unitsFree: 80,
    conversations: [{ conversationId: CONVERSATION_ID, units: 20 }],
  }),
);

export const CAPACITY: readonly Operation[] = [
  {
    id: 'read-capacity',
    method: 'get',
    path: '/v1/agents/{agentId}/capacity',
    tag: 'Agents',
    summary: "How much of an agent's capacity is in use",
    description: 'An agent who has never been heard of has the capacity of the settings.',
    security: 'function-key',
    parameters: [AGENT_ID_PARAMETER],
    responses: { 200: LOAD, ...problems(REFUSED_QUERY) },
  },
  {
    id: 'set-capacity',
    method: 'put',
    path: '/v1/agents/{agentId}/capacity',
    tag: 'Agents',
    summary: "Set an agent's capacity",
    description:
      'Below what is in use it takes nothing away; nothing more fits until enough has been given back.',
    security: 'function-key',
    parameters: [AGENT_ID_PARAMETER],
    requestBody: body(CAPACITY_BODY, { capacityUnits: 100 }),
    responses: { 200: LOAD, ...problems(REFUSED_BODY) },
  },
  {
    id: 'my-capacity',
    method: 'get',
    path: '/v1/my-capacity',
    tag: 'Agents',
    summary: 'The same for the agent itself',
    security: 'ticket',
    responses: { 200: LOAD, ...problems(REFUSED_TICKET) },
  },
];
