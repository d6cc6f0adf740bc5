import { createSecretKey } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { agentUserId, customerUserId, participantOf, type Participant } from '../domain/ids';
import type { Instant, Milliseconds } from '../domain/time';
import { AccessDeniedError } from '../errors';
import type { HttpInput } from '../inbound/http';

/** Who calls the HTTP API: a customer of one conversation, or an agent with a name. */
export type Caller =
  | Extract<Participant, { role: 'customer' }>
  | (Extract<Participant, { role: 'agent' }> & { readonly agentName: string });

export interface Tickets {
  /** A signed, short-lived ticket for the caller. */
  issue(caller: Caller): Promise<{ ticket: string; expiresAt: Instant }>;
  /** Who holds the `Authorization: Bearer` ticket of a request. @throws AccessDeniedError 401 */
  callerOf(headers: HttpInput['headers']): Promise<Caller>;
}

const ISSUER = 'chat-disconnect-detection';
const AUDIENCE = 'conversation-api';
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

  return {
    async issue(caller) {
      const issuedAt = Math.floor(options.now() / 1000);
      const expires = issuedAt + Math.floor(options.lifetime / 1000);
      const subject =
        caller.role === 'customer' ? customerUserId(caller.conversationId) : agentUserId(caller.agentId);
      const ticket = await new SignJWT(caller.role === 'agent' ? { name: caller.agentName } : {})
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(subject)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expires)
        .sign(keys[0]!);
      return { ticket, expiresAt: expires * 1000 };
    },

    async callerOf(headers) {
      const authorization = headers.get('authorization') ?? '';
      const ticket = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
      if (ticket === undefined) throw new AccessDeniedError(401, 'Authorization: Bearer <ticket> is missing');
      for (const key of keys) {
        const payload = await verify(ticket, key, options.now());
        const caller = payload && callerFrom(payload);
        if (caller) return caller;
      }
      throw new AccessDeniedError(401, 'the ticket is not valid or has expired');
    },
  };
}

async function verify(ticket: string, key: ReturnType<typeof createSecretKey>, now: Instant) {
  try {
    const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['HS256'], currentDate: new Date(now) };
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
