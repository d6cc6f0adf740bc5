import type { z } from 'zod';
import type {
  CONVERSATION_WITH_TRANSCRIPT,
  WORK_LIST_PAGE,
} from '../../../shared/conversation/conversation-routes';
import type { ConversationView, Page, WorkListItem } from '../../../web/console/core/model';

type Fits<Answer extends Read, Read> = Answer;

/** What the console reads is in what the app answers: a change of the contract stops the compiler here. */
export type Contract = [
  Fits<z.input<typeof WORK_LIST_PAGE>, Page<WorkListItem>>,
  Fits<z.input<typeof CONVERSATION_WITH_TRANSCRIPT>, ConversationView>,
];
