import { z } from 'zod';
import type { AgentCapacity, AgentLoad } from '../application/ports/agent-capacity';
import { unitsFree, unitsInUse } from '../domain/agent-capacity';
import { CAPACITY_BODY } from '../inbound/capacity-body';
import { json, readJson, type HttpInput, type HttpOutput } from '../inbound/http';
import { agentIdField } from '../inbound/ids';
import { parseWith } from '../inbound/schema';
import type { Logger } from '../logging';
import type { Tickets } from '../security/tickets';
import { agentOnly } from './agent-only';
import { answering } from './answer-failure';

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
