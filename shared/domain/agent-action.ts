import type { ConversationEvent } from './events';

/** What an agent can do to a conversation, by the event that it makes. The routes of the API end in these names. */
const ACTION_OF = {
  'agent-offered': 'offer',
  'agent-accepted': 'accept',
  'agent-declined': 'decline',
  'agent-released': 'release',
  'agent-transferred': 'transfer',
  'agent-ended': 'end',
  'agent-closed': 'close',
  'wait-extended': 'extend-wait',
  'wait-ended': 'end-wait',
} as const satisfies { readonly [type in ConversationEvent['type']]?: string };

export type AgentAction = (typeof ACTION_OF)[keyof typeof ACTION_OF];

export const AGENT_ACTIONS: readonly AgentAction[] = Object.values(ACTION_OF);

/** The action behind an event, where an agent asked for it. */
export const actionOf = ({ type }: Pick<ConversationEvent, 'type'>): AgentAction | undefined =>
  (ACTION_OF as { readonly [type in ConversationEvent['type']]?: AgentAction })[type];
