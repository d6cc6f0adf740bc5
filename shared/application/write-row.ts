import type { WorkListItem } from '../domain/work-list';
import type { WorkList } from './ports/work-list';

/** Makes the row of a conversation what it must be; there is none where nothing is listed. */
export const writeRow = (
  workList: Pick<WorkList, 'put' | 'remove'>,
  conversationId: string,
  item: WorkListItem | undefined,
): Promise<void> => (item === undefined ? workList.remove(conversationId) : workList.put(item));
