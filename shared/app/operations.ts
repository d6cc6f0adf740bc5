import { NEGOTIATE } from '../access/negotiate-operations';
import { AUTOMATED_MESSAGE_OPERATIONS } from '../automated-messages/automated-messages-operations';
import { CAPACITY } from '../capacity/capacity-operations';
import { AGENT_ACTIONS, CONVERSATIONS } from '../conversation/conversation-operations';
import { DEAD_LETTERS } from '../dead-letters/dead-letters-operations';
import type { Operation } from '../http/operation';
import { POLICIES } from '../policies/policies-operations';
import { SERVICE } from '../web-pubsub/webhook-operations';

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
