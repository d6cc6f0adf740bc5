import { LIMITS, type Conversation } from '../conversation';
import type { Refusal } from '../decision';
import { SECOND, type Instant } from '../time';
import type { Author } from '../transcript';

type Writer = Exclude<Author['role'], 'system'>;

/**
 * Why no further message of the customer, or of the agents, is stored now; undefined where there is room. Counted in the
 * stored record, so it holds however many instances of the app there are.
 */
export function messageLimit(conversation: Conversation, writer: Writer, now: Instant): Refusal | undefined {
  const { lastSequence, recentMessages, state } = conversation;
  if (lastSequence >= LIMITS.transcriptEntries) {
    return {
      code: 'conversation-full',
      detail: `A conversation has at most ${LIMITS.transcriptEntries} entries; start a new one.`,
      state,
    };
  }
  const most = LIMITS.messagesInWindow[writer];
  const window = LIMITS.messageWindow;
  const counted = recentMessages
    .filter(({ by }) => (by === 'customer') === (writer === 'customer'))
    // Prevents: a message stored by an instance whose clock is far ahead keeps everybody waiting until then.
    .filter(({ at }) => Math.abs(now - at) < window);
  const leaving = counted[counted.length - most];
  if (leaving === undefined) return undefined;
  const wait = Math.min(leaving.at + window - now, window);
  return {
    code: 'too-many-messages',
    detail: `At most ${most} messages are taken in ${window / SECOND} seconds.`,
    state,
    retryAfterSeconds: Math.ceil(wait / SECOND),
  };
}
