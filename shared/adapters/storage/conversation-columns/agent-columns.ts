import { z } from 'zod';
import type { Agent, CapacityHold, Conversation } from '../../../domain/conversation';
import { instantColumn, type RowWriter } from '../columns';
import { readRow } from '../stored-row';

/** The agent: present when its id is. */
const agentColumns = z.object({
  agentId: z.string(),
  agentName: z.string(),
  agentAssignedAt: instantColumn,
  acceptedAt: instantColumn.exactOptional(),
});

export const writeAgent = (agent: Agent, write: RowWriter) => ({
  agentId: agent.id,
  agentName: agent.name,
  agentAssignedAt: write.instant('agentAssignedAt', agent.assignedAt),
  ...(agent.acceptedAt !== undefined && { acceptedAt: write.instant('acceptedAt', agent.acceptedAt) }),
});

export function readAgent(entity: object): { agent?: Agent } {
  if (!('agentId' in entity)) return {};
  const { agentId, agentName, agentAssignedAt, acceptedAt } = readRow(agentColumns, entity);
  return {
    agent: {
      id: agentId,
      name: agentName,
      assignedAt: agentAssignedAt,
      ...(acceptedAt !== undefined && { acceptedAt }),
    },
  };
}

const previousAgentColumns = z.object({ previousAgentId: z.string(), previousAgentName: z.string() });

export const writePreviousAgent = ({ id, name }: NonNullable<Conversation['previousAgent']>) => ({
  previousAgentId: id,
  previousAgentName: name,
});

export function readPreviousAgent(entity: object): Pick<Conversation, 'previousAgent'> {
  if (!('previousAgentId' in entity)) return {};
  const { previousAgentId, previousAgentName } = readRow(previousAgentColumns, entity);
  return { previousAgent: { id: previousAgentId, name: previousAgentName } };
}

/** The hold on an agent's capacity: present when its assignment is. */
const capacityColumns = z.object({
  capacityAgentId: z.string(),
  capacityAssignment: z.int(),
  capacityUnits: z.int(),
  capacityReleaseAt: instantColumn.exactOptional(),
});

export const writeCapacityHold = (hold: CapacityHold, write: RowWriter) => ({
  capacityAgentId: hold.agentId,
  capacityAssignment: write.int32('capacityAssignment', hold.assignment),
  capacityUnits: write.int32('capacityUnits', hold.units),
  ...(hold.releaseAt !== undefined && {
    capacityReleaseAt: write.instant('capacityReleaseAt', hold.releaseAt),
  }),
});

export function readCapacityHold(entity: object): { capacityHold?: CapacityHold } {
  if (!('capacityAssignment' in entity)) return {};
  const row = readRow(capacityColumns, entity);
  return {
    capacityHold: {
      agentId: row.capacityAgentId,
      assignment: row.capacityAssignment,
      units: row.capacityUnits,
      ...(row.capacityReleaseAt !== undefined && { releaseAt: row.capacityReleaseAt }),
    },
  };
}
