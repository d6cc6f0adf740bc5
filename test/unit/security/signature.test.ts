import { describe, expect, it } from '@jest/globals';
import { isSignedWith, signatureGuard } from '../../../shared/web-pubsub/webhook-routes';
import { eventHeaders, sign, without } from '../handlers/request';

// The test vector that the Functions extension of Web PubSub uses itself.
const KEY = '7aab239577fd4f24bc919802fb629f5f';
const CONNECTION = '0f9c97a2f0bf4706afe87a14e0797b11';
const SIGNATURE = sign(CONNECTION, KEY);

describe('a signature', () => {
  it('is the HMAC of the connection id that the service computes', () => {
    expect(SIGNATURE).toMatch(/^sha256=7767effc[0-9a-f]{56}$/);
    expect(isSignedWith([KEY], CONNECTION, SIGNATURE)).toBe(true);
  });

  it('may be written in upper case', () => {
    expect(isSignedWith([KEY], CONNECTION, SIGNATURE.toUpperCase())).toBe(true);
  });

  it.each([
    ['the primary key', ['old', KEY]],
    ['the secondary key', [KEY, 'new']],
  ])('made with %s is good while keys are rotated', (_which, keys) => {
    expect(isSignedWith(keys, CONNECTION, SIGNATURE)).toBe(true);
  });

  it('may be one of a list, with or without spaces', () => {
    const other = sign(CONNECTION, 'another key');
    expect(isSignedWith([KEY], CONNECTION, `${other},${SIGNATURE}`)).toBe(true);
    expect(isSignedWith([KEY], CONNECTION, `${other} , ${SIGNATURE} `)).toBe(true);
  });

  it.each([
    ['of another key', sign(CONNECTION, 'another key')],
    ['of another connection', sign('another-connection', KEY)],
    ['without its algorithm', SIGNATURE.slice('sha256='.length)],
    ['of another algorithm', SIGNATURE.replace('sha256', 'sha1')],
    ['cut short', SIGNATURE.slice(0, -1)],
    ['with something behind it', `${SIGNATURE}0`],
    ['that is only its beginning', 'sha256='],
    ['of non-ASCII characters', 'sha256=ÿ'.padEnd(SIGNATURE.length, 'ÿ')],
    ['that is empty', ''],
    ['behind a long list of others', `${'x,'.repeat(100_000)}${SIGNATURE}`],
  ])('%s is not good', (_what, signature) => {
    expect(isSignedWith([KEY], CONNECTION, signature)).toBe(false);
  });

  it('is never good when there is no key', () => {
    expect(isSignedWith([], CONNECTION, SIGNATURE)).toBe(false);
  });
});

describe('the guard of a service with access keys', () => {
  const guard = signatureGuard([KEY]);
  const headers = { ...eventHeaders({ connectionId: CONNECTION }), 'ce-signature': SIGNATURE };

  it('lets signed events pass', async () => {
    await expect(guard(new Headers(headers))).resolves.toBeUndefined();
  });

  it.each([
    ['no signature', without(headers, 'ce-signature')],
    ['an empty signature', { ...headers, 'ce-signature': '' }],
    ['a signature of another connection', { ...headers, 'ce-connectionId': 'another' }],
  ])('answers 401 to %s, and tells neither key nor signature', async (_what, bad) => {
    const refused = await guard(new Headers(bad)).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ status: 401, code: 'not-authenticated' });
    expect(String(refused)).not.toMatch(/7aab|7767/);
  });

  it('names the connection id when it is missing', async () => {
    await expect(guard(new Headers(without(headers, 'ce-connectionId')))).rejects.toMatchObject({
      field: 'ce-connectionId',
    });
  });
});
