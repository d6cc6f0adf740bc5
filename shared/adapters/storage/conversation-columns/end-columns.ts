import { z } from 'zod';
import { CLOSE_REASONS, END_REASONS, type Conversation } from '../../../domain/conversation';
import { instantColumn, type RowWriter } from '../columns';
import { readRow } from '../stored-row';

/** The end: present when its reason is. */
const endColumns = z.object({
  endReason: z.enum(END_REASONS),
  endedAt: instantColumn,
  endedByAgentId: z.string().exactOptional(),
  endRedirectUrl: z.string().exactOptional(),
});

export const closeReasonColumn = z.enum(CLOSE_REASONS);

export const writeEnd = (end: NonNullable<Conversation['end']>, write: RowWriter) => ({
  endReason: end.reason,
  endedAt: write.instant('endedAt', end.at),
  ...(end.agentId !== undefined && { endedByAgentId: end.agentId }),
  ...(end.redirectUrl !== undefined && { endRedirectUrl: end.redirectUrl }),
});

export function readEnd(entity: object): Pick<Conversation, 'end'> {
  if (!('endReason' in entity)) return {};
  const { endReason, endedAt, endedByAgentId, endRedirectUrl } = readRow(endColumns, entity);
  return {
    end: {
      at: endedAt,
      reason: endReason,
      ...(endedByAgentId !== undefined && { agentId: endedByAgentId }),
      ...(endRedirectUrl !== undefined && { redirectUrl: endRedirectUrl }),
    },
  };
}

/** The running automatic closure: present when its number is. */
const autoClosureColumns = z.object({ autoClosureNumber: z.int(), autoCloseAt: instantColumn });

export const writeAutoClosure = (
  { number, deadline }: NonNullable<Conversation['autoClosure']>,
  write: RowWriter,
) => ({
  autoClosureNumber: write.int32('autoClosureNumber', number),
  autoCloseAt: write.instant('autoCloseAt', deadline),
});

export function readAutoClosure(entity: object): Pick<Conversation, 'autoClosure'> {
  if (!('autoClosureNumber' in entity)) return {};
  const { autoClosureNumber, autoCloseAt } = readRow(autoClosureColumns, entity);
  return { autoClosure: { number: autoClosureNumber, deadline: autoCloseAt } };
}
