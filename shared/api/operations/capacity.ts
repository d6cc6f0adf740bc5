import { CAPACITY_BODY } from '../../inbound/capacity-body';
import { answer, body, named, problems, REFUSED_BODY, REFUSED_QUERY, REFUSED_TICKET } from '../answers';
import { CONVERSATION_ID } from '../examples';
import type { Operation } from '../operation';
import { AGENT_ID_PARAMETER } from '../parameters';
import { AGENT_LOAD } from '../schemas/capacity';

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
