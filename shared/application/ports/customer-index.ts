/**
 * Which conversation an authenticated customer had last. Written when one is negotiated, never trusted for more than
 * an offer to continue. Throws `DependencyError` when the storage gives no usable answer.
 */
export interface CustomerIndex {
  latestConversationOf(customerId: string): Promise<string | undefined>;
  remember(customerId: string, conversationId: string): Promise<void>;
}
