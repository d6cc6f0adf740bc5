import {
  automatedMessage,
  type AutomatedMessageTrigger,
  type Recipient,
  recipientOf,
} from '../automated-messages/automated-message';
import { type Conversation, type EndReason, LIMITS } from './conversation';
import type { DecisionContext } from './decision';
import type { Instant } from './time';

/** Who wrote an entry. */
export type Author =
  | { readonly role: 'customer'; readonly name: string }
  | { readonly role: 'agent'; readonly id: string; readonly name: string }
  | { readonly role: 'system' };

/** By which name customers know an agent. Of one whom the desk has not named the name is the id, which is not for them. */
export const publicName = ({ id, name }: { readonly id: string; readonly name: string }): string =>
  name === id ? 'Agent' : name;

/** The author as customers see it. */
export type CustomersAuthor =
  Exclude<Author, { role: 'agent' }> | { readonly role: 'agent'; readonly name: string };
export const authorForCustomers = (author: Author): CustomersAuthor =>
  author.role === 'agent' ? { role: 'agent', name: publicName(author) } : author;

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

/** The id of a message that has one of its sender's own; `digest` is that of its text. */
export const messageIdOf = (sentId: string, digest: string): string => `sent.${sentId}.${digest}`;

/** The sender's own id of a message. Where there is none, the message has that of its event, which is nobody's business. */
export const sentIdOf = (messageId: string): string | undefined =>
  /^sent\.([^.]+)\.[0-9a-f]{16}$/.exec(messageId)?.[1];

/** What stands in an agent's message for the link that only its customer gets ("automation dictionary", Dynamics 365). */
const LINK_SLUGS = ['{ReconnectUrl{ReconnectID}}', '{ReconnectUrl}'] as const;

export const namesLink = (text: string): boolean => LINK_SLUGS.some((slug) => text.includes(slug));

export const withLink = (text: string, url: string): string =>
  LINK_SLUGS.reduce((filled, slug) => filled.replaceAll(slug, () => url), text);

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

/** When an entry is written now: never before the one ahead of it, also when the clock was put back. */
export const entryTime = (
  { recentMessages, recentNotices }: Pick<Conversation, 'recentMessages' | 'recentNotices'>,
  now: Instant,
): Instant => Math.max(now, recentMessages.at(-1)?.at ?? now, recentNotices.at(-1)?.at ?? now);

/**
 * The conversation with an automated message in its transcript, or as it is when the message is deactivated: then the
 * state still moves, and nothing is written. The notice is pushed together with the push of the same `cause`.
 */
export function withNotice(
  conversation: Conversation,
  trigger: AutomatedMessageTrigger,
  cause: string,
  { now, messages }: DecisionContext,
  more: {
    readonly reason?: EndReason;
    readonly disconnectionNumber?: number;
    /** Who the message speaks of, if that is not the conversation's agent. Customers know nobody who has not accepted. */
    readonly agentName?: string;
    readonly queuePosition?: number;
  } = {},
): { conversation: Conversation; entries: readonly NoticeEntry[] } {
  const { channel, customer, agent } = conversation;
  const isKnown = recipientOf(trigger) === 'agent' || agent?.acceptedAt !== undefined;
  const { agentName = agent && isKnown ? publicName(agent) : undefined, queuePosition, ...facts } = more;
  const message = automatedMessage(messages, trigger, {
    channel,
    channelInstance: customer.channelInstance,
    locale: customer.locale,
    queueName: customer.queue,
    context: customer.context,
    agentName,
    queuePosition,
  });
  if (message === undefined) return { conversation, entries: [] };
  const sequence = conversation.lastSequence + 1;
  const notice = { sequence, at: entryTime(conversation, now), trigger, ...message };
  const recentNotices = [...conversation.recentNotices, { cause, ...notice }].slice(-LIMITS.recentNotices);
  return {
    conversation: { ...conversation, lastSequence: sequence, recentNotices },
    entries: [{ kind: 'notice', author: { role: 'system' }, ...notice, ...facts }],
  };
}
