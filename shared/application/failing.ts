import type { Failing } from '../domain/dead-letter';
import type { ConversationEvent } from '../domain/events';
import { AppError, RecordTooLargeError, StoredRowError } from '../errors';

/**
 * What is to be mended before the event can be handled; undefined where the same event may succeed later by itself,
 * because something else was down. An error that nobody has thought of fails the same way until the code is mended.
 */
export function failingOf(
  conversationId: string,
  event: ConversationEvent,
  thrown: unknown,
): Failing | undefined {
  if (thrown instanceof StoredRowError) {
    const kind = thrown instanceof RecordTooLargeError ? 'record-too-large' : 'unreadable-row';
    return { conversationId, kind, row: thrown.row, code: thrown.code };
  }
  if (thrown instanceof AppError && thrown.retryable) return undefined;
  const code = thrown instanceof AppError ? thrown.code : 'unexpected';
  if (event.type !== 'deadline-reached') return { conversationId, kind: 'check-failed', code };
  const { kind, number } = event;
  return { conversationId, kind: 'deadline-failed', deadline: { kind, number }, code };
}

/** The event that fails. */
export const eventOfFailing = ({ deadline }: Pick<Failing, 'deadline'>): ConversationEvent =>
  deadline ? { type: 'deadline-reached', ...deadline } : { type: 'presence-checked' };
