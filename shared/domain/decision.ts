import type { Conversation, ConversationState, EndReason } from './conversation';
import type { DeadlineKind } from './ids';
import type { Audience, Push } from './pushes';
import type { Instant, Milliseconds } from './time';
import type { TranscriptEntry } from './transcript';

/** Something to do after the save. Every effect is idempotent: doing it twice is doing it once. */
export type Effect =
  | { readonly type: 'update-work-list'; readonly conversation: Conversation }
  | {
      readonly type: 'start-timer';
      readonly kind: DeadlineKind;
      readonly number: number;
      readonly deadline: Instant;
    }
  | {
      readonly type: 'cancel-timer';
      readonly kind: DeadlineKind;
      readonly number: number;
      readonly because: 'customerReconnected' | 'conversationEnded';
    }
  | { readonly type: 'push'; readonly audience: Audience; readonly push: Push }
  | { readonly type: 'close-customer-connections' }
  | { readonly type: 'close-connection'; readonly connectionId: string };

/** What became of an event, in one word; the caller branches on this and on nothing else. */
export type Outcome =
  | { readonly type: 'created' | 'admitted' | 'connected' | 'connection-removed' | 'disconnection-began' }
  | { readonly type: 'ignored'; readonly because: 'stale-connection' | 'repeated' | 'ended' }
  | { readonly type: 'message-stored'; readonly sequence: number }
  | { readonly type: 'assigned' | 'ended' | 'closed' }
  | { readonly type: 'expired' }
  | { readonly type: 'customer-present' | 'agrees' }
  | { readonly type: 'superseded' }
  | { readonly type: 'not-reached'; readonly deadline: Instant };

/** Why an event is refused; the edges translate it into a status and a problem document. */
export interface Refusal {
  readonly code:
    | 'conversation-not-found'
    | 'conversation-ended'
    | 'too-many-connections'
    | 'assigned-to-other-agent'
    | 'not-assigned-to-you'
    | 'illegal-transition';
  readonly detail: string;
  readonly state?: ConversationState;
  readonly endReason?: EndReason;
}

export type Decision =
  | {
      readonly kind: 'changed';
      readonly outcome: Outcome;
      readonly conversation: Conversation;
      readonly entries: readonly TranscriptEntry[];
      readonly effects: readonly Effect[];
    }
  | { readonly kind: 'unchanged'; readonly outcome: Outcome; readonly effects: readonly Effect[] }
  /** Refused, but effects of the change it repeats are still due (the first try may have failed after its save). */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly effects: readonly Effect[] }
  /** Ask the service who is there and decide the same event again with `presence`. */
  | { readonly kind: 'presence-needed' };

/** What a decision depends on besides the conversation and the event. */
export interface DecisionContext {
  /** Time of receipt. */
  readonly now: Instant;
  readonly gracePeriod: Milliseconds;
}
