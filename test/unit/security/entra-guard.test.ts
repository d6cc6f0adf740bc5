import { KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
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

interface Token {
  readonly claims?: Record<string, string>;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: string;
  readonly notBefore?: string;
  readonly key?: CryptoKey | KeyObject | Uint8Array;
  readonly header?: { alg: string; kid?: string };
}

const token = (change: Token = {}) =>
  new SignJWT(change.claims ?? { oid: SERVICE })
    .setProtectedHeader(change.header ?? { alg: 'RS256', kid: 'key-1' })
    .setIssuer(change.issuer ?? `${authority}/${TENANT}/v2.0`)
    .setAudience(change.audience ?? AUDIENCE)
    .setIssuedAt()
    .setNotBefore(change.notBefore ?? '-1m')
    .setExpirationTime(change.expires ?? '1h')
    .sign(change.key ?? key);

const guard = () => entraGuard({ ...OPTIONS, authority });
const pass = async (bearer: string) => guard()(new Headers({ authorization: `Bearer ${bearer}` }));

describe('the guard of a service without access keys', () => {
  it('lets a token of the tenant for the audience pass, in both forms of the issuer', async () => {
    await expect(pass(await token())).resolves.toBeUndefined();
    await expect(
      pass(await token({ issuer: `https://sts.windows.net/${TENANT}/` })),
    ).resolves.toBeUndefined();
    expect(entra.asked).toContain(`/${TENANT}/discovery/v2.0/keys`);
  });

  it('asks for the keys once, not at every event', async () => {
    const one = guard();
    const before = entra.asked.length;
    const headers = new Headers({ authorization: `Bearer ${await token()}` });
    await Promise.all([one(headers), one(headers)]);
    await one(headers);
    expect(entra.asked.length - before).toBe(1);
  });

  it.each<[string, () => Promise<string>]>([
    ['for another audience', () => token({ audience: 'api://something-else' })],
    ['of another tenant', () => token({ issuer: `${authority}/${OTHER_TENANT}/v2.0` })],
    ['of another tenant, old form', () => token({ issuer: `https://sts.windows.net/${OTHER_TENANT}/` })],
    ['of another issuer', () => token({ issuer: 'https://evil.example/v2.0' })],
    ['of another identity of the tenant', () => token({ claims: { oid: OTHER_TENANT } })],
    ['that names no identity', () => token({ claims: {} })],
    ['that expired', () => token({ expires: '-2m' })],
    ['that is not valid yet', () => token({ notBefore: '5m' })],
    ['signed with another key', () => token({ key: otherKey })],
    [
      'signed with another algorithm of the same key',
      () => token({ header: { alg: 'PS256', kid: 'key-1' } }),
    ],
    ['that names an unknown key', () => token({ header: { alg: 'RS256', kid: 'key-2' }, key: otherKey })],
    [
      'signed with the public key as if it were a secret (HS256)',
      () => token({ header: { alg: 'HS256', kid: 'key-1' }, key: Buffer.from(publicKeyText) }),
    ],
    [
      'that is not signed (alg none)',
      async () =>
        new UnsecuredJWT({})
          .setIssuer(`${authority}/${TENANT}/v2.0`)
          .setAudience(AUDIENCE)
          .setExpirationTime('1h')
          .encode(),
    ],
    ['that is no token', async () => 'a.b.c'],
  ])('refuses a token %s', async (_what, make) => {
    const bearer = await make();
    const refused = await pass(bearer).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ status: 401, code: 'not-authenticated' });
    expect(String(refused)).toMatch(
      /bearer token is (missing|not valid|not that of the configured service)$/,
    );
    expect(String(refused)).not.toContain(bearer);
    expect((refused as Error).cause).toBeUndefined();
  });

  it('allows for a minute between the clocks of the authority and the app, at either end, and no more', async () => {
    await expect(pass(await token({ expires: '-50s' }))).resolves.toBeUndefined();
    await expect(pass(await token({ notBefore: '50s' }))).resolves.toBeUndefined();
    await expect(pass(await token({ expires: '-70s' }))).rejects.toMatchObject({ status: 401 });
    await expect(pass(await token({ notBefore: '70s' }))).rejects.toMatchObject({ status: 401 });
  });

  it('takes the tokens of both keys while the authority changes from one to the other', async () => {
    const next = await generateKeyPair('RS256');
    await entra.publish(next.publicKey, 'key-next');
    const both = guard();
    for (const bearer of [
      await token(),
      await token({ key: next.privateKey, header: { alg: 'RS256', kid: 'key-next' } }),
    ]) {
      await expect(both(new Headers({ authorization: `Bearer ${bearer}` }))).resolves.toBeUndefined();
    }
    // Withdrawn, it is good for nothing in an app that has not read it.
    entra.published.pop();
    const late = await token({ key: next.privateKey, header: { alg: 'RS256', kid: 'key-next' } });
    await expect(pass(late)).rejects.toMatchObject({ status: 401 });
  });

  it('refuses a token that never expires', async () => {
    const endless = new SignJWT({ oid: SERVICE })
      .setProtectedHeader({ alg: 'RS256', kid: 'key-1' })
      .setIssuer(`${authority}/${TENANT}/v2.0`)
      .setAudience(AUDIENCE);
    await expect(pass(await endless.sign(key))).rejects.toMatchObject({ status: 401 });
  });

  it('looks for a key that it does not know again after five seconds, and not at every event before', async () => {
    const next = await generateKeyPair('RS256');
    const rotating = guard();
    const passes = (bearer: string) => rotating(new Headers({ authorization: `Bearer ${bearer}` }));
    await passes(await token());
    await entra.publish(next.publicKey, 'key-3');
    const bearer = await token({ key: next.privateKey, header: { alg: 'RS256', kid: 'key-3' } });
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
    const headers = { authorization: `Bearer ${await token({ issuer: `${unreachable}/${TENANT}/v2.0` })}` };
    await expect(cutOff(new Headers(headers))).rejects.toMatchObject({ retryable: true });
  });

  it.each([undefined, '', 'Bearer', 'Basic YTpi'])(
    'asks for a token when the header is %j',
    async (value) => {
      const headers = new Headers(value === undefined ? {} : { authorization: value });
      await expect(guard()(headers)).rejects.toMatchObject({ status: 401 });
    },
  );

  it.each(['x Bearer TOKEN', 'Bearer TOKEN x', 'Bearer  TOKEN', 'Bearer TOKEN.more'])(
    'asks for a token when the header is more than one (%s)',
    async (form) => {
      const headers = new Headers({ authorization: form.replace('TOKEN', await token()) });
      const refused = expect.objectContaining({ status: 401, message: 'a bearer token is missing' });
      await expect(guard()(headers)).rejects.toEqual(refused);
    },
  );

  it('does not take a signature for a token', async () => {
    await expect(guard()(new Headers({ 'ce-signature': 'sha256=00' }))).rejects.toMatchObject({
      status: 401,
    });
  });
});
