import type { AgentAccess, Api, ConversationView, TranscriptView } from '../api';
import type { AgentAction } from '../../../shared/conversation/inputs';
import { Inbox } from './inbox';
import { openSocket, urlsFrom, type Socket } from './socket';

/** An agent at the desk: one socket for every conversation, and the agents' part of the API. */
export class Agent {
  private constructor(
    private readonly api: Api,
    private readonly access: AgentAccess,
    private readonly name: string,
    readonly inbox: Inbox,
    private readonly socket: Socket,
  ) {}

  static async signIn(api: Api, agentId: string, name: string): Promise<Agent> {
    const access = await api.negotiateAgent(agentId, name);
    const inbox = new Inbox('agents');
    const nextUrl = urlsFrom(access.url, async () => (await api.negotiateAgent(agentId, name)).url);
    const socket = await openSocket(nextUrl, 'reliable', (data) => inbox.receive(data));
    return new Agent(api, access, name, inbox, socket);
  }

  read(conversationId: string): Promise<{ conversation: ConversationView; transcript: TranscriptView }> {
    return this.api.conversation(conversationId, this.access.ticket);
  }

  async act(action: AgentAction, conversationId: string, more: object = {}): Promise<ConversationView> {
    const { agentId, ticket } = this.access;
    const body = action === 'offer' ? { agentId, agentName: this.name } : more;
    return (await this.api.act(action, conversationId, ticket, body)).conversation;
  }

  /** Resolves when the service has the app's word that the message is stored. */
  async say(conversationId: string, text: string): Promise<void> {
    await this.socket.client.sendEvent('message', { conversationId, text }, 'json');
  }

  /** Units of the agent's capacity that conversations hold. */
  async unitsInUse(): Promise<number> {
    return (await this.api.myCapacity(this.access.ticket)).unitsInUse;
  }

  close(): Promise<void> {
    return this.socket.close();
  }
}
