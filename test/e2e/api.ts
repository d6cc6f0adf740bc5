import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { CONVERSATION_WITH_TRANSCRIPT } from '../../shared/conversation/conversation-routes';
import type { AgentAction } from '../../shared/conversation/inputs';
import { CannotRun } from './failures';

/** What the API answers, by the types of the app itself: a change of the contract stops the compiler here. */
type Read = z.input<typeof CONVERSATION_WITH_TRANSCRIPT>;
export type ConversationView = Read['conversation'];
type Entry = Read['transcript'][number];
/** Of a message what a notice has is absent. */
export type TranscriptView = readonly (Entry &
  Partial<
    Extract<Entry, { kind: 'notice' }> extends infer N
      ? Omit<N, keyof Extract<Entry, { kind: 'message' }>>
      : never
  >)[];

export interface CustomerAccess {
  readonly conversationId: string;
  readonly url: string;
  readonly ticket: string;
}

export interface AgentAccess {
  readonly agentId: string;
  readonly url: string;
  readonly ticket: string;
}

export interface CustomerProfile {
  readonly name: string;
  readonly queue: string;
  readonly locale: string;
  readonly workstream?: string;
  readonly channelInstance?: string;
  readonly context?: Readonly<Record<string, string>>;
}

/** Long enough for a cold start, short enough that an address nobody answers at is noticed. */
const ANSWER_LIMIT_MS = 30_000;

/** An answer other than 2xx, with the members of its problem document that matter here. */
export class ApiError extends Error {
  constructor(
    request: string,
    readonly status: number,
    readonly code: string | undefined,
    readonly reason: string | undefined,
  ) {
    super(`${request} was answered ${[status, code, reason].filter(Boolean).join(' ')}`);
  }
}

/** The app's HTTP API as browsers and the agents' desk use it. */
export class Api {
  constructor(
    readonly functionsUrl: string,
    private readonly functionKey: string | undefined,
  ) {}

  /** Whether this app answers at the address, and not just anything. */
  async isHealthy(): Promise<boolean> {
    const answer = await this.call<{ status?: unknown }>('GET', '/api/health');
    return answer.status === 'ok';
  }

  negotiate(
    profile: CustomerProfile,
    { ticket, reconnectId }: { ticket?: string | undefined; reconnectId?: string | undefined } = {},
  ): Promise<CustomerAccess> {
    return this.call('POST', '/api/v1/negotiate', { ticket, body: { ...profile, reconnectId } });
  }

  /** What the site's backend does for a customer who may choose a workstream with policies of its own. */
  signIn(profile: CustomerProfile): Promise<CustomerAccess> {
    const body = { customerId: randomUUID(), ...profile };
    return this.call('POST', '/api/v1/customers/negotiate', { body, withFunctionKey: true });
  }

  negotiateAgent(agentId: string, name: string): Promise<AgentAccess> {
    return this.call('POST', '/api/v1/agents/negotiate', { body: { agentId, name }, withFunctionKey: true });
  }

  /** Sets the units of an agent. */
  setCapacity(agentId: string, capacityUnits: number): Promise<unknown> {
    return this.call('PUT', `/api/v1/agents/${agentId}/capacity`, {
      body: { capacityUnits },
      withFunctionKey: true,
    });
  }

  /** Writes settings that nobody has written before. */
  operate(setting: string, body: object): Promise<unknown> {
    return this.call('PUT', `/api/v1/${setting}`, { body, withFunctionKey: true, ifNoneMatch: '*' });
  }

  myCapacity(ticket: string): Promise<{ unitsInUse: number; totalUnits: number }> {
    return this.call('GET', '/api/v1/my-capacity', { ticket });
  }

  conversation(
    id: string,
    ticket: string,
  ): Promise<{ conversation: ConversationView; transcript: TranscriptView }> {
    return this.call('GET', `/api/v1/conversations/${id}`, { ticket });
  }

  act(
    action: AgentAction,
    id: string,
    ticket: string,
    body: object = {},
  ): Promise<{ conversation: ConversationView }> {
    return this.call('POST', `/api/v1/conversations/${id}/${action}`, { ticket, body });
  }

  private async call<T>(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    { ticket, body, withFunctionKey = false, ifNoneMatch }: CallOptions = {},
  ): Promise<T> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.functionsUrl}${path}`, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
          ...(ticket !== undefined && { authorization: `Bearer ${ticket}` }),
          ...(withFunctionKey && this.functionKey !== undefined && { 'x-functions-key': this.functionKey }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      });
      text = await response.text();
    } catch (thrown) {
      throw new CannotRun(`${method} ${this.functionsUrl}${path} got no answer: ${causeOf(thrown)}`);
    }
    const answer = parse(text);
    if (response.ok) return answer as T;
    const { code, reason } = answer as { code?: string; reason?: string };
    throw new ApiError(`${method} ${path}`, response.status, code, reason);
  }
}

interface CallOptions {
  readonly ticket?: string | undefined;
  readonly body?: object;
  readonly withFunctionKey?: boolean;
  readonly ifNoneMatch?: '*';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** `fetch` hides why it failed in the cause of its error, several addresses in the errors of that. */
function causeOf(thrown: unknown): string {
  const { cause, message } = thrown as Error;
  const { code, message: reason } = (cause ?? {}) as { code?: string; message?: string };
  return code ?? (reason || message);
}
