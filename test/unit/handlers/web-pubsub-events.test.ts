import { describe, expect, it } from '@jest/globals';
import { createParticipantLimits } from '../../../shared/access/caller-guard';
import { AccessDeniedError } from '../../../shared/app/errors';
import { MINUTE } from '../../../shared/conversation/time';
import { encodeConnectionState } from '../../../shared/web-pubsub/cloud-event-parser';
import { signatureGuard } from '../../../shared/web-pubsub/webhook-routes';
import { policies } from '../../support/domain/policies';
import {
  ACCESS_KEY,
  bodyOf,
  call,
  eventHeaders,
  HUB,
  request,
  sign,
  without,
  type EventParts,
} from './request';
import { ANN, ID, scene } from './scene';

const HOST = 'chat.webpubsub.azure.com';

function webhook(perMinute = 0, serviceHosts = [HOST]) {
  const here = scene();
  const deps = {
    ...here.deps,
    guard: signatureGuard([ACCESS_KEY]),
    limits: createParticipantLimits({ perMinute, now: () => here.clock.now }),
    hub: HUB,
    serviceHosts,
  };
  return {
    ...here,
    handle: (parts: Parameters<typeof request>[0]) =>
      call(
        parts?.method === 'OPTIONS' ? 'validate-web-pubsub-events' : 'web-pubsub-events',
        request(parts),
        deps,
      ),
    send: (parts: EventParts, body?: unknown) =>
      call('web-pubsub-events', request({ headers: eventHeaders(parts), body }), deps),
    sendUnreadable: (parts: EventParts) => {
      const asked = request({ headers: eventHeaders(parts) });
      return call('web-pubsub-events', { ...asked, arrayBuffer: () => Promise.reject(new Error()) }, deps);
    },
    guardedBy: (guard: typeof deps.guard) =>
      call('web-pubsub-events', request({ headers: eventHeaders() }), { ...deps, guard }),
  };
}

describe('the validation request of the service', () => {
  it.each([HOST, HOST.toUpperCase(), `other.example, ${HOST}`])('of %s is granted', async (origin) => {
    const answer = await webhook().handle({
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': origin },
    });
    expect(answer).toEqual({ status: 200, headers: { 'webhook-allowed-origin': HOST } });
  });

  it('of a host that is configured besides, such as a custom domain, is granted for that host', async () => {
    const { handle } = webhook(0, [HOST, 'chat.contoso.com', 'replica.example']);
    const headers = { 'webhook-request-origin': 'CHAT.contoso.com' };
    expect(await handle({ method: 'OPTIONS', headers })).toEqual({
      status: 200,
      headers: { 'webhook-allowed-origin': 'chat.contoso.com' },
    });
  });

  it.each([undefined, '', 'evil.example', `${HOST}.evil.example`])(
    'of anybody else (%j) is not',
    async (origin) => {
      const headers: Record<string, string> =
        origin === undefined ? {} : { 'webhook-request-origin': origin };
      const answer = await webhook().handle({ method: 'OPTIONS', headers });
      expect(answer.status).toBe(400);
      expect(bodyOf(answer)).toMatchObject({
        field: 'WebHook-Request-Origin',
        detail: expect.stringContaining('is not the configured service'),
      });
    },
  );
});

describe.each([HOST, 'chat.contoso.com', 'replica.example'])('a service that is reached by %s', (origin) => {
  const [FIRST, SECOND] = ['key-of-the-service-1', 'key-of-the-service-2'] as const;
  const there = () => webhook(0, [HOST, 'chat.contoso.com', 'replica.example']);

  it('is granted its handshake under that name', async () => {
    const headers = { 'webhook-request-origin': origin };
    const answer = await there().handle({ method: 'OPTIONS', headers });
    expect(answer).toMatchObject({ status: 200, headers: { 'webhook-allowed-origin': origin } });
  });

  it.each([
    ['the primary key', FIRST, 204],
    ['the secondary key', SECOND, 204],
    ['both', `${FIRST},${SECOND}`, 204],
    ['another key', 'key-of-somebody-else', 401],
  ])('has its events signed with %s answered %s', async (_, keys, status) => {
    const here = there();
    await here.send({ name: 'connect', id: '0' }, {});
    const connectionId = 'connection-a';
    const signatures = keys.split(',').map((key) => sign(connectionId, key));
    const headers = {
      ...eventHeaders({ name: 'connected', connectionId }),
      'webhook-request-origin': origin,
      'ce-signature': signatures.join(','),
    };
    const answer = await call('web-pubsub-events', request({ headers }), {
      ...here.deps,
      guard: signatureGuard([FIRST, SECOND]),
      limits: createParticipantLimits({ perMinute: 0, now: () => here.clock.now }),
      hub: HUB,
    });
    expect(answer.status).toBe(status);
    const known = here.world.conversation(ID).liveConnectionIds;
    expect(known).toEqual(status === 204 ? [connectionId] : []);
  });
});

it('grants nothing while no service is configured', async () => {
  const headers = { 'webhook-request-origin': '' };
  expect((await webhook(0, ['']).handle({ method: 'OPTIONS', headers })).status).toBe(400);
});

describe('the handshake of a workstream with policies of its own', () => {
  const chat = () => {
    const here = webhook();
    const table = { ...policies(), channels: { archive: 'persistent-chat' } as const };
    here.world.operatorSettings = { ...here.world.operatorSettings, policies: table };
    const open = (query: Readonly<Record<string, string>>) =>
      here.send(
        { name: 'connect', id: '0' },
        { query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])) },
      );
    return { ...here, open };
  };

  it('is refused without the proof of a sign-in for this conversation and this workstream [R144]', async () => {
    const { open, tickets, world } = chat();
    const proofs = [
      undefined,
      'a.b.c',
      await tickets.issueSignIn('conversation-0002', 'archive'),
      await tickets.issueSignIn(ID, 'default'),
      (await tickets.issue({ role: 'customer', conversationId: ID }, { workstream: 'archive' })).ticket,
    ];
    for (const signin of proofs) {
      const answer = await open({ workstream: 'archive', ...(signin !== undefined && { signin }) });
      expect(bodyOf(answer)).toMatchObject({ status: 403, code: 'sign-in-required' });
    }
    expect(world.listed.size).toBe(0);
  });

  it('opens with it, and for a tab of a conversation that there is without [R144]', async () => {
    const { open, tickets, world } = chat();
    expect(
      (await open({ workstream: 'archive', signin: await tickets.issueSignIn(ID, 'archive') })).status,
    ).toBe(200);
    expect(world.conversation(ID)).toMatchObject({ channel: 'persistent-chat' });
    expect((await open({ workstream: 'archive' })).status).toBe(200);
  });
});

describe('an event that cannot be understood', () => {
  it.each<[string, EventParts, unknown, string]>([
    ['a text that is none', { name: 'message' }, { text: 5 }, '"field":"text"'],
    ['another hub', { name: 'connected', hub: 'other' }, undefined, '"status":404,"field":"ce-hub"'],
    [
      'a context variable that is none',
      { name: 'connect' },
      { query: { 'ctx.PRIVATE name': ['PRIVATE'] } },
      '"status":400,"field":"query.context"',
    ],
    [
      'a body that is too large',
      { name: 'message' },
      { text: 'PRIVATE'.repeat(200_000) },
      '"status":413,"field":"body"',
    ],
  ])('%s: one warning with its field and its code, and nothing that anybody wrote', async (...given) => {
    const [, parts, body, told] = given;
    const { send, lines } = webhook();
    expect(bodyOf(await send(parts, body))['code']).toBe('invalid-input');
    expect(lines).toEqual([
      { level: 'warn', text: expect.stringContaining(`"code":"invalid-input",${told}`) },
    ]);
    expect(lines[0]?.text).toMatch(
      /^web-pubsub-events: refused a (request that cannot be understood|message) /,
    );
    expect(lines[0]?.text).not.toContain('PRIVATE');
  });
});

describe('a request that is not signed', () => {
  it.each([
    ['ce-signature is missing.', without(eventHeaders(), 'ce-signature')],
    ['ce-signature is not valid.', { ...eventHeaders(), 'ce-signature': `sha256=${'0'.repeat(64)}` }],
  ])('because %s: 401, nothing touched, one warning without secrets', async (detail, headers) => {
    const { handle, world, lines } = webhook();
    const answer = await handle({ headers, body: { text: 'PRIVATE' } });
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    expect(bodyOf(answer)).toMatchObject({ code: 'not-authenticated', status: 401, detail });
    expect(world.log).toEqual([]);
    expect(lines.map(({ level }) => level)).toEqual(['warn']);
    expect(lines[0]?.text).toContain('web-pubsub-events');
    expect(lines[0]?.text).not.toMatch(new RegExp(`PRIVATE|${ACCESS_KEY}|0{64}`));
  });

  it('is refused before its body is looked at', async () => {
    const { handle } = webhook();
    const headers = without(eventHeaders(), 'ce-signature');
    expect((await handle({ headers, body: 'x'.repeat(200_000) })).status).toBe(401);
  });

  it('is refused with 403 when the guard says so', async () => {
    const answer = await webhook().guardedBy(async () => {
      throw new AccessDeniedError(403, 'not this one');
    });
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  });
});

describe('the events of a customer', () => {
  it('lead from connect to the transcript', async () => {
    const { send, world } = webhook();
    const connect = await send({ name: 'connect', id: '0' }, { query: { name: ['Erika'] } });
    expect(connect).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(bodyOf(connect)).toEqual({ groups: [`conversation.${ID}`] });
    expect(await send({ name: 'connected' })).toEqual({ status: 204 });
    expect(await send({ name: 'message', id: '2' }, { text: 'Hello' })).toEqual({ status: 204 });
    expect(await send({ name: 'leave', id: '3' })).toEqual({ status: 204 });
    expect(await send({ name: 'disconnected', id: '4' })).toEqual({ status: 204 });
    expect(world.conversation(ID)).toMatchObject({ state: 'Closed', end: { reason: 'customer-ended' } });
    expect(world.entriesOf(ID)).toMatchObject([{ text: 'Hello' }, { trigger: expect.any(String) }]);
  });

  it('get 413 for a body that is larger than the service sends; nothing is touched', async () => {
    const { send, world } = webhook();
    expect(await send({ name: 'connect' }, 'x'.repeat(128 * 1024 + 1))).toMatchObject({ status: 413 });
    expect(await send({ name: 'message' }, 'x'.repeat(1024 * 1024 + 1))).toMatchObject({ status: 413 });
    expect(world.log).toEqual([]);
  });

  it('get 411 for a body that was sent in chunks and that the host has dropped', async () => {
    const { handle, world } = webhook();
    const headers = { ...eventHeaders({ name: 'message' }), 'transfer-encoding': 'chunked' };
    const answer = await handle({ headers });
    expect([answer.status, bodyOf(answer)['code']]).toEqual([411, 'length-required']);
    expect(world.log).toEqual([]);
  });

  it.each(['\u0001', '\ud800'])(
    'get 400 for context variables full of characters like %j, which cannot be stored',
    async (value) => {
      const query = Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`ctx.v${index}`, [value.repeat(500)]]),
      );
      const answer = await webhook().send({ name: 'connect', id: '0' }, { query });
      expect(answer.status).toBe(400);
    },
  );

  it('are refused when the conversation has ended, with a reason that the widget can act on [R114]', async () => {
    const { send, born } = webhook();
    await born();
    await send({ name: 'leave', id: '1' });
    const again = await send({ name: 'connect', id: '0', connectionId: 'connection-b' }, {});
    expect(again.status).toBe(409);
    expect(bodyOf(again)).toMatchObject({
      code: 'conversation-ended',
      state: 'Closed',
      reason: 'customer-ended',
      options: ['new-conversation'],
    });
  });

  it('are told of a refused message over the socket, because a bad status could cost the socket', async () => {
    const { send, born } = webhook();
    await born();
    await send({ name: 'leave', id: '1' });
    const message = await send({ name: 'message', id: '2' }, { text: 'Are you there?' });
    expect(message.status).toBe(200);
    expect(bodyOf(message)).toMatchObject({
      type: 'refused',
      code: 'conversation-ended',
      conversationId: ID,
    });
    expect(message.body).not.toContain('Are you there?');
  });

  it('are told which message was refused, under the id that they have given it [R132]', async () => {
    const { send, born } = webhook();
    await born();
    await send({ name: 'leave', id: '1' });
    const refused = async (messageId?: string) =>
      bodyOf(await send({ name: 'message', id: '2' }, { text: 'Are you there?', messageId }));
    expect(await refused('m-7')).toMatchObject({ code: 'conversation-ended', messageId: 'm-7' });
    expect(await refused()).not.toHaveProperty('messageId');
  });

  it('are messages in their own conversation, whatever other one they name', async () => {
    const { send, born, world } = webhook();
    await born();
    const other = 'conversation-0002';
    await send({ name: 'connect', id: '0', userId: `customer.${other}`, connectionId: 'connection-b' }, {});
    const body = { text: 'Hello', conversationId: other };
    expect(await send({ name: 'message', connectionId: 'tab-a' }, body)).toEqual({ status: 204 });
    expect(world.entriesOf(ID)).toMatchObject([{ text: 'Hello' }]);
    expect(world.entriesOf(other)).toEqual([]);
  });

  it.each(['message', 'leave'])('are told over the socket that nothing is known (%s)', async (name) => {
    const answer = await webhook().send({ name }, { text: 'Hello' });
    expect(answer.status).toBe(200);
    expect(bodyOf(answer)).toMatchObject({ type: 'refused', code: 'conversation-not-found' });
  });

  it.each(['connected', 'disconnected'])('get 404 for %s of an unknown conversation', async (name) => {
    const answer = await webhook().send({ name });
    expect(answer.status).toBe(404);
    expect(bodyOf(answer)['code']).toBe('conversation-not-found');
  });
});

describe('what people type', () => {
  const says = (body: unknown, parts: EventParts = {}) =>
    [{ name: 'message', connectionId: 'tab-a', id: '5', ...parts }, body] as const;

  it.each([
    ['with control characters', 'a\u0000\u001bb', 'ab'],
    ['with half an emoji', 'x😀'.slice(0, 2), 'x\ufffd'],
    ['with a line break of an office program', 'a\u000bb', 'a\nb'],
    ['in two directions, with joined emoji', 'שלום 👩‍👩‍👧', 'שלום 👩‍👩‍👧'],
  ])('%s is stored as it can be shown, and told so [R131]', async (_what, text, stored) => {
    const { send, born, world } = webhook();
    await born();
    expect(await send(...says({ text, messageId: 'm-1' }))).toEqual({ status: 204 });
    expect(world.entriesOf(ID)).toMatchObject([{ kind: 'message', text: stored }]);
    expect(world.pushes.filter(({ push }) => push.type === 'message')).toMatchObject([
      { push: { text: stored, messageId: 'm-1' } },
    ]);
  });

  it.each<[string, unknown, object]>([
    ['nothing', { text: '', messageId: 'm-1' }, { field: 'text', messageId: 'm-1' }],
    ['blanks only', { text: ' \n\u200b', messageId: 'm-1' }, { field: 'text', messageId: 'm-1' }],
    ['too much', { text: 'x'.repeat(300_000), messageId: 'm-1' }, { field: 'text', messageId: 'm-1' }],
    ['no text', { text: 7, messageId: 'm-1' }, { field: 'text', messageId: 'm-1' }],
    ['no object', [7], { field: 'data' }],
    ['no JSON', 'text', { field: 'data' }],
    ['an id that is none', { text: 'Hello', messageId: 7 }, { field: 'messageId' }],
  ])(
    '%s is refused by a message for its sender; nothing is touched [R131 R132]',
    async (_what, body, told) => {
      const { send, born, world } = webhook();
      await born();
      const before = [...world.log];
      const refused = await send(...says(body));
      expect(refused).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
      expect(bodyOf(refused)).toEqual({
        type: 'refused',
        conversationId: ID,
        code: 'invalid-input',
        detail: expect.stringMatching(/^\w+: must \w+/),
        ...told,
      });
      expect(world.log).toEqual(before);
    },
  );

  it.each<[string, EventParts]>([
    ['bytes', { contentType: 'application/octet-stream' }],
    ['an event of another name', { name: 'shouting' }],
    ['an agent that names no conversation', { userId: 'agent.ann' }],
  ])('as %s is refused by a message for its sender [R131]', async (_what, parts) => {
    const refused = await webhook().send(...says({ text: 'Hello' }, parts));
    expect(refused.status).toBe(200);
    expect(bodyOf(refused)).toMatchObject({
      type: 'refused',
      code: 'invalid-input',
      field: expect.any(String),
    });
  });
});

describe('a message that its client sends again by itself [R133]', () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 2, 1, 10, 0, seconds)).toISOString();
  const FIRST = { name: 'message', connectionId: 'tab-a', id: '5', time: at(0) };
  const AGAIN = { ...FIRST, id: '6', time: at(3) };

  /** A conversation that its customer has open in `tab-a`, and that Ann has accepted. */
  async function accepted() {
    const here = webhook();
    await here.born();
    const { agentId, agentName } = ANN;
    await here.service.handle(ID, { type: 'agent-accepted', agentId, agentName });
    const texts = () =>
      here.world.entriesOf(ID).flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
    return { ...here, texts };
  }
  const BY_AGENT = { userId: `agent.${ANN.agentId}`, connectionId: 'desk' };
  const writers: [string, EventParts, object][] = [
    ['a customer', {}, {}],
    ['an agent', BY_AGENT, { conversationId: ID }],
  ];

  it.each(writers)(
    'is stored once, and told again under the same id, if it is of %s',
    async (_who, by, more) => {
      const { send, world, texts } = await accepted();
      const told = () => world.pushes.flatMap(({ push }) => (push.type === 'message' ? [push.id] : []));
      await send({ ...FIRST, ...by }, { text: 'ok', ...more });
      const first = told();
      for (const [index, seconds] of [1, 2, 3].entries()) {
        const again = { ...FIRST, ...by, id: `${6 + index}`, time: at(seconds) };
        expect(await send(again, { text: 'ok', ...more })).toEqual({ status: 204 });
      }
      expect(texts()).toEqual(['ok']);
      expect(new Set(told())).toEqual(new Set(first));
    },
  );

  it.each<[string, EventParts, string]>([
    ['later than any repetition', { time: at(6) }, 'ok'],
    ['from another connection', { connectionId: 'tab-b' }, 'ok'],
    ['with another text', {}, 'OK'],
    ['that is another one until it is cleaned', {}, 'o\u007fk'],
    ['by somebody else', BY_AGENT, 'ok'],
  ])('is a second message %s', async (_how, parts, text) => {
    const { send, texts } = await accepted();
    await send(FIRST, { text: 'ok' });
    await send({ ...AGAIN, ...parts }, { text, conversationId: ID });
    expect(texts()).toEqual(['ok', text.replace('\u007f', '')]);
  });

  it('is no endless repetition: what is said every four seconds is stored every eight', async () => {
    const { send, texts } = await accepted();
    for (const seconds of [0, 4, 8, 12, 16]) {
      await send({ ...FIRST, id: `${5 + seconds}`, time: at(seconds) }, { text: 'ok' });
    }
    expect(texts()).toHaveLength(3);
  });

  it('counts from when it was sent, however late it is heard', async () => {
    const { send, texts, clock } = await accepted();
    await send(FIRST, { text: 'ok' });
    clock.now += 60_000;
    await send(AGAIN, { text: 'ok' });
    expect(texts()).toEqual(['ok']);
  });

  it.each(writers)(
    'is stored once for good under an id of its own, if it is of %s',
    async (_who, by, more) => {
      const { send, texts } = await accepted();
      const body = { text: 'ok', messageId: 'm-1', ...more };
      await send({ ...FIRST, ...by }, body);
      await send({ ...AGAIN, ...by, time: at(600) }, body);
      await send({ ...AGAIN, ...by, connectionId: 'another', time: at(900) }, body);
      expect(texts()).toEqual(['ok']);
      await send({ ...AGAIN, ...by, id: '7' }, { ...body, messageId: 'm-2' });
      expect(texts()).toEqual(['ok', 'ok']);
    },
  );

  it.each(writers)('is stored once under an id of its own after %s was lost', async (_who, by, more) => {
    const { send, world, texts } = await accepted();
    const body = { text: 'ok', messageId: 'm-1', ...more };
    await send({ ...FIRST, ...by }, body);
    await send({ ...AGAIN, ...by, name: 'disconnected' });
    world.open(ID, 'another');
    await send({ ...FIRST, ...by, name: 'connected', connectionId: 'another' });
    await send({ ...AGAIN, ...by, connectionId: 'another' }, body);
    expect(texts()).toEqual(['ok']);
  });
});

describe('the device of a customer', () => {
  const PHONE = 'Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0';
  const HANDSHAKE = { query: {}, headers: { 'User-Agent': [PHONE] } };

  /** The webhook, and a service that sends the state of a connection back with its later events. */
  function remembered() {
    const here = webhook();
    let state: string | undefined;
    return {
      ...here,
      send: async (parts: EventParts, body?: unknown) => {
        const headers = {
          ...eventHeaders(parts),
          ...(state !== undefined && { 'ce-connectionState': state }),
        };
        const answer = await here.handle({ headers, body });
        state = answer.headers?.['ce-connectionState'] ?? state;
        return answer;
      },
    };
  }

  it('is known from connect on', async () => {
    const { send, world } = remembered();
    await send({ name: 'connect', id: '0' }, HANDSHAKE);
    expect(world.conversation(ID).device).toBe('phone');
  });

  it('is given to the service as the state of the connection', async () => {
    const answer = await webhook().send({ name: 'connect', id: '0' }, HANDSHAKE);
    expect(answer.headers).toMatchObject({
      'ce-connectionState': encodeConnectionState({ device: 'phone' }),
    });
  });

  it('is the one of the connection that was opened last', async () => {
    const { send, born, world } = remembered();
    await born();
    expect(world.conversation(ID).device).toBe('unknown');
    const socket = { connectionId: 'connection-b' };
    await send({ name: 'connect', id: '0', ...socket }, HANDSHAKE);
    expect(world.conversation(ID).device).toBe('unknown');
    await send({ name: 'connected', ...socket });
    expect(world.conversation(ID).device).toBe('phone');
  });

  it('that was lost decides how long it is waited for [R27 R99]', async () => {
    const { send, world } = remembered();
    const rule = { id: 'phones', when: { device: ['phone'] }, set: { grace: 10 * MINUTE } } as const;
    world.operatorSettings = { policies: { ...policies(), rules: [rule] }, messages: [] };
    await send({ name: 'connect', id: '0' }, HANDSHAKE);
    await send({ name: 'connected' });
    await send({ name: 'disconnected', id: '2' });
    const { since, deadline } = world.conversation(ID).disconnection ?? { since: 0, deadline: 0 };
    expect(deadline - since).toBe(10 * MINUTE);
  });

  it('is not told to an agent', async () => {
    const answer = await webhook().send({ name: 'connect', id: '0', userId: 'agent.ann' }, HANDSHAKE);
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('ce-connectionState');
  });
});

describe('the events of an agent', () => {
  const agent = (parts: EventParts, body?: unknown) => [{ ...parts, userId: 'agent.ann' }, body] as const;

  it("let its socket into the group of agents and touch no conversation that is not the agent's", async () => {
    const { send, born, world, writes } = webhook();
    await born();
    const before = writes();
    expect(bodyOf(await send(...agent({ name: 'connect', id: '0' }, {})))).toEqual({ groups: ['agents'] });
    expect(await send(...agent({ name: 'connected' }))).toEqual({ status: 204 });
    world.absentAgents.add('ann');
    expect(await send(...agent({ name: 'disconnected', id: '2' }))).toEqual({ status: 204 });
    expect(writes().filter((entry) => entry !== 'agent-presence')).toEqual(before);
  });

  it('let it into the groups of the queues that its URL names, and refuse what is no name [R320]', async () => {
    const { send } = webhook();
    const connect = (query: object) => send(...agent({ name: 'connect', id: '0' }, { query }));
    expect(bodyOf(await connect({ queue: ['sales', 'returns'] }))).toEqual({
      groups: ['agents', 'agents.of-queues', 'queue.sales', 'queue.returns'],
    });
    for (const queue of [
      ['a b'],
      [''],
      ['x'.repeat(65)],
      [],
      Array.from({ length: 33 }, (_, at) => `q-${at}`),
    ]) {
      const answer = await connect({ queue });
      expect(answer.status).toBe(400);
      expect(String(bodyOf(answer)['field'])).toMatch(/^query\.queue/);
    }
  });

  it('tell the conversations of the agent that it has gone and that it is back', async () => {
    const { send, born, service, world } = webhook();
    await born();
    await service.handle(ID, { type: 'agent-accepted', agentId: ANN.agentId, agentName: ANN.agentName });
    world.absentAgents.add('ann');
    expect(await send(...agent({ name: 'disconnected', id: '2' }))).toEqual({ status: 204 });
    expect(world.conversation(ID).agentDisconnection).toMatchObject({ number: 1, agentId: 'ann' });
    world.absentAgents.delete('ann');
    expect(await send(...agent({ name: 'connected', connectionId: 'desk-b' }))).toEqual({ status: 204 });
    expect(world.conversation(ID)).not.toHaveProperty('agentDisconnection');
    expect(world.conversation(ID).lastAgentDisconnection).toMatchObject({ reconnectedBy: 'desk-b' });
  });

  it.each(['agent-presence', 'load', 'save', 'push'] as const)(
    'get 503 while a service fails (%s), and succeed when they are repeated',
    async (operation) => {
      const { send, born, service, world } = webhook();
      await born();
      await service.handle(ID, { type: 'agent-accepted', agentId: ANN.agentId, agentName: ANN.agentName });
      world.absentAgents.add('ann');
      // Another process has changed it last, so it has to be read.
      world.touch(ID);
      world.fail(operation, 1);
      const gone = agent({ name: 'disconnected', id: '2' });
      expect(await send(...gone)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(await send(...gone)).toEqual({ status: 204 });
      expect(world.conversation(ID)).toMatchObject({ agentDisconnectionCount: 1 });
    },
  );

  it('append messages to the conversation that the agent has accepted, and to no other', async () => {
    const { send, born, service, world } = webhook();
    await born();
    const message = agent({ name: 'message', id: '1' }, { text: 'Hello', conversationId: ID });
    expect(bodyOf(await send(...message))).toMatchObject({ type: 'refused', code: 'not-assigned-to-you' });
    await service.handle(ID, { type: 'agent-accepted', agentId: ANN.agentId, agentName: ANN.agentName });
    expect(await send(...message)).toEqual({ status: 204 });
    expect(world.entriesOf(ID).filter(({ kind }) => kind === 'message')).toMatchObject([{ text: 'Hello' }]);
  });

  it('cannot leave a conversation for its customer', async () => {
    const answer = await webhook().send(...agent({ name: 'leave' }));
    expect(answer.status).toBe(200);
    expect(bodyOf(answer)).toMatchObject({
      type: 'refused',
      field: 'event',
      detail: expect.stringContaining('only a customer can leave'),
    });
  });
});

describe('somebody types', () => {
  const byAgent = (agentId: string, data: unknown = { conversationId: ID }) =>
    [{ name: 'typing', userId: `agent.${agentId}`, connectionId: `desk-${agentId}` }, data] as const;
  const byCustomer = [{ name: 'typing', connectionId: 'tab-a' }, {}] as const;
  const here = async (...events: readonly ('agent-offered' | 'agent-accepted' | 'agent-ended')[]) => {
    const chat = webhook();
    await chat.born();
    for (const type of events) await chat.service.handle(ID, { ...ANN, type });
    chat.world.log.length = 0;
    chat.world.pushes.length = 0;
    return chat;
  };

  it('the other side is told, the customer without the id of the agent [R260]', async () => {
    const { send, world } = await here('agent-accepted');
    expect(await send(...byCustomer)).toEqual({ status: 204 });
    expect(await send(...byAgent('ann'))).toEqual({ status: 204 });
    const push = { type: 'typing', conversationId: ID, at: '2026-03-01T10:00:00.000Z' };
    expect(world.pushes).toEqual([
      {
        conversationId: ID,
        audience: { to: 'agent', agentId: 'ann' },
        push: {
          ...push,
          id: expect.stringContaining('typing.customer.'),
          author: { role: 'customer', name: 'Erika Mustermann' },
        },
      },
      {
        conversationId: ID,
        audience: { to: 'customer' },
        push: {
          ...push,
          id: expect.stringContaining('typing.agent.'),
          author: { role: 'agent', name: 'Ann Smith' },
        },
      },
    ]);
  });

  it('nothing is stored, nobody counts as present, and it costs one read and one push [R260]', async () => {
    const { send, world, clock } = await here('agent-accepted');
    world.lose(ID, 'tab-a');
    await send({ name: 'disconnected', connectionId: 'tab-a', id: '9' });
    world.log.length = 0;
    const before = world.conversation(ID);
    clock.now += MINUTE;
    await send({ name: 'typing', connectionId: 'tab-b' }, {});
    expect(world.conversation(ID)).toEqual(before);
    expect(world.log).toEqual(['load', 'push typing to agent']);
  });

  it.each([false, true])(
    'nobody is told of a customer whom no agent has accepted (offered: %s) [R260]',
    async (isOffered) => {
      const { send, world } = await here(...(isOffered ? (['agent-offered'] as const) : []));
      expect(await send(...byCustomer)).toEqual({ status: 204 });
      expect(world.pushes).toEqual([]);
    },
  );

  it.each([
    ["an agent in a colleague's", ['agent-accepted'], byAgent('bob'), 'not-assigned-to-you'],
    ['an agent in what it is only offered', ['agent-offered'], byAgent('ann'), 'not-assigned-to-you'],
    ['an agent in the queue', [], byAgent('ann'), 'not-assigned-to-you'],
    ['an agent after the end', ['agent-accepted', 'agent-ended'], byAgent('ann'), 'conversation-ended'],
    ['the customer after the end', ['agent-accepted', 'agent-ended'], byCustomer, 'conversation-ended'],
    [
      'an agent where there is none',
      [],
      byAgent('ann', { conversationId: 'conversation-0009' }),
      'conversation-not-found',
    ],
    ['an agent who does not say where', ['agent-accepted'], byAgent('ann', {}), 'invalid-input'],
  ] as const)('%s is refused, and told that it was no message [R260]', async (_who, events, sent, code) => {
    const { send, world } = await here(...events);
    const [parts, data] = sent;
    const refused = await send(parts, data);
    expect(refused.status).toBe(200);
    expect(bodyOf(refused)).toMatchObject({ type: 'refused', event: 'typing', code });
    expect(world.pushes).toEqual([]);
  });

  it('more often than every two seconds at one connection, it is answered and left out, unread [R260]', async () => {
    const { send, world, clock } = await here('agent-accepted');
    for (let n = 0; n < 20; n += 1) expect(await send(...byCustomer)).toEqual({ status: 204 });
    expect(world.log).toEqual(['load', 'push typing to agent']);
    expect(await send({ name: 'typing', connectionId: 'tab-b' }, {})).toEqual({ status: 204 });
    clock.now += 2_000;
    await send(...byCustomer);
    expect(world.log).toHaveLength(6);
  });

  it('what an agent types in one conversation keeps nobody of another from being told [R260]', async () => {
    const { send, world, service, born } = await here('agent-accepted');
    const other = 'conversation-0002';
    await born(other);
    await service.handle(other, { ...ANN, type: 'agent-accepted' });
    world.pushes.length = 0;
    for (const conversationId of [ID, other, ID, other]) await send(...byAgent('ann', { conversationId }));
    expect(world.pushes.map(({ conversationId }) => conversationId)).toEqual([ID, other]);
  });

  it.each(['load', 'push'] as const)(
    'while a service fails (%s), nobody is told, and the sender keeps its connection [R260]',
    async (operation) => {
      const { send, world, lines } = await here('agent-accepted');
      world.fail(operation, 1);
      expect(await send(...byCustomer)).toEqual({ status: 204 });
      expect(world.pushes).toEqual([]);
      expect(lines.map(({ text }) => text)).toEqual([
        'web-pubsub-events: typing was not told {"code":"dependency-failed"}',
      ]);
    },
  );
});

describe('when a service fails that the event needs', () => {
  it.each(['load', 'save', 'start-timer', 'put-work-list', 'push'] as const)(
    '(%s) the answer is 503, and the repeated event succeeds with a single effect',
    async (operation) => {
      const { send, born, world, lines } = webhook();
      await born();
      world.lose(ID, 'tab-a');
      // Another process has changed it last, so it has to be read.
      world.touch(ID);
      world.fail(operation, 1);
      const lost: EventParts = { name: 'disconnected', connectionId: 'tab-a', id: '9' };
      const failed = await send(lost);
      expect(failed).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(bodyOf(failed)).toMatchObject({ code: 'temporarily-unavailable' });
      expect(lines.map(({ level }) => level)).toEqual(['error']);
      expect(await send(lost)).toEqual({ status: 204 });
      expect(await send(lost)).toEqual({ status: 204 });
      expect(world.conversation(ID)).toMatchObject({ disconnectionCount: 2, disconnection: { number: 2 } });
      expect([...world.timerList.keys()]).toEqual([`${ID}.disconnection.1`, `${ID}.disconnection.2`]);
    },
  );

  it('a message is stored once, however often it is repeated', async () => {
    const { send, born, world } = webhook();
    await born();
    world.fail('push', 1);
    const message = [{ name: 'message', connectionId: 'tab-a', id: '5' }, { text: 'Only once' }] as const;
    expect((await send(...message)).status).toBe(503);
    expect((await send(...message)).status).toBe(204);
    expect(world.entriesOf(ID)).toHaveLength(1);
  });

  it('nothing of the failure is told to the caller', async () => {
    const { send, world } = webhook();
    world.gate = () => {
      throw new Error('a bug with PRIVATE details');
    };
    const answer = await send({ name: 'connect' }, {});
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain('PRIVATE');
  });
});

describe('handshakes with one socket URL', () => {
  it('[R235] beyond the limit are refused with nothing of their bodies read', async () => {
    const { send, sendUnreadable } = webhook(1);
    expect((await send({ name: 'connect' }, {})).status).toBe(200);
    expect((await sendUnreadable({ name: 'connect' })).status).toBe(429);
  });

  it('are limited: the one too many is answered 429, and the next one succeeds when it is time', async () => {
    const { send, clock } = webhook(6);
    for (let n = 1; n <= 6; n += 1) {
      expect((await send({ name: 'connect', connectionId: `c-${n}` }, {})).status).toBe(200);
    }
    const refused = await send({ name: 'connect', connectionId: 'c-7' }, {});
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
    expect(bodyOf(refused)).toMatchObject({ code: 'too-many-requests', retryAfterSeconds: 10 });
    clock.now += 10_000;
    expect((await send({ name: 'connect', connectionId: 'c-8' }, {})).status).toBe(200);
  });

  it('do not count for others, nor against what must be heard', async () => {
    const { send, world } = webhook(1);
    await send({ name: 'connect', connectionId: 'c-1' }, {});
    expect((await send({ name: 'connect', connectionId: 'c-2' }, {})).status).toBe(429);
    const other = { userId: 'customer.conversation-0002' };
    expect((await send({ name: 'connect', connectionId: 'c-3', ...other }, {})).status).toBe(200);
    for (let n = 1; n <= 30; n += 1) {
      expect((await send({ name: 'connected', connectionId: `c-${n}` })).status).toBe(204);
      world.open(ID, `c-${n}`);
    }
    for (let n = 1; n <= 30; n += 1) {
      expect((await send({ name: 'disconnected', connectionId: `c-${n}`, id: '2' })).status).toBe(204);
    }
    expect((await send({ name: 'leave', id: '3' })).status).toBe(204);
  });
});

describe('a message beyond what is taken in a few seconds', () => {
  it('is answered 200 with a message for its sender that says when to go on', async () => {
    const { born, send } = webhook();
    await born();
    const say = (n: number) => send({ name: 'message', connectionId: 'tab-a', id: `${n}` }, { text: `${n}` });
    for (let n = 1; n <= 20; n += 1) expect(await say(n)).toEqual({ status: 204 });
    const refused = await say(21);
    expect(refused.status).toBe(200);
    expect(bodyOf(refused)).toEqual({
      type: 'refused',
      conversationId: ID,
      code: 'too-many-messages',
      detail: 'At most 20 messages are taken in 10 seconds.',
      state: 'Open',
      retryAfterSeconds: 10,
    });
  });
});
