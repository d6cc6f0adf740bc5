import { describe, expect, it } from '@jest/globals';
import { createParticipantLimits } from '../../../shared/access/limit-guard';
import { AccessDeniedError } from '../../../shared/app/errors';
import { MINUTE } from '../../../shared/conversation/time';
import { encodeConnectionState } from '../../../shared/web-pubsub/cloud-event-parser';
import { signatureGuard } from '../../../shared/web-pubsub/webhook-routes';
import { policies } from '../../support/domain/policies';
import { ACCESS_KEY, bodyOf, call, eventHeaders, HUB, request, without, type EventParts } from './request';
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

it('grants nothing while no service is configured', async () => {
  const headers = { 'webhook-request-origin': '' };
  expect((await webhook(0, ['']).handle({ method: 'OPTIONS', headers })).status).toBe(400);
});

describe('a request that is not signed', () => {
  it.each([
    ['ce-signature is missing', without(eventHeaders(), 'ce-signature')],
    ['ce-signature is not valid', { ...eventHeaders(), 'ce-signature': `sha256=${'0'.repeat(64)}` }],
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

  it('get 413 for a body that is too large, 400 for a wrong one, naming the part; nothing is touched', async () => {
    const { send, world } = webhook();
    expect(await send({ name: 'message' }, 'x'.repeat(128 * 1024 + 1))).toMatchObject({ status: 413 });
    const wrong = await send({ name: 'message' }, { text: 7 });
    expect(wrong.status).toBe(400);
    expect(bodyOf(wrong)).toMatchObject({ code: 'invalid-input', field: 'body.text' });
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
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toMatchObject({
      field: 'ce-eventName',
      detail: expect.stringContaining('only a customer can leave'),
    });
  });
});

describe('when a service fails that the event needs', () => {
  it.each(['load', 'save', 'start-timer', 'put-work-list', 'push'] as const)(
    '(%s) the answer is 503, and the repeated event succeeds with a single effect',
    async (operation) => {
      const { send, born, world, lines } = webhook();
      await born();
      world.lose(ID, 'tab-a');
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
