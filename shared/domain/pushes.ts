import type { CloseReason, ConversationState, EndReason, RequeueReason } from './conversation';
import type { ReturnOption } from './decision';
import type { AutomatedMessageTrigger } from './messages/trigger';
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
      readonly type: 'wait-extended';
      readonly number: number;
      readonly deadline: string;
      /** What agents have added in all. */
      readonly extendedBy: string;
    }
  | {
      readonly type: 'agent-connection-lost';
      readonly agentId: string;
      readonly number: number;
      readonly since: string;
      readonly deadline: string;
    }
  | {
      readonly type: 'agent-back';
      readonly agentId: string;
      readonly number: number;
      readonly absentFor: string;
    }
  | {
      readonly type: 'conversation-assigned';
      readonly agentId: string;
      readonly agentName: string;
      readonly accepted: boolean;
    }
  | { readonly type: 'conversation-queued'; readonly queue: string; readonly reason: RequeueReason }
  | { readonly type: 'conversation-waiting'; readonly agentId: string }
  | { readonly type: 'queue-position'; readonly queue: string; readonly position: number }
  | { readonly type: 'capacity-released'; readonly agentId: string; readonly units: number }
  | {
      readonly type: 'notice';
      readonly sequence: number;
      readonly trigger: AutomatedMessageTrigger;
      readonly text: string;
    }
  | { readonly type: 'message'; readonly sequence: number; readonly author: Author; readonly text: string }
  | {
      readonly type: 'conversation-ended';
      readonly state: ConversationState;
      readonly reason: EndReason;
      readonly options: readonly ReturnOption[];
      readonly redirectUrl?: string;
    }
  | {
      readonly type: 'conversation-closed';
      readonly reason: EndReason;
      readonly closeReason: CloseReason;
    };

/** `customer`: all connections of the conversation's customer. `agents`: every connected agent. `agent`: one. */
export type Audience =
  | { readonly to: 'customer' }
  | { readonly to: 'agents' }
  | { readonly to: 'agent'; readonly agentId: string };
