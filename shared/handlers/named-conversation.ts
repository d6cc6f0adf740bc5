import type { ConversationStore } from '../application/ports/conversation-store';
import type { Conversation } from '../domain/conversation';
import { isConversationId } from '../domain/ids';
import type { HttpInput } from '../inbound/http';

/** The conversation that the route names; undefined when there is none, or when it names no id at all. */
export async function namedConversation(
  { params }: HttpInput,
  store: Pick<ConversationStore, 'load'>,
): Promise<Conversation | undefined> {
  const conversationId = params['conversationId'] ?? '';
  if (!isConversationId(conversationId)) return undefined;
  return (await store.load(conversationId))?.conversation;
}
