import { createHmac, createSecretKey } from 'node:crypto';
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
import { type Instant, type Milliseconds, MINUTE, SECOND, occasions } from '../conversation/time';
import type { Sampler } from '../app/log';
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
   * Good for nothing but that, and as long as the first ticket of the conversation could be; undefined: that is over.
   */
  issueReconnectId(
    conversation: Pick<Conversation, 'id' | 'createdAt' | 'linkUse'>,
  ): Promise<string | undefined>;
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

    issueReconnectId: async ({ id, createdAt, linkUse }) => {
      if (createdAt + options.lifetimes.customer <= options.now()) return undefined;
      return sign({ uses: linkUse?.count ?? 0 }, customerUserId(id), RECONNECT_AUDIENCE, {
        from: createdAt,
        lifetime: options.lifetimes.customer,
      }).token;
    },

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

/** Callers that are remembered. Beyond them newcomers are counted as the crowd that they come from. */
const MOST_CALLERS = 10_000;
const MOST_CROWDS = 1_000;

interface Bucket {
  readonly tokens: number;
  readonly at: Instant;
  readonly capacity: number;
}

/**
 * A token bucket for each caller, in the memory of this instance of the app: `perMinute` at once, and as many again in
 * every minute. A caller that is an IPv6 network is counted in the wider networks around it as well. With n instances a
 * caller may get n times as much, and a restart forgives everybody. That is enough to keep one caller from taking an
 * instance away from the others; what must hold across instances is counted in the stored record instead
 * (docs/decisions/0015).
 */
export function createRateLimiter({ perMinute, now }: RateLimit): RateLimiter {
  const callers = new Map<string, Bucket>();
  const crowds = new Map<string, Bucket>();
  const emptied = new Map<typeof callers, Instant>();
  const tokensAt = ({ tokens, at, capacity }: Bucket, moment: Instant) =>
    Math.min(capacity, tokens + (Math.max(0, moment - at) * capacity) / MINUTE);
  /**
   * Whether so many more can be remembered. Prevents: a flood of newcomers pushes out a caller that is at its limit, and
   * so forgives it: only full buckets go, which say nothing that a new one would not.
   */
  const hasRoom = (buckets: typeof callers, most: number, more: number, at: Instant) => {
    if (buckets.size + more > most && Math.abs(at - (emptied.get(buckets) ?? -MINUTE)) >= SECOND) {
      emptied.set(buckets, at);
      for (const [name, one] of buckets) if (tokensAt(one, at) >= one.capacity) buckets.delete(name);
    }
    return buckets.size + more <= most;
  };
  return {
    take(caller) {
      if (perMinute === 0) return;
      const at = now();
      let buckets = callers;
      let counted = networksOf(caller).map((name, index) => ({ name, capacity: perMinute * WIDER[index]! }));
      const unknown = counted.filter(({ name }) => !callers.has(name));
      if (unknown.length > 0 && !hasRoom(callers, MOST_CALLERS, unknown.length, at)) {
        if (unknown.length < counted.length) {
          // Of a network that is known, a newcomer is counted as that network.
          counted = counted.filter(({ name }) => callers.has(name));
        } else {
          buckets = crowds;
          counted = [{ name: crowdOf(caller), capacity: perMinute * CROWD }];
          if (!crowds.has(counted[0]!.name) && !hasRoom(crowds, MOST_CROWDS, 1, at)) {
            throw new TooManyRequestsError(MINUTE / SECOND);
          }
        }
      }
      const levels = counted.map(({ name, capacity }) => {
        const before = buckets.get(name);
        return { name, capacity, before, tokens: before === undefined ? capacity : tokensAt(before, at) };
      });
      const waits = levels.map(({ tokens, capacity }) => ((1 - tokens) * MINUTE) / capacity);
      const wait = Math.max(...waits);
      for (const { name, capacity, before, tokens } of levels) {
        // What is refused costs nothing, neither here nor in the networks around, and nobody is remembered for it.
        if (wait > 0 && before === undefined) continue;
        buckets.set(name, { tokens: wait > 0 ? tokens : tokens - 1, at, capacity });
      }
      if (wait > 0) throw new TooManyRequestsError(Math.max(1, Math.ceil(wait / SECOND)));
    },
  };
}

/** How many times as much the networks around an IPv6 client may have: its /64, /56 and /48. */
const WIDER = [1, 2, 4];
/** And how many times as much all those of whom nothing more can be remembered, by where they come from. */
const CROWD = 16;

/** What a caller is counted as, the narrowest first: an IPv6 client as its /64, /56 and /48, everybody else as themselves. */
export function networksOf(caller: string): readonly string[] {
  const groups = /^([0-9a-f]{1,4}):([0-9a-f]{1,4}):([0-9a-f]{1,4}):([0-9a-f]{1,4})::\/64$/
    .exec(caller)
    ?.slice(1);
  if (groups === undefined) return [caller];
  const site = groups.slice(0, 3).join(':');
  const home = (Number.parseInt(groups[3]!, 16) & 0xff00).toString(16);
  return [caller, `${site}:${home}::/56`, `${site}::/48`];
}

/** The IPv4 /16 or IPv6 /32 of an address; all other callers are one crowd. */
const crowdOf = (caller: string): string =>
  /^(\d{1,3}\.\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(caller)?.[1] ??
  /^([0-9a-f]{1,4}:[0-9a-f]{1,4}):.*\/64$/.exec(caller)?.[1] ??
  'others';

/**
 * Bounds the sockets that are open at once from one client address, over all instances: each socket joins a group for
 * every network that it is counted in, and who is in a group is the service's own knowledge.
 */
export interface SocketBound {
  /**
   * Admits a handshake, or not. `networks`: its groups, the narrowest first. `returning`: the conversation was on record
   * when the socket URL was made; strangers at the same address must not cost its customer the return, so twice as many
   * of these are admitted.
   * @throws TooManyRequestsError
   */
  admit(networks: readonly string[], connectionId: string, returning: boolean): Promise<void>;
}

/** A socket that was admitted is in the service's list by then, or will never be. */
const LISTED_AFTER: Milliseconds = 10 * SECOND;

export function createSocketBound(options: {
  /** Sockets of one address, `SOCKETS_PER_ADDRESS`; 0 is no limit. */
  readonly perAddress: number;
  /** Ids of the sockets in a group, at most so many. */
  readonly listed: (group: string, most: number) => Promise<readonly string[]>;
  readonly now: () => Instant;
}): SocketBound {
  const { perAddress, listed, now } = options;
  interface Known {
    /** How many more are admitted before the service is asked again. */
    room: number;
    readonly recent: Map<string, Instant>;
    asking: Promise<void> | undefined;
    fullUntil: Instant;
  }
  const known = new Map<string, Known>();

  const ask = async (network: string, one: Known, bound: number) => {
    try {
      const ids = await listed(network, bound);
      for (const [id, at] of one.recent) if (Math.abs(now() - at) >= LISTED_AFTER) one.recent.delete(id);
      const present = new Set([...ids, ...one.recent.keys()]).size;
      // Half of what is free: other instances admit, too.
      one.room = Math.ceil(Math.max(0, bound - present) / 2);
    } catch {
      // Prevents: the service does not answer for a moment, and customers who have done nothing are turned away.
      one.room = Math.ceil(bound / 4);
    }
    if (one.room === 0) one.fullUntil = now() + LISTED_AFTER;
    one.asking = undefined;
  };

  const pass = async (network: string, bound: number, connectionId: string) => {
    const key = `${network} ${bound}`;
    const one: Known = known.get(key) ?? {
      room: Math.ceil(bound / 4),
      recent: new Map(),
      asking: undefined,
      fullUntil: 0,
    };
    // Taken out and put back, it is the newest. The count is the service's: who is forgotten is asked about again.
    known.delete(key);
    known.set(key, one);
    if (known.size > MOST_CALLERS) known.delete(known.keys().next().value!);
    while (one.room < 1) {
      const wait = one.fullUntil - now();
      // Prevents: the clock of the machine is set back, and who may open a socket is turned away for as much longer.
      if (wait > 0 && wait <= LISTED_AFTER) throw new TooManyRequestsError(Math.ceil(wait / SECOND));
      await (one.asking ??= ask(network, one, bound));
    }
    one.room -= 1;
    one.recent.set(connectionId, now());
  };

  return {
    async admit(networks, connectionId, returning) {
      if (perAddress === 0) return;
      for (const [index, network] of networks.entries()) {
        const bound = perAddress * (WIDER[index] ?? 1);
        await pass(network, returning ? bound * 2 : bound, connectionId);
      }
    },
  };
}

/** Begins the names of the groups that sockets are counted in. */
const NETWORK = 'network.';
/** The group of a socket whose conversation was on record when its URL was made. No socket joins it. */
const RETURNING = `${NETWORK}returning`;

/**
 * The groups that a socket URL names, in the token that the service signs: nobody can leave them out. Addresses are
 * personal data: a group is named by a digest under a signing key.
 */
export function socketGroupsOf(address: string, signingKey: string, returning: boolean): readonly string[] {
  const digest = (name: string) =>
    createHmac('sha256', signingKey).update(`network ${name}`).digest('base64url').slice(0, 22);
  return [
    ...networksOf(address).map((name) => `${NETWORK}${digest(name)}`),
    ...(returning ? [RETURNING] : []),
  ];
}

/** What the token of a socket says, by its groups. */
export function networksIn(groups: readonly string[]): {
  readonly networks: readonly string[];
  readonly returning: boolean;
} {
  const ours = groups.filter((group) => group.startsWith(NETWORK));
  const networks = ours.filter((group) => group !== RETURNING).slice(0, WIDER.length);
  return { networks, returning: ours.includes(RETURNING) };
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

/** Of a customer in a minute. A browser that is restored opens twenty; each costs ten times what a refusal does. */
const HANDSHAKES = 120;

/** Handshakes have a narrower limit of their own besides that of all requests: a socket that flaps is stopped by it early. */
export function limitedHandshakes(limits: ParticipantLimits, options: RateLimit): ParticipantLimits {
  const handshakes = createParticipantLimits({
    ...options,
    perMinute: Math.min(HANDSHAKES, options.perMinute),
  });
  return {
    take(participant) {
      handshakes.take(participant);
      limits.take(participant);
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

/** Lines a minute of one kind, of all kinds together, and of one kind whatever the others do; in one instance of the app. */
const LINES = { ofKind: 60, ofAll: 240, atLeast: 6 };

/**
 * Anybody may send requests that are refused, and every line of a log is paid for: beyond the workspace's daily cap even
 * alerts fall silent. A kind of line has a bucket of its own, so that those of one function, or those that visitors cause,
 * hide nothing of another; what all of them write is bounded as well. What is not written is counted: the answer is how
 * many of this kind have been left out since the last line, or undefined where this one is left out.
 */
export function createRefusalSampler(now: () => Instant): Sampler {
  const [ofKind, ofAll, atLeast] = [LINES.ofKind, LINES.ofAll, LINES.atLeast].map((perMinute) =>
    createRateLimiter({ perMinute, now }),
  ) as [RateLimiter, RateLimiter, RateLimiter];
  const leftOut = new Map<string, number>();
  return (kind) => {
    const isWritten = isAllowed(ofKind, kind) && (isAllowed(ofAll, 'all') || isAllowed(atLeast, kind));
    const before = leftOut.get(kind) ?? 0;
    leftOut.set(kind, isWritten ? 0 : before + 1);
    return isWritten ? before : undefined;
  };
}

function isAllowed(limiter: RateLimiter, caller: string): boolean {
  try {
    limiter.take(caller);
    return true;
  } catch (thrown) {
    if (thrown instanceof TooManyRequestsError) return false;
    throw thrown;
  }
}

/** One line in this time is enough to tell that something goes on. */
export const TOLD_EVERY: Milliseconds = 5 * MINUTE;
const CROWDS = 1_024;

/**
 * Where customers come from, as far as an alert needs it: a number for the IPv4 /16 or IPv6 /32 of the address, which says
 * nothing of anybody. Undefined while it has been given lately.
 */
export function createVisitorNumbers(
  signingKey: string,
  now: () => Instant,
): (visitor: string) => number | undefined {
  const isFirst = occasions(TOLD_EVERY, now);
  return (visitor) => {
    const digest = createHmac('sha256', signingKey)
      .update(`crowd ${crowdOf(visitor)}`)
      .digest();
    const number = digest.readUInt32BE() % CROWDS;
    return isFirst(`${number}`) ? number : undefined;
  };
}

/**
 * Where a request comes from, as far as the platform can tell: the last entry of `X-Forwarded-For` is the one that the
 * platform's front end has added, whatever the client has written before it. Of `trustedProxies` of the deployer's own
 * each has added one more. An IPv6 client is its /64, of which it has every address; one that is an IPv4 address in
 * another form is that address. Undefined where nothing says so.
 */
export function clientAddressOf(headers: HttpInput['headers'], trustedProxies: number): string | undefined {
  const entries = (headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim());
  const entry = entries[Math.max(0, entries.length - 1 - trustedProxies)] ?? '';
  const ipv4 = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/i.exec(entry)?.[1];
  if (ipv4 !== undefined) return ipv4;
  // With a zone (RFC 4007) and a port, either of which may be missing; without brackets a port is the ninth group.
  const ipv6 = /^\[?([0-9a-f:.]{2,45})(?:%[\w.~-]{1,64})?\]?(?::\d{1,5})?$/i.exec(entry)?.[1];
  return ipv6 === undefined ? undefined : networkOf(/^((?:[^:]*:){7}[^:]*):\d{1,5}$/.exec(ipv6)?.[1] ?? ipv6);
}

/** The first four of an IPv6 address's eight groups; the IPv4 address that it stands for. */
function networkOf(address: string): string | undefined {
  if (!URL.canParse(`http://[${address}]`)) return undefined;
  // The URL's parser writes every address in the same way.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail ?? '')];
  const prefix = all.slice(0, 6).join(':');
  if (prefix === '0:0:0:0:0:ffff' || prefix === '64:ff9b:0:0:0:0') {
    return all
      .slice(6)
      .map((group) => Number.parseInt(group, 16))
      .flatMap((both) => [both >> 8, both & 0xff])
      .join('.');
  }
  return `${all.slice(0, 4).join(':')}::/64`;
}
