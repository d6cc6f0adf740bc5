import type { Channel } from '../channel';
import type { AutomatedMessageTrigger } from './trigger';

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
