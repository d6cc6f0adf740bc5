import { KeyObject } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { type CryptoKey, decodeJwt, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { type KeyAuthority, startKeyAuthority } from './key-authority';

export const TENANT = '11111111-2222-3333-4444-555555555555';
export const OTHER_TENANT = '99999999-2222-3333-4444-555555555555';
export const HEADER = { alg: 'RS256', kid: 'key-1' };

/** The tests of a file have an authority, and tokens by it: good ones, which have these claims besides, and bad ones. */
export function entraTokens(claimsOfGood: Readonly<Record<string, unknown>>) {
  let authority: KeyAuthority;
  /** A key object signs by any algorithm of its kind; a CryptoKey only by the one it was made for. */
  let key: KeyObject;
  let publicKeyText: string;
  let otherKey: CryptoKey;
  beforeAll(async () => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    key = KeyObject.from(pair.privateKey);
    publicKeyText = await exportSPKI(pair.publicKey);
    otherKey = (await generateKeyPair('RS256')).privateKey;
    authority = await startKeyAuthority();
    await authority.publish(pair.publicKey, HEADER.kid);
  });
  afterAll(() => authority.stop());

  /** A good token, in which something may be different. `nbf` and `exp` in seconds from now. */
  function token(
    change: Record<string, unknown> = {},
    signedWith: CryptoKey | KeyObject | Uint8Array = key,
    header = HEADER,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { nbf = -60, exp = 3_600, ...claims } = change;
    const good = { ...claimsOfGood, iss: `${authority.url}/${TENANT}/v2.0`, iat: now };
    const times = { nbf: now + Number(nbf), exp: exp === 'never' ? undefined : now + Number(exp) };
    return new SignJWT({ ...good, ...times, ...claims }).setProtectedHeader(header).sign(signedWith);
  }

  /** What nobody may take. */
  const bad: readonly (readonly [string, () => Promise<string>])[] = [
    ['for another audience', () => token({ aud: 'api://something-else' })],
    ['of another tenant', () => token({ iss: `${authority.url}/${OTHER_TENANT}/v2.0` })],
    ['of another tenant, version 1.0', () => token({ iss: `https://sts.windows.net/${OTHER_TENANT}/` })],
    ['of another issuer', () => token({ iss: 'https://evil.example/v2.0' })],
    ['of another issuer, for the tenant', () => token({ iss: `https://evil.example/${TENANT}/v2.0` })],
    ['that names nobody', () => token({ oid: undefined })],
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
  ];
  return { token, bad, authority: () => authority };
}
