import type { AutomatedMessageTrigger, Recipient } from '../automated-messages/automated-message';
import type { EndReason } from './conversation';
import type { Instant } from './time';

/** Who wrote an entry. */
export type Author =
  | { readonly role: 'customer'; readonly name: string }
  | { readonly role: 'agent'; readonly id: string; readonly name: string }
  | { readonly role: 'system' };

interface EntryBase {
  /** 1, 2, 3 … within the conversation, without gaps. */
  readonly sequence: number;
  readonly at: Instant;
  readonly author: Author;
  readonly text: string;
}

/** Something a participant wrote. `messageId` is the id of the event that brought it. */
export interface MessageEntry extends EntryBase {
  readonly kind: 'message';
  readonly messageId: string;
}

/** An automated message. The customer's view of the transcript leaves out what is for the agent. */
export interface NoticeEntry extends EntryBase {
  readonly kind: 'notice';
  readonly trigger: AutomatedMessageTrigger;
  readonly recipient: Recipient;
  /** Why the conversation ended, where the notice tells of its end. */
  readonly reason?: EndReason;
  readonly disconnectionNumber?: number;
}

export type TranscriptEntry = MessageEntry | NoticeEntry;
