import { z } from 'zod';
import { agentOnly, type Tickets } from '../access/ticket-guard';
import type { Logger } from '../app/log';
import { answering } from '../http/answers';
import { agentIdField } from '../http/fields';
import { type HttpInput, type HttpOutput, json, parseWith, readJson } from '../http/request';
import { type AgentCapacity, type AgentLoad, unitsFree, unitsInUse } from './capacity';

/** How many units an agent has in all. */
export const CAPACITY_BODY = z.object({ capacityUnits: z.int('must be a whole number').min(0).max(1_000) });

export interface AgentsDependencies {
  readonly capacity: AgentCapacity;
  readonly tickets: Tickets;
  readonly logger: Logger;
}

const AGENT_PARAMETER = z.object({ agentId: agentIdField });

/** How much of an agent's capacity is in use; for the desk's backend. */
export const readCapacity = (request: HttpInput, deps: AgentsDependencies): Promise<HttpOutput> =>
  answering('read-capacity', deps.logger, async () => {
    const { agentId } = parseWith(AGENT_PARAMETER, request.params, 'path');
    return json(200, loadView(await deps.capacity.loadOf(agentId)));
  });

/** Sets the units of an agent; for the desk's backend. */
export const setCapacity = (request: HttpInput, deps: AgentsDependencies): Promise<HttpOutput> =>
  answering('set-capacity', deps.logger, async () => {
    const { agentId } = parseWith(AGENT_PARAMETER, request.params, 'path');
    const { capacityUnits } = parseWith(CAPACITY_BODY, await readJson(request), 'body');
    await deps.capacity.setTotal(agentId, capacityUnits);
    return json(200, loadView(await deps.capacity.loadOf(agentId)));
  });

/** The same for the agent itself. */
export const readMyCapacity = (request: HttpInput, deps: AgentsDependencies): Promise<HttpOutput> =>
  answering('my-capacity', deps.logger, async () => {
    const { agentId } = agentOnly(await deps.tickets.callerOf(request.headers));
    return json(200, loadView(await deps.capacity.loadOf(agentId)));
  });

const loadView = (load: AgentLoad) => ({
  agentId: load.agentId,
  totalUnits: load.totalUnits,
  unitsInUse: unitsInUse(load),
  unitsFree: unitsFree(load),
  conversations: load.holdings.map(({ conversationId, units }) => ({ conversationId, units })),
});
