import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { generateKeyPair } from 'jose';
import { entraGuard } from '../../../shared/web-pubsub/webhook-routes';
import { entraTokens, HEADER, OTHER_TENANT, TENANT } from '../../support/entra-tokens';
import type { KeyAuthority } from '../../support/key-authority';

const AUDIENCE = 'api://chat-webhook';
const SERVICE = '66666666-7777-8888-9999-000000000000';
const OPTIONS = { tenantId: TENANT, audience: AUDIENCE, callerObjectId: SERVICE };

const { token, bad, ...tokens } = entraTokens({ oid: SERVICE, aud: AUDIENCE });
let entra: KeyAuthority;
let authority: string;
beforeAll(() => {
  entra = tokens.authority();
  authority = entra.url;
});

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

  it.each<readonly [string, () => Promise<string>]>([
    ...bad,
    ['of another identity of the tenant', () => token({ oid: OTHER_TENANT })],
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
