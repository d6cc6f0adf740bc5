import { createSecretKey } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { AccessDeniedError } from '../app/errors';
import { agentUserId, customerUserId, participantOf } from '../conversation/ids';
import type { Instant, Milliseconds } from '../conversation/time';
import { bearerOf, type HttpInput } from '../http/request';
import type { Caller } from '../http/route';

export interface Tickets {
  /** A signed, short-lived ticket for the caller. */
  issue(caller: Caller): Promise<{ ticket: string; expiresAt: Instant }>;
  /** Who holds the `Authorization: Bearer` ticket of a request. @throws AccessDeniedError 401 */
  callerOf(headers: HttpInput['headers']): Promise<Caller>;
  /**
   * The id with which a customer who has nothing else finds back into a conversation. Good for nothing but that, and for as
   * long as a ticket, or as `atLeast` where that is longer.
   */
  issueReconnectId(conversationId: string, atLeast: Milliseconds): Promise<string>;
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
 * agent and nothing else. The first key signs; all are accepted, for rotation.
 */
export function createTickets(options: {
  readonly signingKeys: readonly [string, ...string[]];
  readonly lifetime: Milliseconds;
  readonly now: () => Instant;
}): Tickets {
  const [signingKey, ...olderKeys] = options.signingKeys;
  const keys = [signingKey, ...olderKeys].map((key) => createSecretKey(Buffer.from(key)));

  const sign = (
    claims: Record<string, string>,
    subject: string,
    audience: string,
    lifetime = options.lifetime,
  ) => {
    const issuedAt = Math.floor(options.now() / 1000);
    const expires = issuedAt + Math.floor(lifetime / 1000);
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
      const { token, expiresAt } = sign(claims, subject, AUDIENCE);
      return { ticket: await token, expiresAt };
    },

    async callerOf(headers) {
      const ticket = bearerOf(headers, 'ticket');
      const payload = await verified(ticket, AUDIENCE);
      const caller = payload && callerFrom(payload);
      if (caller) return caller;
      throw new AccessDeniedError(401, 'The ticket is not valid or has expired.');
    },

    issueReconnectId: (conversationId, atLeast) => {
      const lifetime = Math.max(options.lifetime, atLeast);
      return sign({}, customerUserId(conversationId), RECONNECT_AUDIENCE, lifetime).token;
    },

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
