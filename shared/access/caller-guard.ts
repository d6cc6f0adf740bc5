import { createSecretKey } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { AccessDeniedError, TooManyRequestsError } from '../app/errors';
import {
  agentUserId,
  type Conversation,
  customerUserId,
  type Participant,
  participantOf,
} from '../conversation/conversation';
import { type Instant, type Milliseconds, MINUTE, SECOND } from '../conversation/time';
import { bearerOf, type Caller, type HttpInput } from '../http/route';

export interface Tickets {
  /** A signed ticket for the caller. `proved`: what it goes on from. */
  issue(caller: Caller, proved?: Proved): Promise<{ ticket: string; expiresAt: Instant }>;
  /** Who holds the `Authorization: Bearer` ticket of a request. @throws AccessDeniedError 401 */
  callerOf(headers: HttpInput['headers']): Promise<Caller>;
  /** The same, with what the ticket proves besides. @throws AccessDeniedError 401 */
  holderOf(headers: HttpInput['headers']): Promise<{ readonly caller: Caller; readonly proved: Proved }>;
  /**
   * The id with which a customer who has nothing else finds back into a conversation: always the same until one is used.
   * Good for nothing but that, and as long as the first ticket of the conversation could be.
   */
  issueReconnectId(conversation: Pick<Conversation, 'id' | 'createdAt' | 'linkUse'>): Promise<string>;
  /** What a reconnect id says; undefined when it is none, or too old. */
  linkOf(reconnectId: string): Promise<Link | undefined>;
  /** The proof, for a socket URL, that the site has signed the customer of the conversation in for this workstream. */
  issueSignIn(conversationId: string, workstream: string): Promise<string>;
  /** The workstream of such a proof; undefined when it is none for this conversation, or too old. */
  signedInFor(proof: string, conversationId: string): Promise<string | undefined>;
}

/** What a customer's ticket carries on to the next one. */
export interface Proved {
  /** The absolute end: no ticket that comes of this one is valid for longer. */
  readonly until?: Instant;
  /** The workstream for which the site has signed the customer in. */
  readonly workstream?: string | undefined;
}

export interface Link {
  readonly conversationId: string;
  /** How often links of the conversation had been used when it was given. */
  readonly uses: number;
  readonly until: Instant;
}

const ISSUER = 'chat-disconnect-detection';
const AUDIENCE = 'conversation-api';
/** A reconnect id is no ticket, and a ticket is no reconnect id. */
const RECONNECT_AUDIENCE = 'reconnect';
const SIGN_IN_AUDIENCE = 'sign-in';
/** A socket URL can be opened for ten minutes; the rest is for the way of its `connect`. */
const SIGN_IN_LIFETIME: Milliseconds = 15 * MINUTE;
const NAME = z.string().min(1).max(100);
const WORKSTREAM = z.string().min(1).max(64);
const USES = z.int().min(0);

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
    claims: Record<string, string | number | undefined>,
    subject: string,
    audience: string,
    validity: { readonly from?: Instant; readonly lifetime: Milliseconds; readonly until?: Instant },
  ) => {
    const { from = options.now(), lifetime, until = Number.POSITIVE_INFINITY } = validity;
    const issuedAt = Math.floor(from / 1000);
    const expires = Math.min(issuedAt + Math.floor(lifetime / 1000), Math.floor(until / 1000));
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

  const holderOf: Tickets['holderOf'] = async (headers) => {
    const ticket = bearerOf(headers, 'ticket');
    const payload = await verified(ticket, AUDIENCE);
    const caller = payload && callerFrom(payload);
    if (caller === undefined) throw new AccessDeniedError(401, 'The ticket is not valid or has expired.');
    const workstream = WORKSTREAM.optional().catch(undefined).parse(payload?.['workstream']);
    return { caller, proved: { until: expiryOf(payload), workstream } };
  };

  return {
    async issue(caller, { until, workstream } = {}) {
      const isAgent = caller.role === 'agent';
      const subject = isAgent ? agentUserId(caller.agentId) : customerUserId(caller.conversationId);
      const claims = isAgent ? { name: caller.agentName } : { workstream };
      const lifetime = options.lifetimes[caller.role];
      // Prevents: a ticket that somebody has found renews itself without end.
      const { token, expiresAt } = sign(claims, subject, AUDIENCE, { lifetime, ...(until && { until }) });
      return { ticket: await token, expiresAt };
    },

    holderOf,
    callerOf: async (headers) => (await holderOf(headers)).caller,

    issueReconnectId: ({ id, createdAt, linkUse }) =>
      sign({ uses: linkUse?.count ?? 0 }, customerUserId(id), RECONNECT_AUDIENCE, {
        from: createdAt,
        lifetime: options.lifetimes.customer,
      }).token,

    async linkOf(reconnectId) {
      const payload = await verified(reconnectId, RECONNECT_AUDIENCE);
      const participant = payload && participantOf(payload.sub ?? '');
      // Those of before had no count, and agents have seen them.
      const uses = USES.safeParse(payload?.['uses']);
      if (participant?.role !== 'customer' || !uses.success) return undefined;
      return { conversationId: participant.conversationId, uses: uses.data, until: expiryOf(payload) };
    },

    issueSignIn: (conversationId, workstream) =>
      sign({ workstream }, customerUserId(conversationId), SIGN_IN_AUDIENCE, { lifetime: SIGN_IN_LIFETIME })
        .token,

    async signedInFor(proof, conversationId) {
      const payload = await verified(proof, SIGN_IN_AUDIENCE);
      const workstream = WORKSTREAM.safeParse(payload?.['workstream']);
      return payload?.sub === customerUserId(conversationId) && workstream.success
        ? workstream.data
        : undefined;
    },
  };
}

const expiryOf = (payload: { readonly exp?: number } | undefined): Instant => (payload?.exp ?? 0) * 1000;

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
  async holderOf(headers) {
    const holder = await tickets.holderOf(headers);
    limits.take(holder.caller);
    return holder;
  },
  async linkOf(reconnectId) {
    const link = await tickets.linkOf(reconnectId);
    if (link !== undefined) limits.take({ role: 'customer', conversationId: link.conversationId });
    return link;
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
