import { randomUUID } from 'node:crypto';
import type { ConversationState, EndReason, RequeueReason } from '../../shared/conversation/conversation';
import type { AgentAction } from '../../shared/conversation/inputs';
import type { Push } from '../../shared/conversation/notifications';
import type { ConversationView, CustomerProfile } from './api';
import { because, NotAsExpected } from './failures';
import { Agent } from './participants/agent';
import { SeparateTab } from './participants/separate-tab';
import type { Protocol } from './participants/socket';
import { LocalTab, type Tab } from './participants/tab';
import { until, within } from './waiting';
import type { World } from './world';

/** A step of a scenario, told while it happens. */
export interface Moment {
  readonly at: number;
  readonly scenario: string;
  readonly what: string;
  readonly state?: string | undefined;
  readonly notice?: string | undefined;
}

export type Tell = (moment: Moment) => void;

/** Seconds below which scenes fail that drop a client whose connection can be recovered. */
export const SHORTEST_PATIENCE_S = 60;
export const WAIT_FOR_A_LOSS =
  'a client of the reliable protocol may recover its connection for 30 s, and Web PubSub tells of its loss only then: ' +
  `give --patience at least ${SHORTEST_PATIENCE_S} s`;
const WAIT_FOR_AN_END =
  'when a timer is lost, reconciliation ends the conversation up to 90 s after its deadline: give --patience 90';

type ConnectionLost = Extract<Push, { type: 'connection-lost' }>;

/** What scenarios are made of: each method does one thing, waits until it has happened, checks and tells it. */
export class Stage {
  constructor(
    readonly world: World,
    private readonly scenario: string,
    private readonly tellMoment: Tell,
  ) {}

  tell(what: string, more: { state?: string | undefined; notice?: string | undefined } = {}): void {
    this.tellMoment({ at: Date.now(), scenario: this.scenario, what, ...more });
  }

  /** A customer opens the chat in a tab that can be killed. */
  async customerInOwnProcess(
    protocol: Protocol = 'reliable',
    more: Partial<CustomerProfile> = {},
  ): Promise<SeparateTab> {
    const { api } = this.world;
    const profile = { ...this.profile, ...more };
    const ticket = await this.ticketFor(profile);
    const tab = await SeparateTab.open(api.functionsUrl, { profile, protocol, ticket });
    return this.opened(tab);
  }

  /** A customer opens the chat. */
  async customer(protocol: Protocol = 'reliable', more: Partial<CustomerProfile> = {}): Promise<LocalTab> {
    const profile = { ...this.profile, ...more };
    const ticket = await this.ticketFor(profile);
    return this.opened(await LocalTab.open(this.world.api, { profile, protocol, ticket }));
  }

  /** Workstreams with policies of their own are for customers whom the site has signed in. */
  private async ticketFor(profile: CustomerProfile): Promise<string | undefined> {
    return profile.workstream === undefined ? undefined : (await this.world.api.signIn(profile)).ticket;
  }

  /** The agent sends the link, which only its customer gets. Returns it. */
  async linkSent(tab: Tab): Promise<URL> {
    const { agent, patienceMs } = this.world;
    const text = 'Should we be cut off: {ReconnectUrl}';
    await agent.say(tab.conversationId, text);
    const { text: told } = await tab.inbox.first('message', tab.conversationId, patienceMs);
    await this.agentReads(tab, text);
    this.tell(`agent writes "${text}"`);
    return new URL(told.slice(told.indexOf('https:')));
  }

  /** The customer opens the conversation once more: another tab, or the same one reloaded. */
  async anotherTab(first: Tab, protocol: Protocol = 'reliable'): Promise<LocalTab> {
    const { ticket } = first;
    const tab = await LocalTab.open(this.world.api, { profile: this.profile, protocol, ticket });
    this.world.tabs.push(tab);
    same("the ticket's conversation", first.conversationId, tab.conversationId);
    this.tell('customer opens the conversation again');
    return tab;
  }

  /** The customer follows the link that the agent has sent; nothing else of the first visit is left. */
  async byLink(first: Tab, reconnectId: string, protocol: Protocol = 'reliable'): Promise<LocalTab> {
    const tab = await LocalTab.open(this.world.api, { profile: this.profile, protocol, reconnectId });
    this.world.tabs.push(tab);
    same("the link's conversation", first.conversationId, tab.conversationId);
    this.tell('customer follows the reconnect link');
    return tab;
  }

  async capacityFree(agent: Agent): Promise<void> {
    const { patienceMs } = this.world;
    await until(
      'the capacity of the agent is free',
      patienceMs,
      async () => (await agent.unitsInUse()) === 0,
    );
  }

  async agentDoes(action: AgentAction, { conversationId }: Tab, body?: object): Promise<void> {
    const { state } = await this.world.agent.act(action, conversationId, body);
    this.tell(`agent: ${action}`, { state });
  }

  /** Another agent comes to the desk, for this scenario only. */
  async colleague(name: string): Promise<Agent> {
    const { api, guests } = this.world;
    const agent = await Agent.signIn(api, `e2e-${name.toLowerCase()}-${randomUUID().slice(0, 8)}`, name);
    guests.push(agent);
    this.tell(`${name} signs in`);
    return agent;
  }

  /** Waits until the agents are told that the conversation is in the queue again; the record must say the same. */
  async queuedAgain({ conversationId }: Tab, reason: RequeueReason): Promise<void> {
    const { agent, patienceMs } = this.world;
    const queued = await agent.inbox.first('conversation-queued', conversationId, patienceMs);
    same('reason of the return to the queue', reason, queued.reason);
    const { state, agent: assigned } = await this.view(conversationId);
    same('state in the queue', 'Open', state);
    same('agent in the queue', undefined, assigned?.id);
    this.tell(`agents told: in the queue again (${reason})`, { state });
  }

  /** The agent gives the customer more time. Returns the new deadline. */
  async waitExtended(tab: Tab, by: string): Promise<string> {
    const { agent, patienceMs } = this.world;
    await this.agentDoes('extend-wait', tab, { by });
    const { deadline } = await agent.inbox.first('wait-extended', tab.conversationId, patienceMs);
    same('deadline on record', deadline, (await this.view(tab.conversationId)).disconnection?.deadline);
    return deadline;
  }

  async customerSays(tab: Tab, text: string): Promise<void> {
    await tab.say(text);
    this.tell(`customer writes "${text}"`);
  }

  /** The agent writes, and the customer reads it in this tab. */
  async agentSays(tab: Tab, text: string): Promise<void> {
    const { agent, patienceMs } = this.world;
    await agent.say(tab.conversationId, text);
    await tab.inbox.first('message', tab.conversationId, patienceMs, (message) => message.text === text);
    this.tell(`agent writes "${text}"`);
  }

  /** The agent reads in its own socket what the customer wrote. */
  async agentReads({ conversationId }: Tab, text: string): Promise<void> {
    const { agent, patienceMs } = this.world;
    await agent.inbox.first('message', conversationId, patienceMs, (message) => message.text === text);
  }

  async kill(tab: SeparateTab): Promise<void> {
    await tab.kill();
    this.tell("customer's process is killed");
  }

  /** Waits until the agents are told that the customer is away; the record must name the same deadline. */
  async connectionLost({ conversationId }: Tab): Promise<ConnectionLost> {
    const { agent, patienceMs } = this.world;
    const lost = await because(
      WAIT_FOR_A_LOSS,
      agent.inbox.first('connection-lost', conversationId, patienceMs),
    );
    const { state, disconnection, connected } = await this.view(conversationId);
    same('deadline of the running disconnection', lost.deadline, disconnection?.deadline);
    same('connected', false, connected);
    const left = ((Date.parse(lost.deadline) - Date.now()) / 1000).toFixed(1);
    this.tell(`agents told: lost, ${left} s are left`, { state });
    return lost;
  }

  async customerBack({ conversationId }: Tab): Promise<void> {
    const { agent, patienceMs } = this.world;
    const { number } = await agent.inbox.first('customer-back', conversationId, patienceMs);
    const { state, disconnection, connected } = await this.view(conversationId);
    same('running disconnection', undefined, disconnection?.number);
    same('connected', true, connected);
    this.tell(`agents told: back (episode ${number} over)`, { state });
  }

  /** Waits until the agents are told the end; the record must say the same. */
  async ended(
    { conversationId }: Tab,
    reason: EndReason,
    { deadline, state = 'Closed' }: { deadline?: string; state?: ConversationState } = {},
  ): Promise<void> {
    const { agent, patienceMs } = this.world;
    const remaining = deadline === undefined ? 0 : Math.max(0, Date.parse(deadline) - Date.now());
    const push = await because(
      WAIT_FOR_AN_END,
      agent.inbox.first('conversation-ended', conversationId, remaining + patienceMs),
    );
    same('reason told to the agents', reason, push.reason);
    const { conversation, transcript } = await agent.read(conversationId);
    same('state told to the agents', state, push.state);
    same('state after the end', state, conversation.state);
    const notice = transcript.flatMap((entry) => (entry.kind === 'notice' ? [entry.trigger] : [])).join();
    this.tell('agents told: ended', { state: conversation.state, notice });
  }

  /** The customer is told the end, shown out, and kept out. */
  async customerShownOut(tab: LocalTab, reason: EndReason): Promise<void> {
    const { service, patienceMs } = this.world;
    const { conversationId } = tab;
    const told = await tab.inbox.first('conversation-ended', conversationId, patienceMs);
    same('reason told to the customer', reason, told.reason);
    if (service !== undefined) {
      await until("the customer's sockets are closed", patienceMs, async () => {
        return !(await service.userExists(`customer.${conversationId}`));
      });
    }
    const {
      status,
      code,
      reason: why,
    } = await within(patienceMs, tab.refused, () => {
      return new NotAsExpected('reconnection of the customer', 'a refusal by negotiate', 'none');
    });
    same('answer to the reconnection', `409 conversation-ended ${reason}`, `${status} ${code} ${why}`);
    this.tell('customer told, socket closed, return refused');
  }

  /** A URL for one more socket of the customer, issued now. */
  async socketUrl({ ticket }: Tab): Promise<string> {
    return (await this.world.api.negotiate(this.profile, { ticket })).url;
  }

  async view(conversationId: string): Promise<ConversationView> {
    return (await this.world.agent.read(conversationId)).conversation;
  }

  private async opened<T extends Tab>(tab: T): Promise<T> {
    const { agent, patienceMs, tabs, conversationIds } = this.world;
    tabs.push(tab);
    conversationIds.push(tab.conversationId);
    await agent.inbox.first('customer-connected', tab.conversationId, patienceMs);
    this.tell('customer opens the chat', { state: (await this.view(tab.conversationId)).state });
    return tab;
  }

  private get profile() {
    return { name: `Customer (${this.scenario})`, queue: 'e2e', locale: 'en' };
  }
}

/** @throws NotAsExpected */
export function same(what: string, expected: unknown, got: unknown): void {
  if (expected !== got) throw new NotAsExpected(what, String(expected), String(got));
}
