import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { JSONTypes } from '@azure/web-pubsub';
import { SignJWT } from 'jose';
import { DEVELOPMENT_ACCESS_KEY } from '../index';
import { refusal, startScene, type Scene } from './support';

let scene: Scene;
beforeEach(async () => {
  scene = await startScene();
});
afterEach(() => scene.stop());

interface TokenOptions {
  audience: string;
  notBefore?: string;
  key?: string;
  expires?: string;
  algorithm?: string;
}

const token = ({
  audience,
  key = DEVELOPMENT_ACCESS_KEY,
  expires = '1h',
  notBefore = '-1h',
  algorithm = 'HS256',
}: TokenOptions): Promise<string> =>
  new SignJWT({})
    .setProtectedHeader({ alg: algorithm })
    .setIssuedAt('-1h')
    .setNotBefore(notBefore)
    .setExpirationTime(expires)
    .setAudience(audience)
    .sign(new TextEncoder().encode(key));

/** A call without the service library, signed for its own address unless told otherwise. */
async function call(
  method: string,
  path: string,
  more: Partial<TokenOptions> & { body?: string; type?: string } = {},
) {
  const url = `${scene.service.endpoint}${path}`;
  const bearer = await token({ audience: url, ...more });
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': more.type ?? 'application/json' },
    ...(more.body === undefined ? {} : { body: more.body }),
  });
  return { status: response.status, body: await response.text() };
}

describe('groups', () => {
  test('are listed completely over many pages, each connection once', async () => {
    const ids = await Promise.all(
      Array.from(
        { length: 7 },
        async (_, n) => (await scene.client({ userId: `user-${n}`, groups: ['room'] })).connectionId,
      ),
    );
    await scene.client({ groups: ['elsewhere'] });
    const pages: string[][] = [];
    for await (const page of (await scene.rest.group('room').listConnections({ maxPageSize: 3 })).byPage()) {
      pages.push(page.map(({ connectionId }) => String(connectionId)));
    }
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(pages.flat().sort()).toEqual([...ids].sort());
    const top: unknown[] = [];
    for await (const member of await scene.rest.group('room').listConnections({ maxPageSize: 3, top: 5 }))
      top.push(member);
    expect(top).toHaveLength(5);
    expect(top[0]).toEqual({ connectionId: expect.any(String), userId: expect.stringMatching(/^user-\d$/) });
  });

  test('take connections and users in and out', async () => {
    const { connectionId } = await scene.client({ userId: 'ann' });
    const { rest } = scene;
    await rest.group('a').addConnection(connectionId);
    await rest.group('b').addUser('ann');
    expect([await rest.groupExists('a'), await rest.groupExists('b')]).toEqual([true, true]);
    await rest.group('a').removeConnection(connectionId);
    expect([await rest.groupExists('a'), await rest.groupExists('b')]).toEqual([false, true]);
    await rest.group('b').removeUser('ann');
    await rest.addConnectionsToGroups(['c', 'd'], '');
    expect(scene.service.control.connections()).toMatchObject([{ groups: ['c', 'd'] }]);
    await rest.removeUserFromAllGroups('ann');
    expect(scene.service.control.connections()).toMatchObject([{ groups: [] }]);
    await expect(rest.group('a').addConnection('nobody')).rejects.toMatchObject({ statusCode: 404 });
  });

  test('spare the connections that a message excludes', async () => {
    const ann = await scene.client({ groups: ['room'] });
    const bob = await scene.client({ groups: ['room'] });
    await scene.rest.group('room').sendToAll('first', { excludedConnections: [ann.connectionId] });
    await scene.rest.group('room').sendToAll('second');
    expect(await ann.message(1)).toBe('second');
    expect(await bob.message(1)).toBe('first');
  });
});

describe('closing', () => {
  test('one connection tells the client and the app the reason', async () => {
    const { connectionId, client, stopped } = await scene.client({ userId: 'ann' });
    const told = new Promise((resolve) => client.on('disconnected', (e) => resolve(e.message?.message)));
    await scene.rest.closeConnection(connectionId, { reason: 'The chat is over.' });
    const { headers, body } = await scene.webhook.event('disconnected');
    expect(headers['ce-connectionid']).toBe(connectionId);
    const reason = 'Application server closed the connection. Reason: The chat is over.';
    expect(JSON.parse(body.toString())).toEqual({ reason });
    expect(await told).toBe(reason);
    await stopped;
    expect(await scene.rest.connectionExists(connectionId)).toBe(false);
  });

  test('ends the WebSocket with 1000 and an empty text', async () => {
    const { closed, frame } = await scene.socket('json.webpubsub.azure.v1');
    const { connectionId } = await frame(1);
    await scene.rest.closeConnection(String(connectionId), { reason: 'The chat is over.' });
    expect(await closed).toEqual({ code: 1000, reason: '' });
  });

  test.each(['', '/users/ann', '/groups/room'])('all of %s/ spares the excluded ones', async (where) => {
    const kept = await scene.client({ userId: 'ann', groups: ['room'] });
    const closed = await scene.client({ userId: 'ann', groups: ['room'] });
    const query = `excluded=${kept.connectionId}&reason=r&api-version=2024-12-01`;
    expect(await call('POST', `/api/hubs/Chat${where}/:closeConnections?${query}`)).toMatchObject({
      status: 204,
    });
    await closed.stopped;
    expect(scene.service.control.connections()).toMatchObject([{ connectionId: kept.connectionId }]);
  });
});

test('permissions are granted, looked up and revoked for a living connection', async () => {
  const { connectionId, client } = await scene.client({ userId: 'ann' });
  const forGroup = { targetName: 'room' };
  await expect(client.joinGroup('room')).rejects.toMatchObject({ errorDetail: { name: 'Forbidden' } });
  await scene.rest.grantPermission(connectionId, 'joinLeaveGroup', forGroup);
  expect(await scene.rest.hasPermission(connectionId, 'joinLeaveGroup', forGroup)).toBe(true);
  expect(await scene.rest.hasPermission(connectionId, 'sendToGroup', forGroup)).toBe(false);
  await client.joinGroup('room');
  await scene.rest.revokePermission(connectionId, 'joinLeaveGroup', forGroup);
  await expect(client.leaveGroup('room')).rejects.toMatchObject({ errorDetail: { name: 'Forbidden' } });
});

test('messages to nobody are accepted and lost', async () => {
  const hello: JSONTypes = 'hello';
  await scene.rest.sendToUser('nobody', hello);
  await scene.rest.sendToConnection('nobody', hello);
  await scene.rest.group('nobody').sendToAll(hello);
  expect(await scene.rest.userExists('nobody')).toBe(false);
});

test.each<[string, readonly string[]]>([
  ["'room' in groups", ['ann', 'bob']],
  ["userId eq 'ann'", ['ann']],
  ["userId ne 'ann'", ['bob', "o'hara"]],
  ["userId eq 'o''hara' or userId eq 'bob'", ['bob', "o'hara"]],
  ["not('room' in groups)", ["o'hara"]],
  ["not ('room' in groups or 'desk' in groups)", ["o'hara"]],
  // "and" binds closer than "or", and "not" closer than both.
  ["'desk' in groups or 'room' in groups and userId eq 'ann'", ['ann', 'bob']],
  ["('desk' in groups or 'room' in groups) and userId eq 'ann'", ['ann']],
  ["not 'desk' in groups and 'room' in groups", ['ann']],
  ["'ROOM' in groups", []],
])('a filter chooses who gets a message: %s', async (filter, chosen) => {
  const groupsOf = { ann: ['room'], bob: ['room', 'desk'], "o'hara": ['hall'] };
  const clients = await Promise.all(
    Object.entries(groupsOf).map(async ([userId, groups]) => ({
      userId,
      client: await scene.client({ userId, groups: ['all', ...groups] }),
    })),
  );
  const all = scene.rest.group('all');
  await all.sendToAll('chosen', { filter });
  await all.sendToAll('everybody');
  const first = await Promise.all(clients.map(async ({ client }) => client.message(1)));
  expect(clients.filter((_, at) => first[at] === 'chosen').map(({ userId }) => userId)).toEqual(chosen);
});

describe('what is not covered is refused by name', () => {
  test.each([
    "startswith(userId, 'a')",
    'length(userId) gt 3',
    "userId in ('ann', 'bob')",
    'userId eq null',
    "'room' in groups or",
    "('room' in groups",
    "'room' in groups)",
    "'room",
    "userId eq 'ann' 'bob' in groups",
    '"ann" eq userId',
  ])('filters of another kind: %s', async (filter) => {
    await expect(scene.rest.sendToAll('x', { filter })).rejects.toMatchObject({ statusCode: 501 });
    await expect(scene.rest.group('room').sendToAll('x', { filter })).rejects.toMatchObject({
      statusCode: 501,
    });
    await expect(scene.rest.sendToUser('ann', 'x', { filter })).rejects.toMatchObject({ statusCode: 501 });
  });

  test('filters that choose who joins a group', async () => {
    await expect(scene.rest.addConnectionsToGroups(['room'], "userId eq 'ann'")).rejects.toMatchObject({
      statusCode: 501,
    });
  });

  test('unknown operations', async () => {
    const { status, body } = await call('POST', '/api/hubs/Chat/users/ann/:invent?api-version=2024-12-01');
    expect(status).toBe(501);
    expect(body).toContain('POST /api/hubs/Chat/users/ann/:invent');
  });
});

test('every hub is there, and each has its own connections', async () => {
  const { connectionId } = await scene.client({ userId: 'ann' });
  const inHub = (hub: string, method = 'HEAD') =>
    call(method, `/api/hubs/${hub}/connections/${connectionId}`).then(({ status }) => status);
  expect([await inHub('Chat'), await inHub('CHAT'), await inHub('Other'), await inHub('1x')]).toEqual([
    200, 200, 404, 400,
  ]);
  expect(await call('POST', '/api/hubs/Other/:send', { body: '1' })).toMatchObject({ status: 202 });
});

test.each([
  [400, 'api-version=2020-01-01', {}],
  [400, 'messageTtlSeconds=301', {}],
  [202, 'messageTtlSeconds=300&api-version=2021-10-01', {}],
  [400, 'messageTtlSeconds=0', { body: '{' }],
  [415, 'messageTtlSeconds=0', { type: 'text/html' }],
  [202, 'messageTtlSeconds=0', { type: 'application/json; charset=utf-8' }],
])('a message is answered %i for %j %j', async (status, query, more) => {
  expect(await call('POST', `/api/hubs/Chat/:send?${query}`, { body: '1', ...more })).toMatchObject({
    status,
  });
});

test('a page of a group has at most 200 connections, and groups are changed with JSON only', async () => {
  const pages = (size: number) => call('GET', `/api/hubs/Chat/groups/room/connections?maxpagesize=${size}`);
  expect([(await pages(200)).status, (await pages(201)).status]).toEqual([200, 400]);
  const text = { body: '{"groups":["a"]}', type: 'text/plain' };
  expect(await call('POST', '/api/hubs/Chat/:addToGroups', text)).toMatchObject({ status: 415 });
});

test('a service that is switched off answers 503, and works again when it is back', async () => {
  scene.service.control.setRestAvailable(false);
  await expect(scene.rest.userExists('ann')).rejects.toMatchObject({ statusCode: 503 });
  scene.service.control.setRestAvailable(true);
  expect(await scene.rest.userExists('ann')).toBe(false);
});

test('messages alone can be refused: 503 for them, an answer for everything else', async () => {
  scene.service.control.faults.refuseSend = () => true;
  await expect(scene.rest.sendToAll({ text: 'x' })).rejects.toMatchObject({ statusCode: 503 });
  expect(await scene.rest.userExists('ann')).toBe(false);
  delete scene.service.control.faults.refuseSend;
  await scene.rest.sendToAll({ text: 'x' });
});

describe('a token', () => {
  const path = '/api/hubs/Chat/:send?api-version=2024-12-01';
  const clientPath = '/client/hubs/Chat';
  const clientUrl = async (more: Partial<TokenOptions>): Promise<string> => {
    const audience = `${scene.service.endpoint}${clientPath}`;
    return `${audience.replace('http', 'ws')}?access_token=${await token({ audience, ...more })}`;
  };

  test('of the secondary key is as good as one of the primary', async () => {
    expect(await call('POST', path, { body: '1', key: `secondary-${DEVELOPMENT_ACCESS_KEY}` })).toMatchObject(
      { status: 202 },
    );
  });

  test.each<[string, Partial<TokenOptions>]>([
    ['forged', { key: 'a-key-that-the-service-has-never-seen' }],
    ['expired for more than five minutes', { expires: '-6m' }],
    ['good in more than five minutes', { notBefore: '6m' }],
    ['for another address', { audience: 'http://localhost/api/hubs/Chat/:send' }],
    ['of another algorithm', { algorithm: 'HS512' }],
  ])('that is %s is answered 401 by the REST API and the client endpoint', async (_what, bad) => {
    expect(await call('POST', path, { body: '1', ...bad })).toMatchObject({ status: 401 });
    expect(await refusal(await clientUrl(bad))).toMatchObject({ status: 401 });
    expect(scene.webhook.received).toEqual([]);
  });

  test.each<[string, Partial<TokenOptions>]>([
    ['expired', { expires: '-4m' }],
    ['not yet good', { notBefore: '4m' }],
  ])('that is %s by less than five minutes is taken: clocks differ', async (_what, late) => {
    expect(await call('POST', path, { body: '1', ...late })).toMatchObject({ status: 202 });
    const { webSocket } = await scene.socket(undefined, await clientUrl(late));
    webSocket.terminate();
  });

  test('that is missing is answered 401', async () => {
    expect((await fetch(`${scene.service.endpoint}${path}`, { method: 'POST' })).status).toBe(401);
    expect(await refusal(`ws://localhost:${scene.service.port}${clientPath}`)).toMatchObject({ status: 401 });
  });

  test('for a client can be had from the service', async () => {
    const query =
      'userId=ann&role=webpubsub.joinLeaveGroup&group=a&group=b&minutesToExpire=5&api-version=2024-12-01';
    const { status, body } = await call('POST', `/api/hubs/Chat/:generateToken?${query}`);
    expect(status).toBe(200);
    const { token: minted } = JSON.parse(body) as { token: string };
    const { webSocket } = await scene.socket(
      'json.webpubsub.azure.v1',
      `ws://localhost:${scene.service.port}${clientPath}?access_token=${minted}`,
    );
    expect(scene.service.control.connections()).toMatchObject([{ userId: 'ann', groups: ['a', 'b'] }]);
    webSocket.terminate();
  });
});
