import type { ConversationState, EndReason } from './conversation';
import type { Author } from './transcript';

/**
 * What participants are told over their sockets. Every push of one cause has the same `id`, however often it is
 * sent, so a receiver can drop repetitions. Times are ISO 8601 UTC, lengths ISO 8601 durations.
 */
export type Push = { readonly id: string; readonly conversationId: string; readonly at: string } & PushBody;

export type PushBody =
  | { readonly type: 'conversation-opened'; readonly queue: string; readonly customerName: string }
  | { readonly type: 'customer-connected' }
  | {
      readonly type: 'connection-lost';
      readonly number: number;
      readonly since: string;
      readonly deadline: string;
    }
  | { readonly type: 'customer-back'; readonly number: number; readonly absentFor: string }
  | {
      readonly type: 'conversation-assigned';
      readonly agentId: string;
      readonly agentName: string;
      readonly accepted: boolean;
    }
  | { readonly type: 'message'; readonly sequence: number; readonly author: Author; readonly text: string }
  | { readonly type: 'conversation-ended'; readonly state: ConversationState; readonly reason: EndReason }
  | { readonly type: 'conversation-closed'; readonly reason: EndReason };

/** `customer`: all connections of the conversation's customer. `agents`: every connected agent. `agent`: one. */
export type Audience =
  | { readonly to: 'customer' }
  | { readonly to: 'agents' }
  | { readonly to: 'agent'; readonly agentId: string };
