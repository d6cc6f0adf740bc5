/**
 * Identifiers and the names derived from them. A Web PubSub user id carries the identity of a socket, so every
 * event names its conversation or agent without any per-connection state.
 */

/** 8 to 64 of a-z, 0-9 and "-": legal as a table key, a group name, a user id and part of an instance id. */
export const CONVERSATION_ID = /^[a-z0-9](?:[a-z0-9-]{6,62})[a-z0-9]$/;

/** 1 to 64 of letters, digits, "_" and "-". */
export const AGENT_ID = /^[A-Za-z0-9_-]{1,64}$/;

export const isConversationId = (text: string): boolean => CONVERSATION_ID.test(text);
export const isAgentId = (text: string): boolean => AGENT_ID.test(text);

/** Who holds a socket, read from its Web PubSub user id. */
export type Participant =
  | { readonly role: 'customer'; readonly conversationId: string }
  | { readonly role: 'agent'; readonly agentId: string };

export const customerUserId = (conversationId: string): string => `customer.${conversationId}`;
export const agentUserId = (agentId: string): string => `agent.${agentId}`;

/** The participant behind a user id, or undefined when the id was not issued by `negotiate`. */
export function participantOf(userId: string): Participant | undefined {
  const dot = userId.indexOf('.');
  const [role, id] = [userId.slice(0, Math.max(dot, 0)), userId.slice(dot + 1)];
  if (role === 'customer' && isConversationId(id)) return { role, conversationId: id };
  if (role === 'agent' && isAgentId(id)) return { role, agentId: id };
  return undefined;
}

/** The Web PubSub group that holds every connection of one conversation's customer. */
export const customerGroup = (conversationId: string): string => `conversation.${conversationId}`;

/** The Web PubSub group that holds every connected agent. */
export const AGENTS_GROUP = 'agents';

/**
 * What a deadline is for. One orchestrator serves every kind. Each kind counts on its own: disconnections of the
 * customer, disconnections of the agent, assignments that are only offered, assignments whose capacity is given back,
 * automatic closures.
 */
export const DEADLINE_KINDS = [
  'disconnection',
  'agent-disconnection',
  'offer',
  'capacity-release',
  'auto-close',
] as const;
export type DeadlineKind = (typeof DEADLINE_KINDS)[number];

/**
 * Instance id of the timer of one numbered deadline: a second start of the same episode finds it and is a no-op.
 * At most 100 ASCII characters (the limit of Durable Task Scheduler).
 */
export const timerInstanceId = (conversationId: string, kind: DeadlineKind, number: number): string =>
  `${conversationId}.${kind}.${number}`;
