import type { Channel } from '../conversation/conversation';
import { DEFAULT_TEXTS } from './default-texts';
import { renderTemplate } from './template';

/** Triggers of automated messages that apply to chat ("Configure automated messages", Dynamics 365 Omnichannel). */
export const AUTOMATED_MESSAGE_TRIGGERS = [
  /** The customer's connection was lost for longer than the grace period. */
  'customer-disconnected',
  /** The customer left explicitly. */
  'customer-ended-conversation',
  /** An agent was assigned, and has not accepted yet. */
  'agent-assigned',
  /** The agent accepted. */
  'agent-joined',
  /**
   * The agent who had accepted gave the conversation back to a queue, or closed the window of a persistent chat. Its text
   * must be true of both, so the defaults speak of no queue; a place in it is told by messages of its own.
   */
  'agent-left',
  /** The agent's connection was lost for longer than the agent's grace period. */
  'agent-disconnected',
  'agent-ended-conversation',
  /** The agent ended the conversation and closed it; or it was closed automatically while the customer waited. */
  'session-ended',
  /** First in the queue. */
  'customer-next-in-line',
  /** Second or later in the queue. */
  'customer-position-in-queue',
] as const;

export type AutomatedMessageTrigger = (typeof AUTOMATED_MESSAGE_TRIGGERS)[number];

/** Whom a message is for. The agents' view of a transcript shows every message, the customer's only its own. */
export type Recipient = 'agent' | 'customer';

/**
 * What an operator has changed about an automated message. Where `channel`, `channelInstance` or `locale` is absent,
 * it holds for all of them. An override without text only activates or deactivates.
 */
export interface MessageOverride {
  readonly trigger: AutomatedMessageTrigger;
  readonly channel?: Channel;
  /** The chat widget. */
  readonly channelInstance?: string;
  /** BCP 47 language tag. */
  readonly locale?: string;
  readonly text?: string;
  /** Deactivated: the state still moves, nothing is written. */
  readonly active: boolean;
}

const FOR_AGENTS: readonly AutomatedMessageTrigger[] = [
  'customer-disconnected',
  'customer-ended-conversation',
];

/** Whom the message of a trigger is for ("Preconfigured automated message triggers", Dynamics 365). */
export const recipientOf = (trigger: AutomatedMessageTrigger): Recipient =>
  FOR_AGENTS.includes(trigger) ? 'agent' : 'customer';

/** Where a message is to appear. */
export interface MessagePlace {
  readonly channel: Channel;
  readonly channelInstance: string;
  /** BCP 47 language tag. */
  readonly locale: string;
}

/** A message's place and what its text can speak of. */
export interface MessageScene extends MessagePlace {
  readonly agentName?: string;
  readonly queueName: string;
  readonly queuePosition?: number;
  readonly context: Readonly<Record<string, string>>;
}

/** Which text is in force, and why. */
export interface MessageInForce {
  readonly active: boolean;
  /** With its placeholders. */
  readonly text: string;
  /** The override whose text it is; absent where it is built in. */
  readonly textFrom?: MessageOverride;
}

/**
 * Which text is in force. Of the overrides that fit the place, the most specific one counts: one for the channel
 * instance before one for the channel before one for all; among those of a level the one for the exact locale, then for
 * its language (`de` for `de-AT`), then for all locales. It is asked for `active`, and the most specific one that has a
 * text for the text. Where none has, the built-in text of the language counts, or else the English one.
 */
export function messageInForce(
  overrides: readonly MessageOverride[],
  trigger: AutomatedMessageTrigger,
  place: MessagePlace,
): MessageInForce {
  const fitting = overrides
    .filter((override) => override.trigger === trigger && fits(override, place))
    .sort((one, other) => specificity(other, place) - specificity(one, place));
  const textFrom = fitting.find(({ text }) => text !== undefined);
  const language = languageOf(place.locale);
  const builtIn = Object.hasOwn(DEFAULT_TEXTS, language) ? DEFAULT_TEXTS[language] : undefined;
  return {
    active: fitting[0]?.active ?? true,
    text: textFrom?.text ?? (builtIn ?? DEFAULT_TEXTS.en)[trigger],
    ...(textFrom && { textFrom }),
  };
}

/** The message as it is written into the transcript; undefined when it is deactivated. */
export function automatedMessage(
  overrides: readonly MessageOverride[],
  trigger: AutomatedMessageTrigger,
  scene: MessageScene,
): { readonly recipient: Recipient; readonly text: string } | undefined {
  const { active, text } = messageInForce(overrides, trigger, scene);
  if (!active) return undefined;
  const { agentName, queueName, queuePosition, context } = scene;
  const slugs = {
    QueueName: queueName,
    ...(agentName !== undefined && { AgentName: agentName }),
    ...(queuePosition !== undefined && { QueuePosition: String(queuePosition) }),
  };
  return { recipient: recipientOf(trigger), text: renderTemplate(text, { slugs, context }) };
}

function fits({ channel, channelInstance, locale }: MessageOverride, place: MessagePlace): boolean {
  return (
    (channel === undefined || channel === place.channel) &&
    (channelInstance === undefined || channelInstance === place.channelInstance) &&
    (locale === undefined || isLocale(locale, place.locale) || isLocale(locale, languageOf(place.locale)))
  );
}

/** Larger is more specific; no two overrides of different identity that fit one place are equal. */
function specificity({ channel, channelInstance, locale }: MessageOverride, place: MessagePlace): number {
  const ofLocale = locale === undefined ? 0 : isLocale(locale, place.locale) ? 2 : 1;
  return (channelInstance === undefined ? 0 : 6) + (channel === undefined ? 0 : 3) + ofLocale;
}

const isLocale = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
const languageOf = (locale: string): string => (locale.split('-')[0] ?? '').toLowerCase();
