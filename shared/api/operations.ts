import type { Operation } from './operation';
import { AGENT_ACTIONS } from './operations/agent-actions';
import { AUTOMATED_MESSAGE_OPERATIONS } from './operations/automated-messages';
import { CAPACITY } from './operations/capacity';
import { CONVERSATIONS } from './operations/conversations';
import { DEAD_LETTERS } from './operations/dead-letters';
import { NEGOTIATE } from './operations/negotiate';
import { POLICIES } from './operations/policies';
import { SERVICE } from './operations/service';

/** Every route of the app. A new function needs its row here; the contract tests compare both. */
export const OPERATIONS: readonly Operation[] = [
  ...NEGOTIATE,
  ...CONVERSATIONS,
  ...AGENT_ACTIONS,
  ...CAPACITY,
  ...POLICIES,
  ...AUTOMATED_MESSAGE_OPERATIONS,
  ...DEAD_LETTERS,
  ...SERVICE,
];
