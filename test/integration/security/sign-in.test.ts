import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { PEOPLE } from '../../../local/sign-in';
import { startKeyAuthority, type KeyAuthority } from '../../support/key-authority';
import { startSystem, type Call, type System } from '../bad-input/system';
import { tokenOf } from './tokens';

const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const OPERATORS: readonly (readonly [path: string, call: Call])[] = [
  ['v1/policies', { method: 'GET' }],
  ['v1/policies', { method: 'PUT', body: {} }],
  ['v1/automated-messages', { method: 'GET' }],
  ['v1/automated-messages/agent-joined', { method: 'PUT', body: { text: 'x' } }],
  ['v1/automated-messages/agent-joined', { method: 'DELETE' }],
  ['v1/agents/ann/capacity', { method: 'GET' }],
  ['v1/agents/ann/capacity', { method: 'PUT', body: { capacityUnits: 1 } }],
  ['v1/dead-letters', { method: 'GET' }],
  ['v1/dead-letters/a.unreadable-row/replay', {}],
];
const subjectOf = (url: unknown) => {
  const token = new URL(String(url)).searchParams.get('access_token') ?? '';
  return decodeJwt(token).sub;
};

describe('with the sign-in that `npm start` has', () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem({ signInPort: 0, settings: { DISCONNECT_GRACE: 'PT10M' } });
  });
  afterAll(() => system?.stop());

  it.each([
    ['with an empty body', undefined],
    ['whoever it says that it is', { agentId: 'ben', name: 'Ben' }],
    ["with a colleague's object id", { agentId: PEOPLE['ben']!.oid }],
  ])('an agent is the one that its token names, %s [R151]', async (_what, body) => {
    const { oid, name } = PEOPLE['anna']!;
    const headers = await tokenOf(system.stack, 'anna');
    const answer = await system.call('v1/agents/negotiate', { headers, body });
    expect([answer.status, answer.json['agentId'], subjectOf(answer.json['url'])]).toEqual([
      200,
      oid,
      `agent.${oid}`,
    ]);
    const { conversationId } = await system.customer();
    for (const event of ['connect', 'connected']) await system.event({ name: event, conversationId });
    const accepted = await system.call(`v1/conversations/${conversationId}/accept`, {
      headers: { authorization: `Bearer ${String(answer.json['ticket'])}` },
    });
    expect(accepted.json['conversation']).toMatchObject({ agent: { id: oid, name, accepted: true } });
  });

  it("a desk's backend names the agent with the key, as before", async () => {
    const headers = { 'x-functions-key': system.stack.functionKey };
    const answer = await system.call('v1/agents/negotiate', { headers, body: { agentId: 'bob' } });
    expect([answer.status, answer.json['agentId']]).toEqual([200, 'bob']);
    const nobody = await system.call('v1/agents/negotiate', { headers, body: { name: 'Bob' } });
    expect([nobody.status, nobody.json['field'], nobody.json['detail']]).toEqual([
      400,
      'body.agentId',
      'body.agentId: is missing',
    ]);
  });

  it.each(OPERATORS)(
    "an operator's route answers an operator, by token or key, and 403 to an agent: %s %j [R152]",
    async (path, call) => {
      const statusOf = async (headers: Readonly<Record<string, string>>) =>
        (await system.call(path, { ...call, headers })).status;
      const key = { 'x-functions-key': system.stack.functionKey };
      const [byKey, byToken] = [await statusOf(key), await statusOf(await tokenOf(system.stack, 'olga'))];
      expect([200, 204, 400, 404, 428]).toContain(byKey);
      expect(byToken).toBe(byKey === 204 ? 404 : byKey);
      expect(await statusOf(await tokenOf(system.stack, 'anna'))).toBe(403);
      expect(await statusOf(await tokenOf(system.stack, 'carl'))).toBe(403);
      expect(await statusOf({})).toBe(401);
      expect(await statusOf({ 'x-functions-key': 'another' })).toBe(401);
    },
  );

  it('a colleague without a role becomes no agent', async () => {
    const headers = await tokenOf(system.stack, 'carl');
    const answer = await system.call('v1/agents/negotiate', { headers, body: {} });
    expect([answer.status, answer.json['code']]).toEqual([403, 'not-allowed']);
  });

  it("a token is no ticket, and a ticket is no token; neither opens the site's or the service's routes", async () => {
    const token = await tokenOf(system.stack, 'olga');
    const { bearer } = await system.agent('ann');
    const statusOf = async (path: string, call: Call) => (await system.call(path, call)).status;
    expect(await statusOf('v1/conversations', { method: 'GET', headers: token })).toBe(401);
    expect(await statusOf('v1/policies', { method: 'GET', headers: bearer })).toBe(401);
    expect(await statusOf('v1/agents/negotiate', { headers: bearer, body: { agentId: 'ann' } })).toBe(401);
    const body = { customerId: 'customer-1' };
    expect(await statusOf('v1/customers/negotiate', { headers: token, body })).toBe(401);
    expect(await statusOf('web-pubsub/events', { headers: token, body: {} })).toBe(401);
  });
});

describe('with an authority that answers as it likes', () => {
  let system: System;
  let entra: KeyAuthority;
  let keys: { readonly good: CryptoKey; readonly other: CryptoKey };
  beforeAll(async () => {
    entra = await startKeyAuthority();
    const [{ publicKey, privateKey }, other] = [
      await generateKeyPair('RS256'),
      await generateKeyPair('RS256'),
    ];
    await entra.publish(publicKey, 'key-1');
    keys = { good: privateKey, other: other.privateKey };
    system = await startSystem({
      settings: { ENTRA_TENANT_ID: TENANT, ENTRA_AUDIENCE: CLIENT, ENTRA_AUTHORITY: entra.url },
    });
  });
  afterAll(async () => {
    await system?.stop();
    await entra?.stop();
  });

  const tokenWith = (change: Record<string, unknown> = {}, key = keys.good) => {
    const now = Math.floor(Date.now() / 1000);
    const good = {
      ...{ iss: `${entra.url}/${TENANT}/v2.0`, aud: CLIENT, iat: now, exp: now + 600 },
      ...{ oid: CLIENT, roles: ['Chat.Operator'] },
    };
    return new SignJWT({ ...good, ...change }).setProtectedHeader({ alg: 'RS256', kid: 'key-1' }).sign(key);
  };
  const call = async (token: string | Promise<string>, path = 'v1/agents/negotiate', method = 'POST') =>
    system.call(path, {
      method,
      headers: { authorization: `Bearer ${await token}` },
      ...(method === 'POST' && { body: {} }),
    });

  // First of all: once they have been read, the keys are good for a while without the authority.
  it('while its keys cannot be read, the answer is 503 and when to come again, not 401 [R153]', async () => {
    entra.mode = 'fails';
    const down = await call(tokenWith(), 'v1/policies', 'GET');
    expect([down.status, down.json['code']]).toEqual([503, 'temporarily-unavailable']);
    expect(Number(down.headers.get('retry-after'))).toBeGreaterThan(0);
    entra.mode = 'well';
    expect((await call(tokenWith(), 'v1/policies', 'GET')).status).toBe(200);
    entra.mode = 'fails';
    expect((await call(tokenWith(), 'v1/policies', 'GET')).status).toBe(200);
    entra.mode = 'well';
  });

  it.each<[string, () => Promise<string>]>([
    ['another tenant', () => tokenWith({ iss: `${entra.url}/${CLIENT}/v2.0` })],
    ['another issuer', () => tokenWith({ iss: 'https://evil.example/v2.0' })],
    ['another audience', () => tokenWith({ aud: 'api://another' })],
    ['another key', () => tokenWith({}, keys.other)],
    ['before', () => tokenWith({ exp: Math.floor(Date.now() / 1000) - 120 })],
    ['nobody who signs', async () => new UnsecuredJWT(decodeJwt(await tokenWith())).encode()],
  ])('a token of %s is 401 at every route that takes one [R151]', async (_whose, make) => {
    const token = await make();
    for (const [path, method] of [
      ['v1/agents/negotiate'],
      ['v1/policies', 'GET'],
      ['v1/dead-letters', 'GET'],
    ]) {
      const answer = await call(token, path, method);
      expect([path, answer.status, answer.json['code']]).toEqual([path, 401, 'not-authenticated']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('no key is good where none is configured, not even the one of the host [R155]', async () => {
    const headers = { 'x-functions-key': system.stack.functionKey };
    const answer = await system.call('v1/policies', { method: 'GET', headers });
    expect([answer.status, answer.json['code']]).toEqual([401, 'not-authenticated']);
  });

  it('neither tokens nor keys are in the log', async () => {
    const token = await tokenWith({ roles: [] });
    await call(token);
    await system.call('v1/policies', { method: 'GET', headers: { 'x-functions-key': 'a-guessed-key-000' } });
    expect(system.output()).toContain('not-allowed');
    expect(system.output()).not.toContain(token.split('.')[2]);
    expect(system.output()).not.toContain('a-guessed-key-000');
  });
});
