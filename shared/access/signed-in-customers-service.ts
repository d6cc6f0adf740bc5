import type { Call } from '../app/call';
import { collisionPause } from '../app/collision-pause';
import { ContentionError, ErasedError, StoredRowError } from '../app/errors';
import { type Conversation, hasEnded } from '../conversation/conversation';
import type { ConversationStore, CustomerIndex } from '../conversation/ports';
import { policyOf } from '../policies/policy';
import type { SettingsSource } from '../policies/settings-service';

export interface SignedInCustomersDependencies {
  readonly customers: CustomerIndex;
  readonly store: Pick<ConversationStore, 'load'>;
  readonly settings: SettingsSource;
  readonly newConversationId: () => string;
}

/** More tabs and devices of one customer than negotiate in the same moment. */
const ATTEMPTS = 8;
/** Conversations that one customer has at a time; each is read when the customer comes. Of more, the oldest is forgotten. */
const MOST_CONVERSATIONS = 8;

/**
 * The conversation that a customer's next socket belongs to, or the one about which it has to be asked first. One that was
 * negotiated and never opened is given again: it is the new one, however often and from wherever the customer asks. It
 * does not displace those that go on, for perhaps it never opens.
 * @throws DependencyError, ContentionError (both retryable)
 */
export async function conversationOfCustomer(
  customerId: string,
  choice: 'continue' | 'new' | undefined,
  { customers, store, settings, newConversationId }: SignedInCustomersDependencies,
  call: Call,
): Promise<
  { readonly conversationId: string; readonly goesOn?: Conversation } | { readonly askAbout: Conversation }
> {
  const { policies } = await settings.current(call);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const { conversationIds, etag } = await customers.conversationsOf(customerId);
    const known = await Promise.all(conversationIds.map((id) => lookUp(id, store)));
    const previous = known
      .flatMap(({ goesOn }) => goesOn ?? [])
      .find((one) => policyOf(one, 'reconnect', policies));
    if (previous !== undefined && choice === undefined) return { askAbout: previous };
    if (previous !== undefined && choice === 'continue') {
      return { conversationId: previous.id, goesOn: previous };
    }
    const unopened = known.find(({ isUnopened }) => isUnopened);
    if (unopened !== undefined) return { conversationId: unopened.id };
    const conversationId = newConversationId();
    const others = known.flatMap(({ id, isOver }) => (isOver ? [] : [id]));
    const ids = [conversationId, ...others].slice(0, MOST_CONVERSATIONS);
    // Prevents: two browsers of the customer begin in the same moment, and each gets a conversation of its own.
    if ((await customers.remember(customerId, ids, etag)) === 'saved') return { conversationId };
    await collisionPause(attempt);
  }
  throw new ContentionError(ATTEMPTS);
}

interface Known {
  readonly id: string;
  readonly goesOn?: Conversation;
  readonly isUnopened?: true;
  readonly isOver?: true;
}

/** A record that cannot be read is none of the three: it is kept for whoever mends it, and keeps nobody out. */
async function lookUp(id: string, store: SignedInCustomersDependencies['store']): Promise<Known> {
  try {
    const stored = await store.load(id);
    if (stored === undefined) return { id, isUnopened: true };
    return hasEnded(stored.conversation) ? { id, isOver: true } : { id, goesOn: stored.conversation };
  } catch (thrown) {
    if (thrown instanceof ErasedError) return { id, isOver: true };
    if (thrown instanceof StoredRowError) return { id };
    throw thrown;
  }
}
