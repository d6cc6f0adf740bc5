import { z } from 'zod';
import { agentIdField, conversationId, count, EXAMPLE, named, WHOLE } from '../http/fields';
import { answer, body, route, type Shown } from '../http/route';
import { type AgentCapacity, type AgentLoad, unitsFree, unitsInUse } from './capacity';

export interface CapacityServices {
  readonly capacity: AgentCapacity;
}

/** How many units an agent has in all. */
const CAPACITY_BODY = named(
  'CapacityRequest',
  z.strictObject({ capacityUnits: z.int(WHOLE).min(0).max(1_000) }),
);

const AGENT_LOAD = named(
  'AgentLoad',
  z.object({
    agentId: z.string(),
    totalUnits: count,
    unitsInUse: count,
    unitsFree: count.describe('Never below 0, even where the total was lowered below what is in use.'),
    conversations: z.array(z.object({ conversationId, units: count })),
  }),
);
const LOAD = answer(
  'The capacity and what is in use of it.',
  AGENT_LOAD,
  {
    agentId: 'bob',
    totalUnits: 100,
    unitsInUse: 20,
    unitsFree: 80,
    conversations: [{ conversationId: EXAMPLE.conversationId, units: 20 }],
  },
  { name: 'agent-load' },
);

const AGENT_PATH = z.object({ agentId: agentIdField.describe('The agent, as its desk names it.') });

const shown = (load: AgentLoad): Shown<typeof AGENT_LOAD> => ({
  ...load,
  unitsInUse: unitsInUse(load),
  unitsFree: unitsFree(load),
  conversations: load.holdings,
});

export const CAPACITY_ROUTES = [
  route({
    id: 'read-capacity',
    method: 'GET',
    path: '/v1/agents/{agentId}/capacity',
    tag: 'Agents',
    summary: "How much of an agent's capacity is in use",
    description: 'An agent who has never been heard of has the capacity of the settings.',
    access: 'an operator',
    params: AGENT_PATH,
    answer: LOAD,
    run: async ({ params }, { capacity }: CapacityServices) => shown(await capacity.loadOf(params.agentId)),
  }),
  route({
    id: 'set-capacity',
    method: 'PUT',
    path: '/v1/agents/{agentId}/capacity',
    tag: 'Agents',
    summary: "Set an agent's capacity",
    description:
      'Below what is in use it takes nothing away; nothing more fits until enough has been given back.',
    access: 'an operator',
    params: AGENT_PATH,
    body: body(CAPACITY_BODY, { capacityUnits: 100 }),
    answer: LOAD,
    run: async ({ params: { agentId }, body }, { capacity }: CapacityServices) => {
      await capacity.setTotal(agentId, body.capacityUnits);
      return shown(await capacity.loadOf(agentId));
    },
  }),
  route({
    id: 'my-capacity',
    method: 'GET',
    path: '/v1/my-capacity',
    tag: 'Agents',
    summary: 'The same for the agent itself',
    access: 'an agent with a ticket',
    answer: LOAD,
    run: async ({ caller }, { capacity }: CapacityServices) => shown(await capacity.loadOf(caller.agentId)),
  }),
];
