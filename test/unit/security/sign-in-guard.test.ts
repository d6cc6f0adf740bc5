import { KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, decodeJwt, type CryptoKey } from 'jose';
import { createSignIn } from '../../../shared/access/sign-in-guard';
import type { AccessWithSignIn } from '../../../shared/http/route';
import { startKeyAuthority, type KeyAuthority } from '../../support/key-authority';

const TENANT = '11111111-2222-3333-4444-555555555555';
const OTHER_TENANT = '99999999-2222-3333-4444-555555555555';
const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const ANNA = '66666666-7777-8888-9999-000000000000';
const [DESK_KEY, NEXT_DESK_KEY] = ['a-key-of-the-desk-0001', 'a-key-of-the-desk-0002'];
const OPERATOR_KEY = 'a-key-of-operators-0001';
const DESK = "the desk's backend, or a signed-in agent";

let entra: KeyAuthority;
let key: KeyObject;
let publicKeyText: string;
let otherKey: CryptoKey;
beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  key = KeyObject.from(pair.privateKey);
  publicKeyText = await exportSPKI(pair.publicKey);
  otherKey = (await generateKeyPair('RS256')).privateKey;
  entra = await startKeyAuthority();
  await entra.publish(pair.publicKey, 'key-1');
});
afterAll(() => entra.stop());

const HEADER = { alg: 'RS256', kid: 'key-1' };

/** A good token of an agent, in which something may be different. `exp` and `nbf` in seconds from now. */
function token(
  change: Record<string, unknown> = {},
  signedWith: CryptoKey | KeyObject | Uint8Array = key,
  header = HEADER,
) {
  const now = Math.floor(Date.now() / 1000);
  const { nbf = -60, exp = 3_600, ...claims } = change;
  const good = {
    ...{ oid: ANNA, name: 'Anna', preferred_username: 'anna@contoso.com', roles: ['Chat.Agent'] },
    ...{ iss: `${entra.url}/${TENANT}/v2.0`, aud: CLIENT, iat: now },
  };
  const times = { nbf: now + Number(nbf), exp: exp === 'never' ? undefined : now + Number(exp) };
  return new SignJWT({ ...good, ...times, ...claims }).setProtectedHeader(header).sign(signedWith);
}

const signIn = (authority = entra.url, audience = `api://${CLIENT}`) =>
  createSignIn({
    ...{ tenantId: TENANT, audience, authority },
    ...{ deskKeys: [DESK_KEY, NEXT_DESK_KEY], operatorKeys: [OPERATOR_KEY] },
  });
const request = (headers: Record<string, string>, query: Record<string, string> = {}) => ({
  headers: new Headers(headers),
  query: new URLSearchParams(query),
});
const withToken = async (bearer: string | Promise<string>, access: AccessWithSignIn = DESK, by = signIn()) =>
  by.callerOf(request({ authorization: `Bearer ${await bearer}` }), access);
const outcome = (called: Promise<unknown>) =>
  called.then(
    () => 'yes',
    (thrown: { status?: number; retryable?: boolean }) => thrown.status ?? (thrown.retryable ? 503 : thrown),
  );

describe('a token of Entra ID', () => {
  it('names the agent by its object id, and by its name [R151]', async () => {
    expect(await withToken(token())).toEqual({ agentId: ANNA, agentName: 'Anna', roles: ['agent'] });
  });

  it('says whether its holder is an operator, too [R261]', async () => {
    const roles = ['Chat.Agent', 'Chat.Operator'];
    expect(await withToken(token({ roles }))).toMatchObject({ roles: ['agent', 'operator'] });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['the user name, without a name', { name: undefined }, 'anna@contoso.com'],
    ['the user name, where the name cannot be shown', { name: 'An\nna' }, 'anna@contoso.com'],
    ['its object id, without either', { name: undefined, preferred_username: 7 }, ANNA],
    ['its object id, where both are too long', { name: 'x'.repeat(101), preferred_username: ' ' }, ANNA],
  ])('names the agent by %s', async (_what, change, agentName) => {
    expect(await withToken(token(change))).toEqual({ agentId: ANNA, agentName, roles: ['agent'] });
  });

  it.each<[string, Record<string, unknown>]>([
    ['version 2.0', {}],
    ['version 1.0', { iss: `https://sts.windows.net/${TENANT}/`, aud: `api://${CLIENT}` }],
  ])('is good in %s, however the registration is named in the settings', async (_version, change) => {
    const bearer = await token(change);
    for (const audience of [CLIENT, `api://${CLIENT}`]) {
      expect(await outcome(withToken(bearer, DESK, signIn(entra.url, audience)))).toBe('yes');
    }
  });

  it.each<[string, () => Promise<string>]>([
    ['for another audience', () => token({ aud: 'api://something-else' })],
    ['for another registration', () => token({ aud: `api://${OTHER_TENANT}` })],
    ['of another tenant', () => token({ iss: `${entra.url}/${OTHER_TENANT}/v2.0` })],
    ['of another tenant, version 1.0', () => token({ iss: `https://sts.windows.net/${OTHER_TENANT}/` })],
    ['of another issuer', () => token({ iss: `https://evil.example/${TENANT}/v2.0` })],
    ['that names nobody', () => token({ oid: undefined })],
    ['whose object id is no id', () => token({ oid: '../customer' })],
    ['whose object id is no text', () => token({ oid: [ANNA] })],
    ['that expired', () => token({ exp: -120 })],
    ['that never expires', () => token({ exp: 'never' })],
    ['that is not valid yet', () => token({ nbf: 300 })],
    ['signed with another key', () => token({}, otherKey)],
    ['that names an unknown key', () => token({}, otherKey, { ...HEADER, kid: 'key-2' })],
    ['signed with another algorithm of the same key', () => token({}, key, { ...HEADER, alg: 'PS256' })],
    [
      'signed with the public key as if it were a secret (HS256)',
      () => token({}, Buffer.from(publicKeyText), { ...HEADER, alg: 'HS256' }),
    ],
    ['that is not signed (alg none)', async () => new UnsecuredJWT(decodeJwt(await token())).encode()],
    ['that is none', async () => 'a.b.c'],
  ])('is refused %s [R151]', async (_what, make) => {
    const bearer = await make();
    const thrown = await withToken(bearer).catch((refused: unknown) => refused);
    expect(thrown).toMatchObject({ status: 401, code: 'not-authenticated' });
    expect(String(thrown)).not.toContain(bearer);
    expect((thrown as Error).cause).toBeUndefined();
  });

  it.each<[unknown, string | number, string | number]>([
    [['Chat.Agent'], 'yes', 403],
    [['Chat.Operator'], 'yes', 'yes'],
    [['Chat.Agent', 'Chat.Operator'], 'yes', 'yes'],
    [['chat.agent', 'Chat.Operators', 'constructor'], 403, 403],
    [[], 403, 403],
    [undefined, 403, 403],
    ['Chat.Operator', 403, 403],
    [[['Chat.Operator']], 403, 403],
  ])('with the roles %j gets an agent: %s, an operator: %s [R152]', async (roles, asAgent, asOperator) => {
    const bearer = await token({ roles });
    expect(await outcome(withToken(bearer))).toBe(asAgent);
    expect(await outcome(withToken(bearer, 'an operator'))).toBe(asOperator);
  });

  it.each(['fails', 'hangs'] as const)(
    'is to be sent again while the keys of the tenant cannot be read: the authority %s [R153]',
    async (mode) => {
      entra.mode = mode;
      try {
        expect(await outcome(withToken(token()))).toBe(503);
      } finally {
        entra.mode = 'well';
      }
      expect(await outcome(withToken(token()))).toBe('yes');
    },
    // The library gives an answer up after five seconds.
    20_000,
  );

  it('costs one look at the keys, not one each', async () => {
    const by = signIn();
    const bearer = await token();
    const before = entra.asked.length;
    await Promise.all([withToken(bearer, DESK, by), withToken(bearer, DESK, by)]);
    await withToken(bearer, 'an operator', by).catch(() => undefined);
    expect(entra.asked.length - before).toBe(1);
  });
});

describe('a key, where a token would do', () => {
  it.each<[string, string | number, string | number]>([
    [DESK_KEY, 'yes', 401],
    [NEXT_DESK_KEY, 'yes', 401],
    [OPERATOR_KEY, 'yes', 'yes'],
    [`${DESK_KEY} `, 'yes', 401],
    [`${DESK_KEY}x`, 401, 401],
    [`${DESK_KEY},${NEXT_DESK_KEY}`, 401, 401],
    [DESK_KEY.toUpperCase(), 401, 401],
    ['', 401, 401],
  ])('%j gets a desk: %s, an operator: %s [R155]', async (given, asDesk, asOperator) => {
    const by = request({ 'x-functions-key': given });
    expect(await outcome(signIn().callerOf(by, DESK))).toBe(asDesk);
    expect(await outcome(signIn().callerOf(by, 'an operator'))).toBe(asOperator);
  });

  it('names nobody, and may stand in the query', async () => {
    expect(await signIn().callerOf(request({}, { code: DESK_KEY }), DESK)).toBeUndefined();
  });

  it('goes before a token: a wrong one is not made good by it, and a good one needs none', async () => {
    const authorization = `Bearer ${await token()}`;
    const both = (given: string) => request({ authorization, 'x-functions-key': given });
    expect(await outcome(signIn().callerOf(both('wrong'), DESK))).toBe(401);
    expect(await signIn().callerOf(both(DESK_KEY), DESK)).toBeUndefined();
  });

  it('is none where none is configured', async () => {
    const issuer = { tenantId: TENANT, audience: CLIENT, authority: entra.url };
    const without = createSignIn({ ...issuer, deskKeys: [], operatorKeys: [] });
    for (const given of ['', 'undefined', DESK_KEY]) {
      expect(await outcome(without.callerOf(request({ 'x-functions-key': given }), DESK))).toBe(401);
    }
  });

  it('or a token has to be there', async () => {
    await expect(signIn().callerOf(request({}), 'an operator')).rejects.toMatchObject({
      status: 401,
      message: 'Authorization: Bearer <token> is missing.',
    });
  });
});
