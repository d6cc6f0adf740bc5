import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTickets } from '../../../shared/access/ticket-guard';
import { AccessDeniedError } from '../../../shared/app/errors';
import { isSignedWith } from '../../../shared/web-pubsub/webhook-routes';
import { anyText, RUNS } from './arbitraries';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');
const tickets = createTickets({ signingKeys: ['k'.repeat(32)], lifetime: 60_000, now: () => NOW });
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');

/** Things in the form of a JWT, and things that are not. */
const token = fc.oneof(
  anyText,
  fc.tuple(anyText, anyText, anyText).map((parts) => parts.join('.')),
  fc
    .tuple(
      fc.oneof(
        fc.record({ alg: fc.constantFrom('HS256', 'none', 'RS256', '__proto__'), crit: fc.jsonValue() }),
        fc.jsonValue(),
      ),
      fc.oneof(
        fc.record({ sub: fc.jsonValue(), exp: fc.jsonValue(), aud: fc.jsonValue(), iss: fc.jsonValue() }),
        fc.jsonValue(),
      ),
      fc.base64String(),
    )
    .map(([head, payload, signature]) =>
      [base64url(head), base64url(payload), signature.replaceAll(/[+/=]/g, '_')].join('.'),
    ),
);

describe('a ticket that was not issued here', () => {
  it('is refused with 401 and nothing else, whatever it is', async () => {
    const header = fc.oneof(
      token.map((text) => `Bearer ${text}`),
      anyText,
    );
    await fc.assert(
      fc.asyncProperty(header, async (authorization) => {
        const refused = await tickets
          .callerOf({ get: () => authorization })
          .catch((thrown: unknown) => thrown);
        expect(refused).toBeInstanceOf(AccessDeniedError);
        expect((refused as AccessDeniedError).status).toBe(401);
      }),
      RUNS,
    );
  });

  it('is refused when one character of a good one is changed', async () => {
    const { ticket } = await tickets.issue({ role: 'customer', conversationId: 'conversation-0001' });
    // The last character of a base64url part has bits that mean nothing: it is left alone.
    const places = [...ticket].flatMap((character, index) =>
      character === '.' || ticket[index + 1] === '.' || index === ticket.length - 1 ? [] : [index],
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.constantFrom('A', 'z', '_', '9'), async (at, other) => {
        fc.pre(ticket[at] !== other);
        const changed = `${ticket.slice(0, at)}${other}${ticket.slice(at + 1)}`;
        await expect(tickets.callerOf({ get: () => `Bearer ${changed}` })).rejects.toBeInstanceOf(
          AccessDeniedError,
        );
      }),
      RUNS,
    );
  });
});

describe('a signature that was not made here', () => {
  it('is never good, whatever it is', () => {
    fc.assert(
      fc.property(anyText, anyText, (connectionId, signature) => {
        expect(isSignedWith(['access-key'], connectionId, signature)).toBe(false);
      }),
      RUNS,
    );
  });
});
