import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { HOUR_IN_SECONDS, KEY, NOW, OLD_KEY, OTHER_KEY, tickets } from './ticket-samples';

const CUSTOMER = { role: 'customer', conversationId: 'conversation-0001' } as const;
const AGENT = { role: 'agent', agentId: 'ann', agentName: 'Ann Smith' } as const;

const read = (ticket: string, by = tickets()) =>
  by.callerOf(new Headers({ authorization: `Bearer ${ticket}` }));

/** A well-made ticket of an agent in which one thing is different. */
const forged = (
  change: { key?: string; issuer?: string; audience?: string; subject?: string; name?: unknown } = {},
) =>
  new SignJWT({ name: 'name' in change ? change.name : 'Ann Smith' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(change.issuer ?? 'chat-disconnect-detection')
    .setAudience(change.audience ?? 'conversation-api')
    .setSubject(change.subject ?? 'agent.ann')
    .setIssuedAt(NOW / 1000)
    .setExpirationTime(NOW / 1000 + HOUR_IN_SECONDS)
    .sign(createSecretKey(Buffer.from(change.key ?? KEY)));

describe('a ticket', () => {
  it.each([CUSTOMER, AGENT])('tells who holds it: %j', async (caller) => {
    const { ticket, expiresAt } = await tickets().issue(caller);
    expect(expiresAt).toBe(NOW + HOUR_IN_SECONDS * 1000);
    await expect(read(ticket)).resolves.toEqual(caller);
  });

  it('of an agent keeps a name in any language', async () => {
    const agent = { ...AGENT, agentName: 'Ærøskøbing 你好 👋' };
    await expect(read((await tickets().issue(agent)).ticket)).resolves.toEqual(agent);
  });

  it('is good until the second it expires', async () => {
    const { ticket } = await tickets().issue(CUSTOMER);
    const at = (seconds: number) => read(ticket, tickets({ now: NOW + seconds * 1000 }));
    await expect(at(HOUR_IN_SECONDS - 1)).resolves.toEqual(CUSTOMER);
    await expect(at(HOUR_IN_SECONDS)).rejects.toMatchObject({ status: 401 });
  });

  it('signed with the key of before is good, and new ones are signed with the new key', async () => {
    const before = await tickets({ keys: [OLD_KEY] }).issue(CUSTOMER);
    const rotated = tickets({ keys: [KEY, OLD_KEY] });
    await expect(read(before.ticket, rotated)).resolves.toEqual(CUSTOMER);
    const { ticket } = await rotated.issue(CUSTOMER);
    await expect(read(ticket, tickets({ keys: [KEY] }))).resolves.toEqual(CUSTOMER);
    await expect(read(ticket, tickets({ keys: [OLD_KEY] }))).rejects.toMatchObject({ status: 401 });
  });

  it('as this test makes them is good, so that the forged ones fail for their one difference', async () => {
    await expect(read(await forged())).resolves.toEqual(AGENT);
  });

  it.each<[string, () => string | Promise<string>]>([
    ['signed with another key', () => forged({ key: OTHER_KEY })],
    ['of another issuer', () => forged({ issuer: 'somebody-else' })],
    ['for another audience', () => forged({ audience: 'another-api' })],
    ['of a subject that negotiate never issues', () => forged({ subject: 'admin.root' })],
    ['of a subject with a path in it', () => forged({ subject: 'customer.../../x' })],
    ['of an agent without a name', () => forged({ name: undefined })],
    ['of an agent whose name is no text', () => forged({ name: { toString: 'Ann' } })],
    ['of an agent with an endless name', () => forged({ name: 'x'.repeat(101) })],
    [
      'that never expires',
      () =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'HS256' })
          .setIssuer('chat-disconnect-detection')
          .setAudience('conversation-api')
          .setSubject('customer.conversation-0001')
          .sign(createSecretKey(Buffer.from(KEY))),
    ],
    [
      'without a signature (alg none)',
      () =>
        new UnsecuredJWT({})
          .setIssuer('chat-disconnect-detection')
          .setAudience('conversation-api')
          .setSubject('customer.conversation-0001')
          .setExpirationTime('1h')
          .encode(),
    ],
    [
      'signed with another algorithm of the same key',
      () =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'HS512' })
          .setIssuer('chat-disconnect-detection')
          .setAudience('conversation-api')
          .setSubject('customer.conversation-0001')
          .setExpirationTime(NOW / 1000 + 60)
          .sign(createSecretKey(Buffer.from(KEY))),
    ],
    [
      'signed with a private key',
      () =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'RS256' })
          .setIssuer('chat-disconnect-detection')
          .setAudience('conversation-api')
          .setSubject('customer.conversation-0001')
          .setExpirationTime(NOW / 1000 + 60)
          .sign(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    ],
    [
      'changed after it was signed',
      async () => {
        const [head, , signature] = (await forged()).split('.');
        const payload = { sub: 'customer.conversation-0002', exp: 4_000_000_000 };
        return [head, Buffer.from(JSON.stringify(payload)).toString('base64url'), signature].join('.');
      },
    ],
  ])('%s is refused with 401', async (_what, make) => {
    const ticket = await make();
    const refused = await read(ticket).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ status: 401, code: 'not-authenticated' });
    expect(`${String(refused)} ${String((refused as Error).cause)}`).not.toContain(
      ticket.split('.')[2] || '∅',
    );
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer a.b',
    'Bearer a.b.c.d',
    'Bearer a.b.c extra',
    'Basic YTpi',
    'a.b.c',
  ])('is asked for when the header is %j', async (authorization) => {
    const headers = new Headers(authorization === undefined ? {} : { authorization });
    await expect(tickets().callerOf(headers)).rejects.toMatchObject({ status: 401 });
  });
});

describe('the id of a reconnect link', () => {
  const HOUR = HOUR_IN_SECONDS * 1000;

  it.each([
    ['a ticket, where the time limit is shorter', 0, HOUR],
    ['the time limit, where that is longer', 3 * HOUR, 3 * HOUR],
  ])('is good for as long as %s', async (_what, atLeast, length) => {
    const id = await tickets().issueReconnectId('conversation-0001', atLeast);
    const at = (now: number) => tickets({ now }).conversationOf(id);
    await expect(at(NOW + length - 1_000)).resolves.toBe('conversation-0001');
    await expect(at(NOW + length + 1_000)).resolves.toBeUndefined();
  });
});
