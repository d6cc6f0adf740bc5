import type { Push as AppPush } from '../../../shared/conversation/notifications';

/**
 * What the console reads of the API's answers. The compiler compares it with the app's own schemas
 * (test/unit/console/contract.ts): a change of the contract stops there. Times are ISO 8601 UTC, lengths ISO 8601 durations.
 */
export type State = 'Open' | 'Active' | 'Waiting' | 'WrapUp' | 'Closed';
export type EndReason = 'customer-disconnected' | 'customer-ended' | 'agent-ended' | 'auto-closed';

export interface Absence {
  readonly number: number;
  readonly since: string;
  readonly deadline: string;
}

export interface WorkListItem {
  readonly conversationId: string;
  readonly channel: string;
  readonly state: State;
  readonly queue: string;
  readonly customerName: string;
  readonly agentId?: string | undefined;
  readonly accepted: boolean;
  readonly createdAt: string;
  readonly stateSince: string;
  readonly previousAgentId?: string | undefined;
  readonly disconnection?: Absence | undefined;
  readonly deadlines: readonly { readonly kind: string; readonly at: string }[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly continuationToken?: string | undefined;
}

export interface Conversation {
  readonly id: string;
  readonly channel: string;
  readonly state: State;
  readonly stateSince: string;
  readonly createdAt: string;
  readonly customer: {
    readonly name: string;
    readonly locale: string;
    readonly queue: string;
    readonly workstream: string;
    readonly channelInstance: string;
    readonly context: Readonly<Record<string, string>>;
  };
  readonly end?: { readonly at: string; readonly reason: EndReason } | undefined;
  readonly closedAt?: string | undefined;
  readonly closeReason?: string | undefined;
  readonly agent?:
    | {
        readonly id: string;
        readonly name: string;
        readonly accepted: boolean;
        readonly offerExpiresAt?: string | undefined;
      }
    | undefined;
  readonly device?: string | undefined;
  readonly connected?: boolean | undefined;
  readonly disconnections?: number | undefined;
  readonly disconnection?:
    | (Absence & {
        readonly reason: 'not-yet-connected' | 'connection-lost';
        readonly extendedBy?: string | undefined;
        readonly prolongedBy?: string | undefined;
      })
    | undefined;
  readonly lastDisconnection?:
    (Absence & { readonly reason: string; readonly outcome: string; readonly endedAt: string }) | undefined;
  readonly autoClosure?: { readonly deadline: string } | undefined;
}

export interface Author {
  readonly role: 'customer' | 'agent' | 'system';
  readonly name?: string | undefined;
  readonly id?: string | undefined;
}

export interface Entry {
  readonly sequence: number;
  readonly at: string;
  readonly kind: 'message' | 'notice';
  readonly author: Author;
  readonly text: string;
  readonly messageId?: string | undefined;
  readonly trigger?: string | undefined;
  readonly recipient?: 'agent' | 'customer' | undefined;
  readonly reason?: EndReason | undefined;
}

export interface ConversationView {
  readonly conversation: Conversation;
  readonly transcript: readonly Entry[];
  readonly unreadable?: readonly number[] | undefined;
  readonly nextAfter?: number | undefined;
  readonly etag: string;
}

export interface AgentAccess {
  readonly agentId: string;
  readonly url: string;
  readonly ticket: string;
  readonly ticketExpiresAt: string;
}

export interface AgentLoad {
  readonly totalUnits: number;
  readonly unitsInUse: number;
  readonly unitsFree: number;
}

/** An agent, as colleagues see one. */
export interface Colleague {
  readonly agentId: string;
  readonly name?: string | undefined;
  /** Whether the agent has an open socket. */
  readonly present: boolean;
  readonly totalUnits: number;
  readonly unitsFree: number;
}

export interface ClosedConversation {
  readonly conversationId: string;
  readonly closedAt: string;
  readonly reason: EndReason;
  readonly closeReason?: string | undefined;
  readonly agentId?: string | undefined;
  readonly queue: string;
  readonly workstream: string;
  readonly device: string;
  readonly createdAt: string;
  readonly endedAt: string;
}

export interface DeadLetter {
  readonly id: string;
  readonly conversationId: string;
  readonly kind: string;
  readonly row?: string | undefined;
  readonly code: string;
  readonly state: 'open' | 'resolved';
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly count: number;
}

export interface MessageOverride {
  readonly trigger: string;
  readonly channel?: string | undefined;
  readonly channelInstance?: string | undefined;
  readonly locale?: string | undefined;
  readonly text?: string | undefined;
  readonly active: boolean;
  readonly etag: string;
}

export interface MessageInForce {
  readonly trigger: string;
  readonly recipient: 'agent' | 'customer';
  readonly active: boolean;
  readonly text: string;
  readonly builtIn: boolean;
}

export interface AutomatedMessages {
  readonly inForce: readonly MessageInForce[];
  readonly overrides: readonly MessageOverride[];
  readonly unreadable: readonly string[];
}

/** A duration is ISO 8601. */
export type PolicyValue = string | number | boolean | null;

export interface PolicyRule {
  readonly id: string;
  readonly when: Readonly<Record<string, readonly string[] | undefined>>;
  readonly set: Readonly<Record<string, PolicyValue | undefined>>;
}

export interface PolicyDocument {
  readonly channels: Readonly<Record<string, string>>;
  readonly rules: readonly PolicyRule[];
}

export interface PolicyTable extends PolicyDocument {
  readonly unreadable?: string | undefined;
  readonly builtIn: readonly PolicyRule[];
  readonly base: Readonly<Record<string, PolicyValue | undefined>>;
  readonly etag?: string | undefined;
}

export interface Explanation {
  readonly name: string;
  readonly value: PolicyValue | undefined;
  readonly from: string;
  readonly considered: readonly { readonly rule: string; readonly because: string }[];
}

export interface PolicyExplanations {
  readonly grace: Explanation;
  readonly policies: readonly Explanation[];
}

/** What is pushed over an agent's socket. */
export type Push = AppPush;

/** The answer to an event that was refused. */
export interface Refused {
  readonly type: 'refused';
  readonly conversationId?: string;
  readonly messageId?: string;
  readonly code: string;
  readonly detail: string;
}
