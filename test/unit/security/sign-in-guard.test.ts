import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createSignIn } from '../../../shared/access/sign-in-guard';
import type { AccessWithSignIn } from '../../../shared/http/route';
import { entraTokens, OTHER_TENANT, TENANT } from '../../support/entra-tokens';
import type { KeyAuthority } from '../../support/key-authority';

const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const ANNA = '66666666-7777-8888-9999-000000000000';
const [DESK_KEY, NEXT_DESK_KEY] = ['a-key-of-the-desk-0001', 'a-key-of-the-desk-0002'];
const OPERATOR_KEY = 'a-key-of-operators-0001';
const DESK = "the desk's backend, or a signed-in agent";

const { token, bad, ...tokens } = entraTokens({
  ...{ oid: ANNA, name: 'Anna', preferred_username: 'anna@contoso.com', roles: ['Chat.Agent'] },
  aud: CLIENT,
});
let entra: KeyAuthority;
beforeAll(() => void (entra = tokens.authority()));

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

  it.each<readonly [string, () => Promise<string>]>([
    ...bad,
    ['for another registration', () => token({ aud: `api://${OTHER_TENANT}` })],
    ['whose object id is no id', () => token({ oid: '../customer' })],
    ['whose object id is no text', () => token({ oid: [ANNA] })],
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

describe('the authority of a cloud', () => {
  const GLOBAL = 'https://login.microsoftonline.com';
  const GOVERNMENT = 'https://login.microsoftonline.us';
  const CHINA = 'https://login.partner.microsoftonline.cn';
  /** The keys of that cloud are those of the local authority: its host is another one for this test. */
  const redirected = async <T>(authority: string, run: () => Promise<T>): Promise<T> => {
    const { fetch } = globalThis;
    const asked = jest
      .spyOn(globalThis, 'fetch')
      .mockImplementation((input, init) =>
        fetch(String(input instanceof Request ? input.url : input).replace(authority, entra.url), init),
      );
    try {
      return await run();
    } finally {
      asked.mockRestore();
    }
  };

  it.each<[string, string, string]>([
    [GLOBAL, GLOBAL, 'https://sts.windows.net'],
    ['https://login.windows.net', GLOBAL, 'https://sts.windows.net'],
    [GOVERNMENT, GOVERNMENT, 'https://sts.windows.net'],
    [CHINA, CHINA, 'https://sts.chinacloudapi.cn'],
    ['https://login.chinacloudapi.cn', CHINA, 'https://sts.chinacloudapi.cn'],
  ])(
    '%s takes tokens of %s in version 2.0 and of %s in version 1.0, and of no other cloud [R236]',
    async (authority, version2, version1) => {
      const by = signIn(authority);
      const good = [`${version2}/${TENANT}/v2.0`, `${version1}/${TENANT}/`];
      const every = [GLOBAL, GOVERNMENT, CHINA].map((base) => `${base}/${TENANT}/v2.0`);
      const older = ['https://sts.windows.net', 'https://sts.chinacloudapi.cn'].map(
        (base) => `${base}/${TENANT}/`,
      );
      for (const iss of [...every, ...older]) {
        const bearer = await token({ iss });
        const answer = await redirected(authority, () => outcome(withToken(bearer, DESK, by)));
        expect([iss, answer]).toEqual([iss, good.includes(iss) ? 'yes' : 401]);
      }
    },
  );

  it.each([
    [{ iss: `https://sts.windows.net/${OTHER_TENANT}/` }, /another tenant or cloud/],
    [{ aud: 'api://something-else' }, /another audience/],
  ])(
    'is named in the refusal of a genuine token that is meant for something else: %j [R236]',
    async (change, words) => {
      await expect(withToken(token(change))).rejects.toThrow(words);
    },
  );

  it('names an agent of a token of version 1.0 by its user name there', async () => {
    const change = { name: undefined, preferred_username: undefined, unique_name: 'anna@contoso.com' };
    expect(await withToken(token(change))).toEqual({
      agentId: ANNA,
      agentName: 'anna@contoso.com',
      roles: ['agent'],
    });
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
