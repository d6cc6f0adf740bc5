import { z } from 'zod';
import { agentIdField, conversationId, count, EXAMPLE, named, WHOLE } from '../http/fields';
import { answer, body, route, type Shown } from '../http/route';
import type { Participants } from '../conversation/ports';
import { type AgentCapacity, type AgentLoad, type KnownAgent, unitsFree, unitsInUse } from './capacity';

export interface CapacityServices {
  readonly capacity: AgentCapacity;
  readonly participants: Pick<Participants, 'presentAgents'>;
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

const AGENT_LIST = named(
  'AgentList',
  z.object({
    complete: z
      .boolean()
      .describe('False: there are more agents than one answer has. Everybody who is present is in it.'),
    agents: z.array(
      z.object({
        agentId: z.string(),
        name: z.string().optional().describe('As the desk or the token has named the agent.'),
        present: z.boolean().describe('Whether the agent has an open socket.'),
        totalUnits: count,
        unitsInUse: count,
        unitsFree: count,
        conversations: count.describe('How many take some of them.'),
      }),
    ),
  }),
);

/** Whose loads are read one by one at the same time. */
const AT_ONCE = 16;

/** Those who can be given a conversation, or have one: present ones first, by name. */
async function agentsNow({ capacity, participants }: CapacityServices) {
  const [known, present] = await Promise.all([capacity.everyAgent(), participants.presentAgents()]);
  const seen = new Set(known.agents.map(({ agentId }) => agentId));
  // Prevents: an agent whose row could not be written, or is beyond the bound of the list, is missing while it is there.
  const others = [...present].filter((agentId) => !seen.has(agentId));
  const all: KnownAgent[] = [...known.agents];
  for (let i = 0; i < others.length; i += AT_ONCE) {
    const some = others.slice(i, i + AT_ONCE);
    all.push(...(await Promise.all(some.map((agentId) => capacity.loadOf(agentId)))));
  }
  const agents = all
    .map((agent) => ({ ...agent, present: present.has(agent.agentId) }))
    .filter((agent) => agent.present || agent.holdings.length > 0)
    .sort(
      (one, other) =>
        Number(other.present) - Number(one.present) ||
        (one.name ?? one.agentId).localeCompare(other.name ?? other.agentId),
    )
    .map((agent) => ({
      ...agent,
      unitsInUse: unitsInUse(agent),
      unitsFree: unitsFree(agent),
      conversations: agent.holdings.length,
    }));
  return { complete: known.complete, agents };
}

const AGENT_PATH = z.object({ agentId: agentIdField.describe('The agent, as its desk names it.') });

const shown = (load: AgentLoad): Shown<typeof AGENT_LOAD> => ({
  ...load,
  unitsInUse: unitsInUse(load),
  unitsFree: unitsFree(load),
  conversations: load.holdings,
});

export const CAPACITY_ROUTES = [
  route({
    id: 'list-agents',
    method: 'GET',
    path: '/v1/agents',
    tag: 'Agents',
    summary: 'Agents who are there, or have conversations, with what they can take',
    description:
      'For a transfer, and for operators, who get a ticket from `POST /v1/agents/negotiate` as agents do. Presence is the answer ' +
      'of Web PubSub at this moment; what agents can take is at most some seconds old.',
    access: 'an agent with a ticket',
    answer: answer('Those who are present first, by name.', AGENT_LIST, {
      complete: true,
      agents: [
        {
          agentId: 'bob',
          name: 'Bob',
          present: true,
          totalUnits: 100,
          unitsInUse: 20,
          unitsFree: 80,
          conversations: 1,
        },
      ],
    }),
    run: (_request, services: CapacityServices) => agentsNow(services),
  }),
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
