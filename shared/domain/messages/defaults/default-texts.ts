import type { AutomatedMessageTrigger } from '../trigger';

/** The wording of every automated message in one language. */
export type DefaultTexts = Readonly<Record<AutomatedMessageTrigger, string>>;
