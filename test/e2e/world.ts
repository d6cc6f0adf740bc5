import { randomUUID } from 'node:crypto';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { Api, ApiError } from './api';
import { CannotRun, messageOf } from './failures';
import { Agent } from './participants/agent';
import type { Tab } from './participants/tab';

/** Control over the Functions host, where the run has it. */
export interface HostControl {
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface WorldOptions {
  readonly functionsUrl: string;
  readonly functionKey?: string | undefined;
  /** A connection string, or the https endpoint of a service that the signed-in identity may use; without it nobody asks the service. */
  readonly webPubSub?: string | undefined;
  /** How long anything may take beyond what the product promises: the service's own detection of a loss, mostly. */
  readonly patienceMs: number;
  readonly host?: HostControl | undefined;
  /** The settings are the run's own, and `writeOperatorsSettings` has written them. */
  readonly ownSettings?: boolean;
}

/** A running deployment, as scenarios use it: one agent for all of them, and the service itself as a witness. */
export interface World {
  readonly api: Api;
  readonly agent: Agent;
  /** Asked for what only the service knows: which sockets are open. */
  readonly service: WebPubSubServiceClient | undefined;
  readonly patienceMs: number;
  readonly host: HostControl | undefined;
  readonly ownSettings: boolean;
  /** What the run has opened and `leaveWorld` ends. */
  readonly tabs: Tab[];
  readonly guests: Agent[];
  readonly conversationIds: string[];
}

/** @throws CannotRun when an address, a key or the service does not fit, with what to do about it */
export async function enterWorld(options: WorldOptions): Promise<World> {
  const api = new Api(options.functionsUrl, options.functionKey);
  const isNotThisApp = `${options.functionsUrl} does not look like this app`;
  if (!(await orExplain(api.isHealthy(), isNotThisApp))) throw new CannotRun(isNotThisApp);
  const agentId = `e2e-${randomUUID().slice(0, 8)}`;
  const { url } = await orExplain(
    api.negotiateAgent(agentId, 'Ada'),
    'the function key was refused (--function-key takes the default key of the app)',
  );
  // One agent has all the conversations of the run.
  await api.setCapacity(agentId, 1_000);
  const { webPubSub } = options;
  const service = webPubSub === undefined ? undefined : await serviceBehind(new URL(url), webPubSub);
  return {
    api,
    agent: await Agent.signIn(api, agentId, 'Ada'),
    service,
    patienceMs: options.patienceMs,
    host: options.host,
    ownSettings: options.ownSettings ?? false,
    tabs: [],
    guests: [],
    conversationIds: [],
  };
}

/** Leaves no open conversation and no socket behind. */
export async function leaveWorld({ agent, guests, tabs, conversationIds }: World): Promise<void> {
  await Promise.all(conversationIds.map((id) => closeConversation(agent, id)));
  await Promise.all([agent, ...guests, ...tabs].map((participant) => participant.close()));
}

async function closeConversation(agent: Agent, id: string): Promise<void> {
  const steps = {
    Open: ['accept', 'end', 'close'],
    Active: ['accept', 'end', 'close'],
    Waiting: ['accept', 'end', 'close'],
    WrapUp: ['close'],
  } as const;
  try {
    const { state } = (await agent.read(id)).conversation;
    for (const step of state === 'Closed' ? [] : steps[state]) await agent.act(step, id);
  } catch {
    // The run's verdict stands; the deadline ends what could not be tidied up.
  }
}

async function orExplain<T>(answer: Promise<T>, explanation: string): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    const unauthorised = thrown.status === 401 || thrown.status === 403;
    throw new CannotRun(
      unauthorised || thrown.status === 404 ? `${explanation}: ${thrown.message}` : thrown.message,
    );
  }
}

/** Of whom it is run by, where there is no access key; few runs need it, and it takes long to load. */
async function signIn() {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}

/** The service the app hands its customers to; hub and host are read from a URL the app has issued. */
async function serviceBehind(clientUrl: URL, webPubSub: string): Promise<WebPubSubServiceClient> {
  const hub =
    /\/client\/hubs\/([^/]+)/.exec(clientUrl.pathname)?.[1] ?? clientUrl.searchParams.get('hub') ?? '';
  const isEndpoint = /^https:\/\//.test(webPubSub);
  let service: WebPubSubServiceClient;
  try {
    const allowInsecureConnection = /Endpoint=http:/i.test(webPubSub);
    service = isEndpoint
      ? new WebPubSubServiceClient(webPubSub, await signIn(), hub)
      : new WebPubSubServiceClient(webPubSub, hub, { allowInsecureConnection });
  } catch (thrown) {
    throw new CannotRun(`--web-pubsub cannot be used: ${messageOf(thrown)}`);
  }
  const named = new URL(service.endpoint).host;
  if (named !== clientUrl.host) {
    throw new CannotRun(
      `the app uses the Web PubSub service at ${clientUrl.host}, --web-pubsub names ${named}`,
    );
  }
  try {
    await service.userExists('nobody', { abortSignal: AbortSignal.timeout(30_000) });
  } catch (thrown) {
    const { statusCode, message } = thrown as { statusCode?: number; message: string };
    throw new CannotRun(`Web PubSub at ${named} refuses --web-pubsub: ${statusCode ?? message}`);
  }
  return service;
}
