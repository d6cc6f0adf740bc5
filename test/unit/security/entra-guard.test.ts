import { KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { entraGuard } from '../../../shared/web-pubsub/webhook-routes';
import { startKeyAuthority, type KeyAuthority } from '../../support/key-authority';

const TENANT = '11111111-2222-3333-4444-555555555555';
const OTHER_TENANT = '99999999-2222-3333-4444-555555555555';
const AUDIENCE = 'api://chat-webhook';
const SERVICE = '66666666-7777-8888-9999-000000000000';
const OPTIONS = { tenantId: TENANT, audience: AUDIENCE, callerObjectId: SERVICE };

let entra: KeyAuthority;
let authority: string;
/** A key object signs by any algorithm of its kind; a CryptoKey only by the one it was made for. */
let key: KeyObject;
let publicKeyText: string;
let otherKey: CryptoKey;

beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  key = KeyObject.from(pair.privateKey);
  publicKeyText = await exportSPKI(pair.publicKey);
  otherKey = (await generateKeyPair('RS256')).privateKey;
  entra = await startKeyAuthority();
  authority = entra.url;
  await entra.publish(pair.publicKey, 'key-1');
});

afterAll(() => entra.stop());

const HEADER = { alg: 'RS256', kid: 'key-1' };

/** A good token, in which something may be different. `iat`, `nbf` and `exp` in seconds from now. */
function token(
  change: Record<string, unknown> = {},
  signedWith: CryptoKey | KeyObject | Uint8Array = key,
  header = HEADER,
) {
  const now = Math.floor(Date.now() / 1000);
  const { nbf = -60, exp = 3_600, ...claims } = change;
  const good = { oid: SERVICE, iss: `${authority}/${TENANT}/v2.0`, aud: AUDIENCE, iat: now };
  const times = { nbf: now + Number(nbf), exp: exp === 'never' ? undefined : now + Number(exp) };
  return new SignJWT({ ...good, ...times, ...claims }).setProtectedHeader(header).sign(signedWith);
}

const guard = () => entraGuard({ ...OPTIONS, authority });
const headersOf = (bearer: string) => new Headers({ authorization: `Bearer ${bearer}` });
const pass = async (bearer: string) => guard()(headersOf(bearer));
const REFUSED = { status: 401 };

describe('the guard of a service without access keys', () => {
  it('lets a token of the tenant for the audience pass, in both forms of the issuer', async () => {
    await expect(pass(await token())).resolves.toBeUndefined();
    await expect(pass(await token({ iss: `https://sts.windows.net/${TENANT}/` }))).resolves.toBeUndefined();
    expect(entra.asked).toContain(`/${TENANT}/discovery/v2.0/keys`);
  });

  it('asks for the keys once, not at every event', async () => {
    const one = guard();
    const before = entra.asked.length;
    const headers = headersOf(await token());
    await Promise.all([one(headers), one(headers)]);
    await one(headers);
    expect(entra.asked.length - before).toBe(1);
  });

  it.each<[string, () => Promise<string>]>([
    ['for another audience', () => token({ aud: 'api://something-else' })],
    ['of another tenant', () => token({ iss: `${authority}/${OTHER_TENANT}/v2.0` })],
    ['of another tenant, old form', () => token({ iss: `https://sts.windows.net/${OTHER_TENANT}/` })],
    ['of another issuer', () => token({ iss: 'https://evil.example/v2.0' })],
    ['of another identity of the tenant', () => token({ oid: OTHER_TENANT })],
    ['that names no identity', () => token({ oid: undefined })],
    ['that expired', () => token({ exp: -120 })],
    ['that never expires', () => token({ exp: 'never' })],
    ['that is not valid yet', () => token({ nbf: 300 })],
    ['signed with another key', () => token({}, otherKey)],
    ['signed with another algorithm of the same key', () => token({}, key, { ...HEADER, alg: 'PS256' })],
    ['that names an unknown key', () => token({}, otherKey, { ...HEADER, kid: 'key-2' })],
    [
      'signed with the public key as if it were a secret (HS256)',
      () => token({}, Buffer.from(publicKeyText), { ...HEADER, alg: 'HS256' }),
    ],
    ['that is not signed (alg none)', async () => new UnsecuredJWT(decodeJwt(await token())).encode()],
    ['that is no token', async () => 'a.b.c'],
  ])('refuses a token %s', async (_what, make) => {
    const bearer = await make();
    const refused = await pass(bearer).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ status: 401, code: 'not-authenticated' });
    expect(String(refused)).toMatch(
      /bearer token is (not valid(: .+ the configured one.*)?|not that of the configured service)\.$|: Authorization must be "Bearer <token>"\.$/,
    );
    expect(String(refused)).not.toContain(bearer);
    expect((refused as Error).cause).toBeUndefined();
  });

  it.each(['exp', 'nbf'])(
    'allows for a minute between its clock and that of the authority, and no more: %s',
    async (claim) => {
      const off = (seconds: number) => token({ [claim]: claim === 'exp' ? -seconds : seconds });
      await expect(pass(await off(50))).resolves.toBeUndefined();
      await expect(pass(await off(70))).rejects.toMatchObject(REFUSED);
    },
  );

  it('takes the tokens of both keys while the authority changes from one to the other', async () => {
    const next = await generateKeyPair('RS256');
    await entra.publish(next.publicKey, 'key-next');
    const both = guard();
    const byTheNext = await token({}, next.privateKey, { ...HEADER, kid: 'key-next' });
    for (const bearer of [await token(), byTheNext])
      await expect(both(headersOf(bearer))).resolves.toBeUndefined();
    // Withdrawn, it is good for nothing in an app that has not read it.
    entra.published.pop();
    await expect(pass(byTheNext)).rejects.toMatchObject(REFUSED);
  });

  it('looks for a key that it does not know again after five seconds, and not at every event before', async () => {
    const next = await generateKeyPair('RS256');
    const rotating = guard();
    const passes = (bearer: string) => rotating(headersOf(bearer));
    await passes(await token());
    await entra.publish(next.publicKey, 'key-3');
    const bearer = await token({}, next.privateKey, { ...HEADER, kid: 'key-3' });
    const before = entra.asked.length;
    const readAt = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => readAt + 4_000);
    try {
      await expect(passes(bearer)).rejects.toMatchObject({ status: 401 });
      expect(entra.asked).toHaveLength(before);
      clock.mockImplementation(() => readAt + 5_000);
      await expect(passes(bearer)).resolves.toBeUndefined();
      expect(entra.asked).toHaveLength(before + 1);
    } finally {
      clock.mockRestore();
      entra.published.pop();
    }
  });

  it.each(['fails', 'hangs'] as const)(
    'fails, to be repeated, while the authority %s',
    async (mode) => {
      const bearer = await token();
      entra.mode = mode;
      try {
        await expect(pass(bearer)).rejects.toMatchObject({
          retryable: true,
          message: expect.stringContaining('read keys'),
        });
      } finally {
        entra.mode = 'well';
      }
      await expect(pass(bearer)).resolves.toBeUndefined();
    },
    // The library gives an answer up after five seconds.
    20_000,
  );

  it('fails, to be repeated, while the keys of the tenant cannot be read', async () => {
    const unreachable = 'http://127.0.0.1:1';
    const cutOff = entraGuard({ ...OPTIONS, authority: unreachable });
    const bearer = await token({ iss: `${unreachable}/${TENANT}/v2.0` });
    await expect(cutOff(headersOf(bearer))).rejects.toMatchObject({ retryable: true });
  });

  it.each([
    ...[undefined, '', 'Bearer', 'Basic YTpi'],
    ...['x Bearer TOKEN', 'Bearer TOKEN x', 'Bearer  TOKEN', 'Bearer TOKEN.more'],
  ])('asks for a token when the header is not that of one (%j)', async (form) => {
    const authorization = form?.replace('TOKEN', await token());
    const headers = new Headers(authorization === undefined ? {} : { authorization });
    const message =
      form === undefined
        ? 'Authorization: Bearer <token> is missing.'
        : 'Authorization must be "Bearer <token>".';
    await expect(guard()(headers)).rejects.toMatchObject({ ...REFUSED, message });
  });

  it('does not take a signature for a token', async () => {
    await expect(guard()(new Headers({ 'ce-signature': 'sha256=00' }))).rejects.toMatchObject(REFUSED);
  });
});
