import type { MessageOverride } from '../automated-messages/automated-message';
import type { PolicyTable } from '../policies/policy';
import type { Conversation, ConversationState, DeadlineKind, EndReason } from './conversation';
import type { AgentAction } from './inputs';
import type { Audience, Push } from './notifications';
import type { Instant } from './time';
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
      readonly because: 'customerReconnected' | 'conversationEnded' | 'deadlineObsolete';
    }
  | { readonly type: 'release-capacity'; readonly agentId: string; readonly assignment: number }
  | { readonly type: 'push'; readonly audience: Audience; readonly push: Push }
  | { readonly type: 'close-customer-connections' }
  | { readonly type: 'close-connection'; readonly connectionId: string };

/** What became of an input, in one word; the caller branches on this and on nothing else. */
export type Outcome =
  | { readonly type: 'created' | 'admitted' | 'connected' | 'connection-removed' | 'disconnection-began' }
  /** One too many: it is closed. */
  | { readonly type: 'connection-refused' }
  | {
      readonly type: 'ignored';
      readonly because: 'stale-connection' | 'repeated' | 'ended' | 'not-concerned';
    }
  | { readonly type: 'message-stored'; readonly sequence: number }
  | {
      readonly type:
        'assigned' | 'queued' | 'waiting' | 'ended' | 'closed' | 'wait-extended' | 'position-told';
    }
  | { readonly type: 'agent-disconnection-began' | 'agent-present' }
  | { readonly type: 'expired' | 'auto-closed' | 'capacity-released' | 'requeued' | 'closure-began' }
  | { readonly type: 'customer-present' | 'agrees' }
  | { readonly type: 'superseded' }
  /** Not yet, or not any more: the wait was made longer, see `Allowance`. */
  | { readonly type: 'not-reached'; readonly deadline: Instant };

/** Why an input is refused; the edges translate it into a status and a problem document. */
export interface Refusal {
  readonly code:
    | 'conversation-not-found'
    | 'conversation-ended'
    | 'too-many-connections'
    | 'too-many-messages'
    | 'conversation-full'
    | 'assigned-to-other-agent'
    | 'not-assigned-to-you'
    | 'illegal-transition'
    | 'agent-at-capacity'
    | 'customer-is-connected'
    | 'reconnect-disabled'
    | 'reconnect-link-used'
    | 'sign-in-required'
    | 'extension-too-long'
    /** The record of the conversation is full; found out at the save. */
    | 'conversation-too-large'
    /** The caller has asked for a version that is not the stored one; decided by the caller's loop. */
    | 'precondition-failed';
  readonly detail: string;
  readonly state?: ConversationState;
  /** What the agent asked for, where an agent did. */
  readonly action?: AgentAction;
  readonly endReason?: EndReason;
  /** What a customer can do whose conversation has ended. */
  readonly options?: readonly ReturnOption[];
  readonly redirectUrl?: string;
  /** Which conversation its customer can still read. */
  readonly conversationId?: string;
  /** Where the same thing is allowed later: in so many seconds. */
  readonly retryAfterSeconds?: number;
}

/** `redirect`: to the URL that is given with it. */
export type ReturnOption = 'new-conversation' | 'redirect';

/**
 * What a rule says of an input: the next state with its transcript entries, no change, a refusal, or a question. What
 * follows from it, and who is told, is none of its business: `decide` derives both.
 */
export type Ruling =
  | {
      readonly kind: 'changed';
      readonly outcome: Outcome;
      readonly conversation: Conversation;
      readonly entries?: readonly TranscriptEntry[];
    }
  | { readonly kind: 'unchanged'; readonly outcome: Outcome }
  /** `conversation`: what is remembered of it. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly conversation?: Conversation }
  | Question;

/**
 * Something the rule needs to know. Find out, and decide the same input again with the answer (`Answers`). `optional`: where
 * the service gives none, "nobody is there" will do, for the rule then only leaves the record as it is.
 */
export type Question =
  /** Ask the service who is there: `presence`. */
  | { readonly kind: 'presence-needed'; readonly optional?: true }
  /** Ask the service whether the agent is there: `agentPresent`. */
  | { readonly kind: 'agent-presence-needed'; readonly agentId: string; readonly optional?: true }
  /** Look for the message in the transcript: `stored`. */
  | { readonly kind: 'message-needed'; readonly by: string; readonly messageId: string }
  /** Take the units from the agent's capacity, if they are free: `capacity`. */
  | {
      readonly kind: 'capacity-needed';
      readonly agentId: string;
      readonly assignment: number;
      readonly units: number;
    };

/** A decision that is one: what to save, and what to do after the save. */
export type Decided =
  | {
      readonly kind: 'changed';
      readonly outcome: Outcome;
      readonly conversation: Conversation;
      readonly entries: readonly TranscriptEntry[];
      readonly effects: readonly Effect[];
    }
  | { readonly kind: 'unchanged'; readonly outcome: Outcome; readonly effects: readonly Effect[] }
  /** Refused, but effects of the change it repeats are still due (the first try may have failed after its save). */
  | {
      readonly kind: 'refused';
      readonly refusal: Refusal;
      readonly effects: readonly Effect[];
      /** Where something is remembered of it. */
      readonly conversation?: Conversation;
    };

export type Decision = Decided | Question;

/** What a decision depends on besides the conversation, the input and the answers. */
export interface DecisionContext {
  /** Time of receipt. */
  readonly now: Instant;
  /**
   * Since when the app, the storage and the socket service have worked without a failure, as far as the process that
   * decides has seen. Absent: as long as it matters.
   */
  readonly workingSince?: Instant;
  readonly policies: PolicyTable;
  /** What operators have changed about the automated messages. */
  readonly messages: readonly MessageOverride[];
}

/** The refusal of whatever asks for a conversation that does not exist. */
export const NOT_FOUND: Refusal = {
  code: 'conversation-not-found',
  detail: 'There is no such conversation.',
};

/** The refusal of whatever needs a conversation that goes on. */
export const endedRefusal = ({ state, end }: Conversation): Refusal => ({
  code: 'conversation-ended',
  detail: 'The conversation has ended.',
  state,
  ...(end && { endReason: end.reason, ...returnOptions(end) }),
});

/** The refusal of whatever needs a customer who is away. */
export const customerIsConnected = ({ state }: Conversation): Refusal => ({
  code: 'customer-is-connected',
  detail: 'The customer is connected: nobody is waited for.',
  state,
});

/** What a customer can do who comes back after the end. */
export function returnOptions({ redirectUrl }: NonNullable<Conversation['end']>): {
  readonly options: readonly ReturnOption[];
  readonly redirectUrl?: string;
} {
  return redirectUrl === undefined
    ? { options: ['new-conversation'] }
    : { options: ['redirect', 'new-conversation'], redirectUrl };
}

export const refusedAsEnded = (conversation: Conversation): Ruling => ({
  kind: 'refused',
  refusal: endedRefusal(conversation),
});

/** The customer comes back too late; the first time after an end for absence is remembered, for it says how much too late. */
export const knockedTooLate = (conversation: Conversation, { now }: DecisionContext): Ruling =>
  conversation.end?.reason === 'customer-disconnected' && conversation.knockedAt === undefined
    ? {
        kind: 'refused',
        refusal: endedRefusal(conversation),
        conversation: { ...conversation, knockedAt: now },
      }
    : refusedAsEnded(conversation);

/** The refusal of an action that the conversation's state does not allow. */
export const illegal = ({ state }: Conversation): Ruling => ({
  kind: 'refused',
  refusal: {
    code: 'illegal-transition',
    detail: `A conversation in state ${state} does not allow this.`,
    state,
  },
});

/** The refusal of what needs reconnection to a previous chat, where policy does not allow it. */
export const RECONNECT_DISABLED: Refusal = {
  code: 'reconnect-disabled',
  detail: 'Reconnection to a previous chat is off for this conversation.',
};

/** The refusal of a workstream that is not for everybody. */
export const SIGN_IN_REQUIRED: Refusal = {
  code: 'sign-in-required',
  detail: 'The workstream is for customers whom the site has signed in.',
};

export const assignedToOther = ({ state }: Conversation): Ruling => ({
  kind: 'refused',
  refusal: {
    code: 'assigned-to-other-agent',
    detail: 'The conversation is assigned to another agent.',
    state,
  },
});
