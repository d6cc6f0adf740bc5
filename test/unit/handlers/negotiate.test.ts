import { describe, expect, it } from '@jest/globals';
import {
  createParticipantLimits,
  createRateLimiter,
  limitedTickets,
} from '../../../shared/access/caller-guard';
import { DependencyError } from '../../../shared/app/errors';
import { MINUTE } from '../../../shared/conversation/time';
import { policies } from '../../support/domain/policies';
import { bodyOf, call, request, type RequestParts } from './request';
import { ANN, CUSTOMER, ID, NOW, scene } from './scene';

const DAY = 24 * 3_600_000;

function negotiation() {
  const here = scene();
  return {
    ...here,
    customer: (parts: RequestParts = {}) => call('negotiate', request(parts), here.deps),
    agent: (parts: RequestParts = {}) => call('negotiate-agent', request(parts), here.deps),
  };
}

describe('a workstream with policies of its own', () => {
  const CHANNELS = { archive: 'persistent-chat' } as const;
  const RULES = [{ id: 'vip', when: { workstream: ['vip'] }, set: { grace: DAY } }];
  const chat = () => {
    const here = negotiation();
    const table = { ...policies(), channels: CHANNELS, rules: RULES };
    here.world.operatorSettings = { ...here.world.operatorSettings, policies: table };
    return {
      ...here,
      known: (body: object) => call('negotiate-customer', request({ body }), here.deps),
      proofOf: async (answer: Record<string, unknown>) =>
        here.tickets.signedInFor(
          new URL(String(answer['url'])).searchParams.get('signin') ?? '',
          String(answer['conversationId']),
        ),
    };
  };

  it.each(['archive', 'vip'])(
    'is refused to a customer whom nobody has signed in: %s [R144]',
    async (workstream) => {
      const { customer, bearer, clientUrl } = chat();
      for (const headers of [{}, await bearer(CUSTOMER)]) {
        const answer = await customer({ headers, body: { workstream } });
        expect(bodyOf(answer)).toMatchObject({ status: 403, code: 'sign-in-required' });
      }
      expect(clientUrl).not.toHaveBeenCalled();
      expect((await customer({ body: { workstream: 'sales' } })).status).toBe(200);
    },
  );

  it('is for whom the site has signed in, also when the ticket asks again before the first socket [R144]', async () => {
    const { customer, known, proofOf } = chat();
    const first = bodyOf(await known({ customerId: 'kim', workstream: 'archive' }));
    expect(await proofOf(first)).toBe('archive');
    const headers = { authorization: `Bearer ${String(first['ticket'])}` };
    const again = bodyOf(await customer({ headers, body: { workstream: 'archive' } }));
    expect(again['conversationId']).toBe(first['conversationId']);
    expect(await proofOf(again)).toBe('archive');
    const third = { authorization: `Bearer ${String(again['ticket'])}` };
    expect((await customer({ headers: third, body: { workstream: 'archive' } })).status).toBe(200);
    expect(bodyOf(await customer({ headers, body: { workstream: 'vip' } }))).toMatchObject({
      code: 'sign-in-required',
    });
  });
});

describe('a customer who asks for a socket', () => {
  it('gets a new conversation, its URL with the profile and a ticket; nothing is stored or even read', async () => {
    const { customer, tickets, world } = negotiation();
    const answer = await customer({
      body: {
        name: 'Zoë & Søn',
        locale: 'de',
        queue: 'support',
        workstream: 'sales',
        channelInstance: 'shop',
        context: { OrderId: '47&11' },
      },
    });
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    const { conversationId, url, ticket, ticketExpiresAt } = bodyOf(answer) as Record<string, string>;
    expect(conversationId).toBe('new-conversation-0001');
    const query = Object.fromEntries(new URL(url ?? '').searchParams);
    expect(query).toEqual({
      access_token: 'token-of-customer.new-conversation-0001',
      name: 'Zoë & Søn',
      locale: 'de',
      queue: 'support',
      workstream: 'sales',
      channelInstance: 'shop',
      'ctx.OrderId': '47&11',
    });
    expect(ticketExpiresAt).toBe(new Date(NOW + 60 * DAY).toISOString());
    const headers = new Headers({ authorization: `Bearer ${ticket}` });
    await expect(tickets.callerOf(headers)).resolves.toEqual({ ...CUSTOMER, conversationId });
    expect(world.log).toEqual([]);
  });

  it.each([undefined, '', {}])('may say nothing about itself (%j)', async (body) => {
    expect((await negotiation().customer({ body })).status).toBe(200);
  });

  it('may say what it runs on, for the socket URL', async () => {
    const { customer } = negotiation();
    const queryFor = async (body: object) =>
      new URL(String(bodyOf(await customer({ body }))['url'])).searchParams;
    expect((await queryFor({ device: 'phone' })).getAll('device')).toEqual(['phone']);
    expect((await queryFor({})).has('device')).toBe(false);
  });

  it('comes back to its conversation with its ticket', async () => {
    const { customer, born, bearer, writes } = negotiation();
    await born();
    const before = writes().length;
    for (const body of [{}, { conversationId: ID }]) {
      const answer = await customer({ headers: await bearer(CUSTOMER), body });
      expect(bodyOf(answer)['conversationId']).toBe(ID);
    }
    expect(writes()).toHaveLength(before);
  });

  it('is told that its conversation has ended, and what it can do next [R30 R114]', async () => {
    const { customer, born, bearer, service, clientUrl } = negotiation();
    await born();
    await service.handle(ID, { type: 'customer-left' });
    const answer = await customer({ headers: await bearer(CUSTOMER) });
    expect(answer.status).toBe(409);
    expect(bodyOf(answer)).toMatchObject({
      code: 'conversation-ended',
      reason: 'customer-ended',
      options: ['new-conversation'],
    });
    expect(clientUrl).not.toHaveBeenCalled();
  });

  it.each<[number, string, RequestParts]>([
    [401, 'names a conversation without a ticket', { body: { conversationId: ID } }],
    [401, 'has a forged ticket', { headers: { authorization: 'Bearer a.b.c' } }],
    [401, 'sends something else than a ticket', { headers: { authorization: 'Basic YTpi' } }],
  ])('gets %i when it %s', async (status, _what, parts) => {
    const { customer, world, lines, clientUrl } = negotiation();
    const answer = await customer(parts);
    expect(answer).toMatchObject({ status, headers: { 'www-authenticate': 'Bearer' } });
    expect(world.log).toEqual([]);
    expect(clientUrl).not.toHaveBeenCalled();
    expect(lines.map(({ level }) => level)).toEqual(['warn']);
  });

  it('gets 403 with the ticket of another conversation', async () => {
    const { customer, bearer, world } = negotiation();
    const headers = await bearer({ ...CUSTOMER, conversationId: 'conversation-0002' });
    expect((await customer({ headers, body: { conversationId: ID } })).status).toBe(403);
    expect(world.log).toEqual([]);
  });

  it('comes back with the ticket of its first day while it is waited for, until the one absolute bound, whatever comes of it [R121 R143]', async () => {
    const { customer, born, bearer, clock, deps } = negotiation();
    const headers = await bearer(CUSTOMER);
    await born();
    clock.now += 60 * DAY - 1_000;
    const back = await customer({ headers });
    expect(bodyOf(back)).toMatchObject({ conversationId: ID });
    const { ticket } = bodyOf(back) as { ticket: string };
    const read = (authorization: string) =>
      call(
        'read-conversation',
        request({ headers: { authorization }, params: { conversationId: ID } }),
        deps,
      );
    for (const held of [headers.authorization, `Bearer ${ticket}`])
      expect((await read(held)).status).toBe(200);
    clock.now += 1_000;
    expect([(await customer({ headers })).status, (await read(headers.authorization)).status]).toEqual([
      401, 401,
    ]);
    expect((await read(`Bearer ${ticket}`)).status).toBe(401);
  });

  it('comes back to a persistent chat that waits, a day after its socket was opened [R121]', async () => {
    const { customer, born, bearer, clock, service, world } = negotiation();
    world.operatorSettings = { ...world.operatorSettings, policies: policies() };
    await born(ID, 'persistent');
    const headers = await bearer(CUSTOMER);
    await service.handle(ID, { type: 'agent-accepted', agentId: 'ann', agentName: 'Ann Smith' });
    await service.handle(ID, { type: 'agent-closed', agentId: 'ann' });
    expect(world.conversation(ID).state).toBe('Waiting');
    clock.now += DAY - 1_000;
    expect(bodyOf(await customer({ headers }))).toMatchObject({ conversationId: ID });
  });

  it('comes back with a reconnect link of the day before [R121]', async () => {
    const { customer, born, clock, deps, world } = negotiation();
    world.operatorSettings = { ...world.operatorSettings, policies: policies({ reconnect: true }) };
    await born();
    const parts = { method: 'GET', params: { conversationId: ID } };
    const { reconnectId } = bodyOf(await call('reconnect-link', request(parts), deps));
    clock.now += DAY;
    world.lose(ID, 'tab-a');
    expect(bodyOf(await customer({ body: { reconnectId } }))).toMatchObject({ conversationId: ID });
  });

  it('is not an agent', async () => {
    const { customer, bearer } = negotiation();
    const answer = await customer({ headers: await bearer(ANN) });
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)['field']).toBe('authorization');
  });

  it.each([
    ['body', 'not JSON'],
    ['body', '[]'],
    ['body', '"text"'],
    ['body.name', { name: 7 }],
    ['body.name', { name: 'a\u0007b' }],
    ['body.locale', { locale: '<script>' }],
    ['body.queue', { queue: 'a/b' }],
    ['body.workstream', { workstream: '' }],
    ['body.workstream', { workstream: 7 }],
    ['body.channelInstance', { channelInstance: 'x'.repeat(65) }],
    ['body.device', { device: 'watch' }],
    ['body.device', { device: 'unknown' }],
    ['body.context', { context: [] }],
    ['body.context.x-y', { context: { 'x-y': '1' } }],
    ['body.context.x', { context: { x: 1 } }],
    ['body.conversationId', { conversationId: 'x' }],
  ])('gets 400 naming %s for %j', async (field, body) => {
    const { customer, clientUrl } = negotiation();
    const answer = await customer({ body });
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toMatchObject({ code: 'invalid-input', field });
    expect(clientUrl).not.toHaveBeenCalled();
  });

  it('gets 413 for a body of more than 16 KiB', async () => {
    expect((await negotiation().customer({ body: 'x'.repeat(16 * 1024 + 1) })).status).toBe(413);
  });

  it('gets 503 while the storage fails', async () => {
    const { customer, bearer, world } = negotiation();
    world.fail('load', 1);
    expect((await customer({ headers: await bearer(CUSTOMER) })).status).toBe(503);
  });

  it('gets 503 while no socket URL can be made', async () => {
    const { customer, clientUrl } = negotiation();
    clientUrl.mockRejectedValueOnce(new DependencyError('web-pubsub', 'client-url'));
    expect((await customer()).status).toBe(503);
  });
});

describe('the backend of the agents', () => {
  it('gets a socket and a ticket for the agent it names', async () => {
    const { agent, tickets, world } = negotiation();
    const answer = await agent({ body: { agentId: 'ann', name: 'Ann Smith' } });
    const { agentId, url, ticket } = bodyOf(answer) as Record<string, string>;
    expect(agentId).toBe('ann');
    expect(url).toContain('token-of-agent.ann');
    const headers = new Headers({ authorization: `Bearer ${ticket}` });
    await expect(tickets.callerOf(headers)).resolves.toEqual(ANN);
    expect(world.log).toEqual([]);
  });

  it('names the queues of the agent, which its socket URL carries on, each once [R320]', async () => {
    const { agent } = negotiation();
    const { url } = bodyOf(await agent({ body: { agentId: 'ann', queues: ['sales', 'returns', 'sales'] } }));
    expect(new URL(String(url)).searchParams.getAll('queue')).toEqual(['sales', 'returns']);
    const most = Array.from({ length: 32 }, (_, at) => `${at}`.padEnd(64, 'q'));
    const long = bodyOf(await agent({ body: { agentId: 'ann', queues: most } }));
    expect(new URL(String(long['url'])).searchParams.getAll('queue')).toEqual(most);
    expect(String(long['url']).length).toBeLessThan(3_000);
  });

  it('may leave out the name', async () => {
    const { agent, tickets } = negotiation();
    const { ticket } = bodyOf(await agent({ body: { agentId: 'ann' } })) as Record<string, string>;
    const headers = new Headers({ authorization: `Bearer ${ticket}` });
    await expect(tickets.callerOf(headers)).resolves.toEqual({ ...ANN, agentName: 'ann' });
  });

  it('is noted by a name only: a desk that gives none stores nothing, and takes no name away [R261]', async () => {
    const { agent, world } = negotiation();
    for (const body of [{ agentId: 'ann' }, { agentId: 'ann', name: 'ann' }])
      expect((await agent({ body })).status).toBe(200);
    expect((await world.capacity.everyAgent()).agents).toEqual([]);
    await agent({ body: { agentId: 'ann', name: 'Ann Smith' } });
    await agent({ body: { agentId: 'ann' } });
    expect((await world.capacity.everyAgent()).agents).toMatchObject([{ agentId: 'ann', name: 'Ann Smith' }]);
  });

  it('is not kept waiting by a storage that does not answer, and its failure is told when it comes [R261]', async () => {
    const { agent, world, lines } = negotiation();
    let fail: (() => void) | undefined;
    world.ledger.gate = () =>
      new Promise((_, reject) => (fail = () => reject(new DependencyError('table-storage', 'note agent'))));
    expect((await agent({ body: { agentId: 'ann', name: 'Ann Smith' } })).status).toBe(200);
    expect(lines).toEqual([]);
    fail?.();
    await new Promise(setImmediate);
    expect(lines).toMatchObject([
      { level: 'warn', text: expect.stringContaining('the agent was not noted') },
    ]);
  });

  it.each([
    ['body', 'not JSON'],
    ['body', null],
    ['body.agentId', {}],
    ['body.agentId', { agentId: 'a b' }],
    ['body.agentId', { agentId: 'x'.repeat(65) }],
    ['body.queues', { agentId: 'ann', queues: [] }],
    ['body.queues', { agentId: 'ann', queues: 'sales' }],
    ['body.queues', { agentId: 'ann', queues: Array.from({ length: 33 }, (_, at) => `q-${at}`) }],
    ['body.queues.1', { agentId: 'ann', queues: ['sales', 'a b'] }],
    ['body.queues.0', { agentId: 'ann', queues: ['x'.repeat(65)] }],
    ['body.name', { agentId: 'ann', name: '' }],
    ['body.name', { agentId: 'ann', name: 'x'.repeat(101) }],
    ['body.name', { agentId: 'ann', name: 'two\nlines' }],
  ])('gets 400 naming %s for %j', async (field, body) => {
    const { agent, clientUrl } = negotiation();
    const answer = await agent({ body });
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)['field']).toBe(field);
    expect(clientUrl).not.toHaveBeenCalled();
  });
});

describe('a customer who comes back after an end for absence', () => {
  const over = async () => {
    const here = negotiation();
    await here.born();
    here.world.lose(ID, 'tab-a');
    await here.service.handle(ID, { type: 'disconnected', connectionId: 'tab-a', occurredAt: NOW });
    here.clock.now += DAY;
    await here.service.handle(ID, { type: 'deadline-reached', kind: 'disconnection', number: 2 });
    expect(here.world.conversation(ID)).toMatchObject({ state: 'Closed' });
    const headers = await here.bearer(CUSTOMER);
    return { ...here, returns: () => here.customer({ headers }) };
  };

  it('is noted, and the copy of the conversation is made again by every return [R263]', async () => {
    const { returns, world, clock } = await over();
    for (const moment of [clock.now, clock.now + MINUTE]) {
      clock.now = moment;
      world.log.length = 0;
      expect((await returns()).status).toBe(409);
      expect(world.log).toContain('remove-work-list');
      expect(world.conversation(ID)).toMatchObject({ knockedAt: NOW + DAY });
    }
    expect(world.log).not.toContain('save');
  });

  it('is not kept waiting by a storage that does not answer, and its failure is told when it comes [R263]', async () => {
    const { returns, world, lines } = await over();
    let fail: (() => void) | undefined;
    world.gate = (operation) =>
      operation === 'save'
        ? new Promise((_, reject) => (fail = () => reject(new DependencyError('table-storage', 'save'))))
        : undefined;
    expect((await returns()).status).toBe(409);
    const told = () => lines.filter(({ text }) => text.includes('the late return was not noted'));
    expect(told()).toEqual([]);
    fail?.();
    await new Promise(setImmediate);
    expect(told()).toMatchObject([{ level: 'warn' }]);
  });
});

describe('new conversations', () => {
  const limited = () => {
    const here = scene();
    const newConversations = createRateLimiter({ perMinute: 2, now: () => here.clock.now });
    const from = (address?: string, headers: Record<string, string> = {}) =>
      call(
        'negotiate',
        request({ headers: { ...headers, ...(address && { 'x-forwarded-for': address }) } }),
        { ...here.deps, newConversations },
      );
    return { ...here, from };
  };
  const MALLORY = '203.0.113.7:52001';

  it('are limited for each address, and 429 says when the next one is possible', async () => {
    const { from, clock, clientUrl, lines } = limited();
    for (let n = 1; n <= 2; n += 1) expect((await from(MALLORY)).status).toBe(200);
    const refused = await from('spoofed, 203.0.113.7:52002');
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    expect(bodyOf(refused)).toMatchObject({ code: 'too-many-requests', retryAfterSeconds: 30 });
    expect(clientUrl).toHaveBeenCalledTimes(2);
    // A flood must not fill the log.
    expect(lines).toEqual([]);
    expect((await from('203.0.113.8:52001')).status).toBe(200);
    clock.now += 30_000;
    expect((await from(MALLORY)).status).toBe(200);
  });

  it('of strangers at the same address keep no customer from coming back', async () => {
    const { from, bearer, born } = limited();
    await born();
    while ((await from(MALLORY)).status === 200);
    expect((await from(MALLORY, await bearer(CUSTOMER))).status).toBe(200);
  });

  it('are counted together with tickets that are none, so that those do not fill the log', async () => {
    const { from, lines } = limited();
    const forged = { authorization: 'Bearer a.b.c' };
    const answers = [];
    for (let n = 1; n <= 5; n += 1) answers.push((await from(MALLORY, forged)).status);
    expect(answers).toEqual([401, 401, 429, 429, 429]);
    expect(lines).toHaveLength(2);
  });

  it.each([
    ['a body that is no JSON', '{', 400],
    ['a body that is too large', 'x'.repeat(20_000), 413],
  ])('are counted together with %s', async (_what, body, status) => {
    const { deps, clock } = scene();
    const newConversations = createRateLimiter({ perMinute: 2, now: () => clock.now });
    const answers = [];
    for (let n = 1; n <= 4; n += 1) {
      const asked = request({ headers: { 'x-forwarded-for': MALLORY }, body });
      answers.push((await call('negotiate', asked, { ...deps, newConversations })).status);
    }
    expect(answers).toEqual([status, status, 429, 429]);
  });

  it('[R235] beyond the limit are refused with nothing of their bodies read, a forged ticket or a link in them or not', async () => {
    const { deps, clock, bearer, born } = scene();
    await born();
    const limits = { ...deps, newConversations: createRateLimiter({ perMinute: 1, now: () => clock.now }) };
    let reads = 0;
    const from = async (headers: Record<string, string>, body: unknown) => {
      const asked = request({ headers: { ...headers, 'x-forwarded-for': MALLORY }, body });
      const arrayBuffer = () => {
        reads += 1;
        return asked.arrayBuffer();
      };
      return (await call('negotiate', { ...asked, arrayBuffer }, limits)).status;
    };
    expect([await from({}, {}), reads]).toEqual([200, 1]);
    for (const proof of [[], ['Bearer a.b.c'], ['Basic YTpi']]) {
      for (const body of [{}, { reconnectId: 'a.b.c' }, { conversationId: ID }, '{']) {
        const headers = Object.fromEntries(proof.map((authorization) => ['authorization', authorization]));
        expect([await from(headers, body), reads]).toEqual([429, 1]);
      }
    }
    expect([await from(await bearer(CUSTOMER), {}), reads]).toEqual([200, 2]);
  });

  it('[R235] of a customer with a ticket that asks too often are refused with nothing of their bodies read', async () => {
    const { deps, clock, tickets, bearer, born } = scene();
    await born();
    const limits = createParticipantLimits({ perMinute: 1, now: () => clock.now });
    const busy = { ...deps, tickets: limitedTickets(tickets, limits) };
    const asked = { ...request({ headers: await bearer(CUSTOMER) }) };
    expect((await call('negotiate', asked, busy)).status).toBe(200);
    const unread = { ...asked, arrayBuffer: () => Promise.reject(new Error('is read')) };
    expect((await call('negotiate', unread, busy)).status).toBe(429);
  });

  it('are not taken from the neighbours of a customer who asks too often', async () => {
    const { deps, clock, tickets, bearer, born } = scene();
    await born();
    const now = () => clock.now;
    const customers = { ...deps, newConversations: createRateLimiter({ perMinute: 1, now }) };
    const busy = {
      ...customers,
      tickets: limitedTickets(tickets, createParticipantLimits({ perMinute: 1, now })),
    };
    const headers = { 'x-forwarded-for': MALLORY, ...(await bearer(CUSTOMER)) };
    const answers = [];
    for (let n = 1; n <= 3; n += 1)
      answers.push((await call('negotiate', request({ headers }), busy)).status);
    expect(answers).toEqual([200, 429, 429]);
    const neighbour = request({ headers: { 'x-forwarded-for': MALLORY } });
    expect((await call('negotiate', neighbour, customers)).status).toBe(200);
  });

  it('are not limited where nothing says who asks', async () => {
    const { from } = limited();
    for (let n = 1; n <= 5; n += 1) expect((await from()).status).toBe(200);
  });
});
