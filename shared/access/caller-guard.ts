import { createSecretKey } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { AccessDeniedError, TooManyRequestsError } from '../app/errors';
import { agentUserId, customerUserId, type Participant, participantOf } from '../conversation/conversation';
import { type Instant, type Milliseconds, MINUTE, SECOND } from '../conversation/time';
import { bearerOf, type Caller, type HttpInput } from '../http/route';

export interface Tickets {
  /** A signed ticket for the caller. */
  issue(caller: Caller): Promise<{ ticket: string; expiresAt: Instant }>;
  /** Who holds the `Authorization: Bearer` ticket of a request. @throws AccessDeniedError 401 */
  callerOf(headers: HttpInput['headers']): Promise<Caller>;
  /**
   * The id with which a customer who has nothing else finds back into a conversation. Good for nothing but that, and for as
   * long as a customer's ticket.
   */
  issueReconnectId(conversationId: string): Promise<string>;
  /** The conversation of a reconnect id; undefined when it is none, or too old. */
  conversationOf(reconnectId: string): Promise<string | undefined>;
}

const ISSUER = 'chat-disconnect-detection';
const AUDIENCE = 'conversation-api';
/** A reconnect id is no ticket, and a ticket is no reconnect id. */
const RECONNECT_AUDIENCE = 'reconnect';
const NAME = z.string().min(1).max(100);

/**
 * Tickets are JWTs (HS256) with the participant's user id as subject, so one is good for one conversation or one
 * agent and nothing else. The first key signs; all are accepted, for rotation. The end of the conversation revokes a
 * customer's, which is why it can be longer than every wait.
 */
export function createTickets(options: {
  readonly signingKeys: readonly [string, ...string[]];
  readonly lifetimes: Readonly<Record<Caller['role'], Milliseconds>>;
  readonly now: () => Instant;
}): Tickets {
  const [signingKey, ...olderKeys] = options.signingKeys;
  const keys = [signingKey, ...olderKeys].map((key) => createSecretKey(Buffer.from(key)));

  const sign = (
    claims: Record<string, string>,
    subject: string,
    audience: string,
    holder: Caller['role'],
  ) => {
    const issuedAt = Math.floor(options.now() / 1000);
    const expires = issuedAt + Math.floor(options.lifetimes[holder] / 1000);
    const token = new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setSubject(subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expires)
      .sign(keys[0]!);
    return { token, expiresAt: expires * 1000 };
  };
  const verified = async (token: string, audience: string) => {
    for (const key of keys) {
      const payload = await verify(token, key, audience, options.now());
      if (payload) return payload;
    }
    return undefined;
  };

  return {
    async issue(caller) {
      const subject =
        caller.role === 'customer' ? customerUserId(caller.conversationId) : agentUserId(caller.agentId);
      const claims: Record<string, string> = caller.role === 'agent' ? { name: caller.agentName } : {};
      const { token, expiresAt } = sign(claims, subject, AUDIENCE, caller.role);
      return { ticket: await token, expiresAt };
    },

    async callerOf(headers) {
      const ticket = bearerOf(headers, 'ticket');
      const payload = await verified(ticket, AUDIENCE);
      const caller = payload && callerFrom(payload);
      if (caller) return caller;
      throw new AccessDeniedError(401, 'The ticket is not valid or has expired.');
    },

    issueReconnectId: (conversationId) =>
      sign({}, customerUserId(conversationId), RECONNECT_AUDIENCE, 'customer').token,

    async conversationOf(reconnectId) {
      const payload = await verified(reconnectId, RECONNECT_AUDIENCE);
      const participant = payload && participantOf(payload.sub ?? '');
      return participant?.role === 'customer' ? participant.conversationId : undefined;
    },
  };
}

async function verify(
  ticket: string,
  key: ReturnType<typeof createSecretKey>,
  audience: string,
  now: Instant,
) {
  try {
    const options = { issuer: ISSUER, audience, algorithms: ['HS256'], currentDate: new Date(now) };
    return (await jwtVerify(ticket, key, { ...options, requiredClaims: ['exp', 'sub'] })).payload;
  } catch {
    return undefined;
  }
}

function callerFrom(payload: { sub?: string; name?: unknown }): Caller | undefined {
  const participant = participantOf(payload.sub ?? '');
  if (participant?.role !== 'agent') return participant;
  const name = NAME.safeParse(payload.name);
  return name.success ? { ...participant, agentName: name.data } : undefined;
}

export interface RateLimiter {
  /** Counts one request of this caller. @throws TooManyRequestsError */
  take(caller: string): void;
}

interface RateLimit {
  /** 0 is no limit. */
  readonly perMinute: number;
  readonly now: () => Instant;
}

/** Callers that are remembered; whoever has been quiet for longest is forgotten first. */
const MOST_CALLERS = 10_000;

/**
 * A token bucket for each caller, in the memory of this instance of the app: `perMinute` at once, and as many again in
 * every minute. With n instances a caller may get n times as much, and a restart forgives everybody. That
 * is enough to keep one caller from taking an instance away from the others; what must hold across instances is counted
 * in the stored record instead (docs/decisions/0015).
 */
export function createRateLimiter({ perMinute, now }: RateLimit): RateLimiter {
  const buckets = new Map<string, { readonly tokens: number; readonly at: Instant }>();
  const refill = perMinute / MINUTE;
  return {
    take(caller) {
      if (perMinute === 0) return;
      const at = now();
      const before = buckets.get(caller);
      const elapsed = before === undefined ? 0 : Math.max(0, at - before.at);
      const tokens = Math.min(perMinute, (before?.tokens ?? perMinute) + elapsed * refill);
      const isAllowed = tokens >= 1;
      // Taken out and put back, it is the newest: a map keeps the order of insertion.
      buckets.delete(caller);
      buckets.set(caller, { tokens: isAllowed ? tokens - 1 : tokens, at });
      for (const quietest of buckets.keys()) {
        if (buckets.size <= MOST_CALLERS) break;
        buckets.delete(quietest);
      }
      if (!isAllowed) throw new TooManyRequestsError(Math.ceil((1 - tokens) / refill / SECOND));
    },
  };
}

/** Counts what a known participant asks for. */
export interface ParticipantLimits {
  /** @throws TooManyRequestsError */
  take(participant: Participant): void;
}

/** A desk looks after many conversations at once. */
const AGENTS_FACTOR = 10;

/**
 * Requests per minute with one ticket, and handshakes with one socket URL: of a customer, and ten times as many of an
 * agent. In the memory of this instance, see `createRateLimiter`.
 */
export function createParticipantLimits(options: RateLimit): ParticipantLimits {
  const customers = createRateLimiter(options);
  const agents = createRateLimiter({ ...options, perMinute: options.perMinute * AGENTS_FACTOR });
  return {
    take(participant) {
      if (participant.role === 'customer') customers.take(customerUserId(participant.conversationId));
      else agents.take(agentUserId(participant.agentId));
    },
  };
}

/** The tickets, each of which is good for so many requests in a minute only. Proof comes first, so nobody can use up another's. */
export const limitedTickets = (tickets: Tickets, limits: ParticipantLimits): Tickets => ({
  ...tickets,
  async callerOf(headers) {
    const caller = await tickets.callerOf(headers);
    limits.take(caller);
    return caller;
  },
  async conversationOf(reconnectId) {
    const conversationId = await tickets.conversationOf(reconnectId);
    if (conversationId !== undefined) limits.take({ role: 'customer', conversationId });
    return conversationId;
  },
});

/** Lines a minute, in one instance of the app. Enough to see what is going on; a flood costs no more than this. */
const LINES_PER_MINUTE = 60;

/**
 * Anybody may send requests that are refused, and every line of a log is paid for: beyond the workspace's daily cap even
 * alerts fall silent. What is not written is counted: the answer is how many have been left out since the last line, or
 * undefined where this one is left out.
 */
export function createRefusalSampler(now: () => Instant): () => number | undefined {
  const lines = createRateLimiter({ perMinute: LINES_PER_MINUTE, now });
  let leftOut = 0;
  return () => {
    try {
      lines.take('refusals');
    } catch (thrown) {
      if (!(thrown instanceof TooManyRequestsError)) throw thrown;
      leftOut += 1;
      return undefined;
    }
    const since = leftOut;
    leftOut = 0;
    return since;
  };
}

/**
 * Where a request comes from, as far as the platform can tell: the last entry of `X-Forwarded-For` is the one that the
 * platform's front end has added, whatever the client has written before it. Of `trustedProxies` of the deployer's own
 * each has added one more. An IPv6 client is its /64, of which it has every address. Undefined where nothing says so.
 */
export function clientAddressOf(headers: HttpInput['headers'], trustedProxies: number): string | undefined {
  const entries = (headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim());
  const entry = entries[Math.max(0, entries.length - 1 - trustedProxies)] ?? '';
  const ipv4 = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/i.exec(entry)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const ipv6 = /^\[?([0-9a-f:.]{2,45})\]?(?::\d{1,5})?$/i.exec(entry)?.[1];
  return ipv6 === undefined ? undefined : networkOf(ipv6);
}

/** The first four of an IPv6 address's eight groups. */
function networkOf(address: string): string | undefined {
  if (!URL.canParse(`http://[${address}]`)) return undefined;
  // The URL's parser writes every address in the same way.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail ?? '')];
  return `${all.slice(0, 4).join(':')}::/64`;
}
