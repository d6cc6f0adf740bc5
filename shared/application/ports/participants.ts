import type { Presence } from '../../domain/events';
import type { Audience, Push } from '../../domain/pushes';

/** The people on the other end of the sockets. Throws `DependencyError` when the service gives no answer. */
export interface Participants {
  /** Sends to every matching socket; reaching nobody is a success. */
  push(conversationId: string, audience: Audience, push: Push): Promise<void>;
  /** Closes every socket of the conversation's customer. */
  closeCustomerConnections(conversationId: string): Promise<void>;
  closeConnection(connectionId: string): Promise<void>;
  /** Asks the service which sockets of the customer are open. No answer is an error, never "absent". */
  presenceOf(conversationId: string): Promise<Presence>;
  /** Asks the service whether the agent has an open socket. No answer is an error, never "absent". */
  isAgentPresent(agentId: string): Promise<boolean>;
}
