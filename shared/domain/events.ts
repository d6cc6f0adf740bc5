import type { CustomerProfile } from './conversation';
import type { DeadlineKind } from './ids';
import type { Instant } from './time';

/**
 * Everything that can happen to a conversation. `occurredAt` is the time the service gives, which may be wrong;
 * the time of receipt is the `now` of the decision.
 */
export type ConversationEvent =
  | { readonly type: 'connect'; readonly conversationId: string; readonly profile: CustomerProfile }
  | { readonly type: 'connected'; readonly connectionId: string; readonly occurredAt: Instant }
  | {
      readonly type: 'disconnected';
      readonly connectionId: string;
      readonly occurredAt: Instant;
      readonly presence?: Presence;
    }
  | {
      readonly type: 'customer-message';
      readonly connectionId: string;
      readonly messageId: string;
      readonly text: string;
    }
  | { readonly type: 'customer-left' }
  | {
      readonly type: 'agent-message';
      readonly agentId: string;
      readonly messageId: string;
      readonly text: string;
    }
  | { readonly type: 'agent-offered'; readonly agentId: string; readonly agentName: string }
  | { readonly type: 'agent-accepted'; readonly agentId: string; readonly agentName: string }
  | { readonly type: 'agent-ended'; readonly agentId: string }
  | { readonly type: 'agent-closed'; readonly agentId: string }
  | {
      readonly type: 'presence-checked';
      readonly presence?: Presence;
      /** The work list still shows the conversation as going on: if it has ended, perhaps nobody was told. */
      readonly endUntold?: true;
    }
  | {
      readonly type: 'deadline-reached';
      readonly kind: DeadlineKind;
      readonly number: number;
      readonly presence?: Presence;
    };

/**
 * What the service itself says about the customer's connections. A decision that needs it asks with
 * `presence-needed`; "no answer" never reaches the domain, it is a retryable failure of the caller.
 */
export type Presence =
  | { readonly alive: false }
  | { readonly alive: true; readonly connectionIds: readonly [string, ...string[]] };
