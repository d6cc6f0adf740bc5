import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { HOUR_IN_SECONDS, KEY, NOW, OLD_KEY, OTHER_KEY, tickets } from './ticket-samples';

const CUSTOMER = { role: 'customer', conversationId: 'conversation-0001' } as const;
const AGENT = { role: 'agent', agentId: 'ann', agentName: 'Ann Smith' } as const;

const read = (ticket: string, by = tickets()) =>
  by.callerOf(new Headers({ authorization: `Bearer ${ticket}` }));

/** The claims of a well-made ticket of an agent, in which one thing may be different. */
const claimsOf = (change: object = {}) => ({
  name: 'Ann Smith',
  iss: 'chat-disconnect-detection',
  aud: 'conversation-api',
  sub: 'agent.ann',
  iat: NOW / 1000,
  exp: NOW / 1000 + HOUR_IN_SECONDS,
  ...change,
});
const secret = (key: string) => createSecretKey(Buffer.from(key));
const forged = (change: object = {}, key = secret(KEY), alg = 'HS256') =>
  new SignJWT(claimsOf(change)).setProtectedHeader({ alg }).sign(key);

describe('a ticket', () => {
  it.each([
    [CUSTOMER, 3],
    [AGENT, 1],
  ])('tells who holds it, and is good for as long as its kind is: %j', async (caller, hours) => {
    const { ticket, expiresAt } = await tickets().issue(caller);
    expect(expiresAt).toBe(NOW + hours * HOUR_IN_SECONDS * 1000);
    await expect(read(ticket)).resolves.toEqual(caller);
  });

  it('of an agent keeps a name in any language', async () => {
    const agent = { ...AGENT, agentName: 'Ærøskøbing 你好 👋' };
    await expect(read((await tickets().issue(agent)).ticket)).resolves.toEqual(agent);
  });

  it.each([
    [CUSTOMER, 3 * HOUR_IN_SECONDS],
    [AGENT, HOUR_IN_SECONDS],
  ])('is good until the second it expires: %j', async (caller, lifetime) => {
    const { ticket } = await tickets().issue(caller);
    const at = (seconds: number) => read(ticket, tickets({ now: NOW + seconds * 1000 }));
    await expect(at(lifetime - 1)).resolves.toEqual(caller);
    await expect(at(lifetime)).rejects.toMatchObject({ status: 401 });
  });

  it('signed with the key of before is good, and new ones are signed with the new key', async () => {
    const before = await tickets({ keys: [OLD_KEY] }).issue(CUSTOMER);
    const rotated = tickets({ keys: [KEY, OLD_KEY] });
    await expect(read(before.ticket, rotated)).resolves.toEqual(CUSTOMER);
    const { ticket } = await rotated.issue(CUSTOMER);
    await expect(read(ticket, tickets({ keys: [KEY] }))).resolves.toEqual(CUSTOMER);
    await expect(read(ticket, tickets({ keys: [OLD_KEY] }))).rejects.toMatchObject({ status: 401 });
  });

  it('that is forged without a difference is good', async () => {
    await expect(read(await forged())).resolves.toEqual(AGENT);
  });

  it.each<[string, () => string | Promise<string>]>([
    ['signed with another key', () => forged({}, secret(OTHER_KEY))],
    ['of another issuer', () => forged({ iss: 'somebody-else' })],
    ['for another audience', () => forged({ aud: 'another-api' })],
    ['of a subject that negotiate never issues', () => forged({ sub: 'admin.root' })],
    ['of a subject with a path in it', () => forged({ sub: 'customer.../../x' })],
    ['of an agent without a name', () => forged({ name: undefined })],
    ['of an agent whose name is no text', () => forged({ name: { toString: 'Ann' } })],
    ['of an agent with an endless name', () => forged({ name: 'x'.repeat(101) })],
    ['that never expires', () => forged({ exp: undefined })],
    ['without a signature (alg none)', () => new UnsecuredJWT(claimsOf()).encode()],
    ['signed with another algorithm of the same key', () => forged({}, secret(KEY), 'HS512')],
    [
      'signed with a private key',
      () => forged({}, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'RS256'),
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
    ...[undefined, '', 'Bearer', 'Bearer ', 'Bearer a.b', 'Bearer a.b.c.d', 'Basic YTpi', 'TOKEN'],
    ...['x Bearer TOKEN', 'Bearer TOKEN x', 'Bearer  TOKEN', 'Bearer TOKEN.more'],
  ])('is asked for when the header is %j', async (form) => {
    const authorization = form?.replace('TOKEN', await forged());
    const headers = new Headers(authorization === undefined ? {} : { authorization });
    const message =
      form === undefined
        ? 'Authorization: Bearer <ticket> is missing.'
        : 'Authorization must be "Bearer <ticket>".';
    await expect(tickets().callerOf(headers)).rejects.toMatchObject({ status: 401, message });
  });
});

describe('the id of a reconnect link', () => {
  const CONVERSATION = { id: 'conversation-0001', createdAt: NOW };
  const END = NOW + 3 * HOUR_IN_SECONDS * 1000;

  it("is good for as long as a customer's first ticket, whenever it is given [R143]", async () => {
    const later = NOW + HOUR_IN_SECONDS * 1000;
    const id = (await tickets({ now: later }).issueReconnectId(CONVERSATION)) ?? '';
    const at = (now: number) => tickets({ now }).linkOf(id);
    await expect(at(END - 1_000)).resolves.toEqual({ conversationId: CONVERSATION.id, uses: 0, until: END });
    await expect(at(END)).resolves.toBeUndefined();
    await expect(tickets({ now: END }).issueReconnectId(CONVERSATION)).resolves.toBeUndefined();
  });

  it('is the same until a link is used', async () => {
    const first = await tickets().issueReconnectId(CONVERSATION);
    expect(await tickets({ now: NOW + 5_000 }).issueReconnectId(CONVERSATION)).toBe(first);
    const linkUse = { count: 1, at: NOW };
    expect(await tickets().issueReconnectId({ ...CONVERSATION, linkUse })).not.toBe(first);
  });

  it('of a version without a count of uses opens nothing: agents have seen it', async () => {
    await expect(
      tickets().linkOf(await forged({ aud: 'reconnect', sub: 'customer.conversation-0001' })),
    ).resolves.toBeUndefined();
  });
});

describe('what a ticket carries on', () => {
  it('is the end of the first one, and the workstream for which the site has signed the customer in [R143]', async () => {
    const by = tickets();
    const first = await by.issue(CUSTOMER, { workstream: 'archive' });
    const later = tickets({ now: NOW + 2 * HOUR_IN_SECONDS * 1000 });
    const headers = (ticket: string) => new Headers({ authorization: `Bearer ${ticket}` });
    const { proved } = await later.holderOf(headers(first.ticket));
    expect(proved).toEqual({ until: first.expiresAt, workstream: 'archive' });
    const next = await later.issue(CUSTOMER, proved);
    expect(next.expiresAt).toBe(first.expiresAt);
    expect((await later.holderOf(headers(next.ticket))).proved).toEqual(proved);
  });
});

describe('the proof that the site has signed a customer in', () => {
  it('is good for one conversation and one workstream, for as long as a socket URL, and is no ticket [R144]', async () => {
    const proof = await tickets().issueSignIn('conversation-0001', 'archive');
    await expect(tickets().signedInFor(proof, 'conversation-0001')).resolves.toBe('archive');
    await expect(tickets().signedInFor(proof, 'conversation-0002')).resolves.toBeUndefined();
    const late = tickets({ now: NOW + 15 * 60_000 });
    await expect(late.signedInFor(proof, 'conversation-0001')).resolves.toBeUndefined();
    const { ticket } = await tickets().issue(CUSTOMER, { workstream: 'archive' });
    await expect(tickets().signedInFor(ticket, 'conversation-0001')).resolves.toBeUndefined();
    await expect(read(proof)).rejects.toMatchObject({ status: 401 });
  });
});
