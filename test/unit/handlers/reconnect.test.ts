import { describe, expect, it } from '@jest/globals';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import type { PolicyValues } from '../../../shared/policies/policy';
import { policies } from '../../support/domain/policies';
import { bodyOf, call, request } from './request';
import { ANN, CUSTOMER, ID, scene } from './scene';

/** "Configure reconnection to a previous chat session" (Dynamics 365): off unless policy switches it on. */
function site(changes: Partial<PolicyValues> = {}) {
  const here = scene();
  const { deps, world, service } = here;
  world.operatorSettings = { policies: policies(changes), messages: [] };
  return {
    ...here,
    link: () => call('reconnect-link', request({ params: { conversationId: ID } }), deps),
    negotiate: (body: object, headers: Readonly<Record<string, string>> = {}) =>
      call('negotiate', request({ body, headers }), deps),
    known: (body: object) => call('negotiate-customer', request({ body }), deps),
    accept: () => service.handle(ID, { type: 'agent-accepted', agentId: 'ann', agentName: 'Ann Smith' }),
    lose: async () => {
      world.lose(ID, 'tab-a');
      await service.handle(ID, { type: 'disconnected', connectionId: 'tab-a', occurredAt: here.clock.now });
    },
    deadline: (number: number) =>
      service.handle(ID, { type: 'deadline-reached', kind: 'disconnection', number }),
  };
}
const ON = {
  reconnect: true,
  reconnectTimeLimit: 30 * MINUTE,
  reconnectPortalUrl: 'https://shop.example/help?lang=de',
  reconnectRedirectUrl: 'https://shop.example/contact',
};

describe('the reconnect link', () => {
  it('is refused while reconnection is off [R82]', async () => {
    const { born, link } = site();
    await born();
    expect(bodyOf(await link())).toMatchObject({ status: 409, code: 'reconnect-disabled' });
  });

  it('leads to the portal, and its id leads back into the conversation [R87 R90 R91]', async () => {
    const { born, link, lose, negotiate } = site(ON);
    await born();
    const { reconnectId, reconnectUrl } = bodyOf(await link()) as {
      reconnectId: string;
      reconnectUrl: string;
    };
    const url = new URL(reconnectUrl);
    expect(url.origin + url.pathname).toBe('https://shop.example/help');
    expect(url.searchParams.get('lang')).toBe('de');
    expect(url.searchParams.get('oc.reconnectid')).toBe(reconnectId);
    await lose();
    expect(bodyOf(await negotiate({ reconnectId }))).toMatchObject({ conversationId: ID });
  });

  it('leads a customer whom the site has signed in back as well [R90]', async () => {
    const { born, link, lose, known, negotiate, deps } = site(ON);
    deps.newConversationId = () => ID;
    await known({ customerId: 'kim@shop.example' });
    await born();
    const { reconnectId } = bodyOf(await link()) as { reconnectId: string };
    await lose();
    deps.newConversationId = () => 'new-conversation-0002';
    expect(bodyOf(await negotiate({ reconnectId }))).toMatchObject({ conversationId: ID });
  });

  it('has an id that is no ticket [R90]', async () => {
    const { born, link, deps } = site(ON);
    await born();
    const { reconnectId } = bodyOf(await link()) as { reconnectId: string };
    const headers = { authorization: `Bearer ${reconnectId}` };
    expect((await call('negotiate', request({ headers }), deps)).status).toBe(401);
  });

  it('of somebody else is refused by the name of the field', async () => {
    const { negotiate } = site(ON);
    expect(bodyOf(await negotiate({ reconnectId: 'forged' }))).toMatchObject({
      status: 400,
      field: 'body.reconnectId',
    });
  });

  it('is not made for a conversation that nobody knows, nor for one that has ended', async () => {
    const { born, link, service } = site(ON);
    expect(bodyOf(await link())).toMatchObject({ status: 404, code: 'conversation-not-found' });
    await born();
    await service.handle(ID, { type: 'customer-left' });
    expect(bodyOf(await link())).toMatchObject({ status: 409, code: 'conversation-ended' });
  });

  it('has an id alone while no portal is named [R87]', async () => {
    const { born, link } = site({ reconnect: true });
    await born();
    const body = bodyOf(await link());
    expect(body['reconnectId']).toEqual(expect.any(String));
    expect(body).not.toHaveProperty('reconnectUrl');
  });

  it('is void when the customer has left, and the refusal says what can be done [R94]', async () => {
    const { born, link, negotiate, service } = site(ON);
    await born();
    const { reconnectId } = bodyOf(await link()) as { reconnectId: string };
    await service.handle(ID, { type: 'customer-left' });
    expect(bodyOf(await negotiate({ reconnectId }))).toMatchObject({
      status: 409,
      code: 'conversation-ended',
      reason: 'customer-ended',
      options: ['new-conversation'],
    });
  });
});

/** A customer who was there, and is away; the link was given before. */
async function away(changes: Partial<PolicyValues> = ON) {
  const made = site(changes);
  await made.born();
  await made.accept();
  const { reconnectId } = bodyOf(await made.link()) as { reconnectId: string };
  await made.lose();
  const use = async (key?: string) =>
    bodyOf(await made.negotiate({ reconnectId }, key === undefined ? {} : { 'idempotency-key': key }));
  return { ...made, reconnectId, use };
}
const OPENED = { conversationId: ID, ticket: expect.any(String) };
const USED = { status: 409, code: 'reconnect-link-used' };

describe('a reconnect link that is used', () => {
  it('opens the conversation once [R140]', async () => {
    const { use, world, link } = await away();
    expect(await use()).toMatchObject(OPENED);
    expect(await use()).toMatchObject(USED);
    expect(await use('another-browser')).toMatchObject(USED);
    expect(world.conversation(ID).linkUse).toMatchObject({ count: 1 });
    const { reconnectId } = bodyOf(await link()) as { reconnectId: string };
    expect(reconnectId).not.toBe((await away()).reconnectId);
  });

  it('opens it again for the browser that got no answer, until that one has been connected [R140]', async () => {
    const { use, service, clock, world } = await away();
    expect(await use('browser-1')).toMatchObject(OPENED);
    expect(await use('browser-1')).toMatchObject(OPENED);
    expect(world.conversation(ID).linkUse).toMatchObject({ count: 1 });
    clock.now += SECOND;
    const tab = { connectionId: 'tab-b', occurredAt: clock.now };
    await service.handle(ID, { type: 'connected', ...tab });
    await service.handle(ID, { type: 'disconnected', ...tab });
    expect(await use('browser-1')).toMatchObject(USED);
  });

  it('by two strangers at once, at two instances, opens it for one of them [R140]', async () => {
    const { use } = await away();
    const answers = await Promise.all([use('one'), use('other'), use()]);
    expect(answers.filter(({ ticket }) => ticket !== undefined)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === USED.code)).toHaveLength(2);
  });

  it('makes every link worthless that was given before it, and the next one good [R140]', async () => {
    const { use, link, negotiate, reconnectId } = await away();
    const again = bodyOf(await link())['reconnectId'];
    expect(again).toBe(reconnectId);
    await use();
    const next = bodyOf(await link())['reconnectId'];
    expect(bodyOf(await negotiate({ reconnectId: next }))).toMatchObject(OPENED);
  });

  it.each([
    ['as its record says', true],
    ['as the service says, though the record does not know', false],
  ])('opens nothing while the customer is connected, %s [R141]', async (_who, isOnRecord) => {
    const { use, service, world, clock } = await away();
    world.open(ID, 'tab-b');
    if (isOnRecord)
      await service.handle(ID, { type: 'connected', connectionId: 'tab-b', occurredAt: clock.now });
    expect(await use()).toMatchObject({ status: 409, code: 'customer-is-connected', retryAfterSeconds: 30 });
    world.lose(ID, 'tab-b');
    await service.handle(ID, { type: 'disconnected', connectionId: 'tab-b', occurredAt: clock.now });
    expect(await use()).toMatchObject(OPENED);
  });

  it('opens it when the record has a connection that the service has not [R141]', async () => {
    const made = site(ON);
    await made.born();
    const { reconnectId } = bodyOf(await made.link()) as { reconnectId: string };
    made.world.lose(ID, 'tab-a');
    expect(bodyOf(await made.negotiate({ reconnectId }))).toMatchObject(OPENED);
  });

  it('asks the policy again [R142]', async () => {
    const { use, world } = await away();
    world.operatorSettings = { policies: policies({ ...ON, reconnect: false }), messages: [] };
    expect(await use()).toMatchObject({ status: 409, code: 'reconnect-disabled' });
    expect(world.conversation(ID).linkUse).toBeUndefined();
  });

  it('is not used up by a request that cannot be understood', async () => {
    const { use, negotiate, reconnectId } = await away();
    expect(bodyOf(await negotiate({ reconnectId, name: 7 }))).toMatchObject({ field: 'body.name' });
    const headers = { 'idempotency-key': 'no key' };
    expect(bodyOf(await negotiate({ reconnectId }, headers))).toMatchObject({ field: 'Idempotency-Key' });
    expect(await use()).toMatchObject(OPENED);
  });

  it('gives a ticket that ends when the first one does, and so does every later one [R143]', async () => {
    const { use, clock, negotiate, tickets, world } = await away({ ...ON, grace: 7 * 24 * 60 * MINUTE });
    const first = await tickets.issue(CUSTOMER);
    clock.now += 20 * MINUTE;
    const answer = await use();
    const end = new Date(first.expiresAt).toISOString();
    expect(answer).toMatchObject({ ...OPENED, ticketExpiresAt: end });
    clock.now += 20 * MINUTE;
    const headers = { authorization: `Bearer ${String(answer['ticket'])}` };
    expect(bodyOf(await negotiate({}, headers))).toMatchObject({ ticketExpiresAt: end });
    expect(world.conversation(ID).end).toBeUndefined();
  });
});

describe("the placeholder of a link in an agent's message", () => {
  const say = (text: string) => ({ type: 'agent-message', agentId: 'ann', messageId: 'm-1', text }) as const;
  const talk = async (changes: Partial<PolicyValues>, text: string) => {
    const made = site(changes);
    await made.born();
    await made.accept();
    const handled = await made.service.handle(ID, say(text));
    const told = made.world.pushes.flatMap(({ audience, push }) =>
      push.type === 'message' ? [[audience.to, push.text] as const] : [],
    );
    return { ...made, handled, told };
  };

  it.each(['{ReconnectUrl}', '{ReconnectUrl{ReconnectID}}'])(
    '%s is the link for the customer alone: agents and the transcript have the placeholder [R91 R149]',
    async (slug) => {
      const { told, link, world, bearer, deps } = await talk(ON, `Later: ${slug}`);
      const { reconnectUrl } = bodyOf(await link()) as { reconnectUrl: string };
      expect(Object.fromEntries(told)).toEqual({
        customer: `Later: ${reconnectUrl}`,
        agent: `Later: ${slug}`,
      });
      const parts = { method: 'GET', params: { conversationId: ID } };
      for (const who of [CUSTOMER, ANN]) {
        const read = await call('read-conversation', request({ ...parts, headers: await bearer(who) }), deps);
        expect(read.body).toContain(slug);
        expect(read.body).not.toContain('oc.reconnectid');
      }
      expect(JSON.stringify(world.pushes.filter(({ audience }) => audience.to !== 'customer'))).not.toContain(
        'oc.reconnectid',
      );
    },
  );

  it('is the same link when the message is repeated, and pushed under the same id', async () => {
    const made = await talk(ON, 'Later: {ReconnectUrl}');
    made.clock.now += 20 * SECOND;
    const before = made.world.pushes.filter(({ push }) => push.type === 'message');
    await made.service.handle(ID, say('Later: {ReconnectUrl}'));
    const after = made.world.pushes.filter(({ push }) => push.type === 'message').slice(before.length);
    expect(after).toEqual(before);
  });

  it.each([
    ['reconnection is off', { ...ON, reconnect: false }],
    ['no page is named', { reconnect: true }],
  ])('is refused while %s, and nobody reads it', async (_why, changes) => {
    const { handled, told } = await talk(changes, 'Later: {ReconnectUrl}');
    expect(handled).toMatchObject({ kind: 'refused', refusal: { code: 'reconnect-disabled' } });
    expect(told).toEqual([]);
  });

  it('is text like any other when the customer writes it', async () => {
    const { service, world } = await talk(ON, 'Hello');
    const words = { connectionId: 'tab-a', messageId: 'm-2', text: '{ReconnectUrl}' };
    await service.handle(ID, { type: 'customer-message', ...words });
    const told = world.pushes.flatMap(({ push }) => (push.type === 'message' ? [push.text] : []));
    expect(told.slice(2)).toEqual(['{ReconnectUrl}', '{ReconnectUrl}']);
  });
});

describe('the time limit of reconnection', () => {
  it('replaces the grace period once an agent has accepted, and keeps the agent and the capacity [R84]', async () => {
    const made = site(ON);
    await made.born();
    await made.accept();
    await made.lose();
    const { disconnection, capacityHold } = made.world.conversation(ID);
    expect(disconnection!.deadline - disconnection!.since).toBe(30 * MINUTE);
    expect(capacityHold).toMatchObject({ agentId: 'ann' });
  });

  it('over, the customer is sent to the redirect URL, by push and by negotiate [R88 R95 R115]', async () => {
    const made = site(ON);
    await made.born();
    await made.accept();
    const { reconnectId } = bodyOf(await made.link()) as { reconnectId: string };
    await made.lose();
    made.clock.now = made.world.conversation(ID).disconnection!.deadline;
    await made.deadline(2);
    expect(made.world.conversation(ID).state).toBe('WrapUp');
    const told = { options: ['redirect', 'new-conversation'], redirectUrl: 'https://shop.example/contact' };
    expect(made.world.pushes.map(({ push }) => push)).toContainEqual(
      expect.objectContaining({ type: 'conversation-ended', ...told }),
    );
    expect(bodyOf(await made.negotiate({ reconnectId }))).toMatchObject({
      code: 'conversation-ended',
      ...told,
    });
  });
});

describe('a customer whom the site has signed in', () => {
  const WHO = { customerId: 'kim@shop.example' };

  it('is asked whether to continue the conversation that goes on, and can do either [R92 R115]', async () => {
    const made = site(ON);
    const first = bodyOf(await made.known(WHO));
    expect(first).toMatchObject({ conversationId: 'new-conversation-0001' });
    await made.born('new-conversation-0001');
    expect(bodyOf(await made.known(WHO))).toMatchObject({
      prompt: {
        conversationId: 'new-conversation-0001',
        options: ['continue-conversation', 'new-conversation'],
      },
    });
    expect(bodyOf(await made.known({ ...WHO, choice: 'continue' }))).toMatchObject({
      conversationId: 'new-conversation-0001',
    });
    // Chosen anew, the new conversation is the one that the next question is about.
    made.deps.newConversationId = () => 'new-conversation-0002';
    expect(bodyOf(await made.known({ ...WHO, choice: 'new' }))).toMatchObject({
      conversationId: 'new-conversation-0002',
    });
    await made.born('new-conversation-0002');
    expect(bodyOf(await made.known(WHO))).toMatchObject({
      prompt: { conversationId: 'new-conversation-0002' },
    });
  });

  it('is told the name of its agent when it is asked', async () => {
    const made = site(ON);
    await made.known(WHO);
    await made.born('new-conversation-0001');
    await made.service.handle('new-conversation-0001', {
      type: 'agent-accepted',
      agentId: 'ann',
      agentName: 'Ann Smith',
    });
    expect(bodyOf(await made.known(WHO))).toMatchObject({ prompt: { agentName: 'Ann Smith' } });
  });

  it('who chooses to continue what has ended meanwhile gets a new conversation', async () => {
    const made = site(ON);
    await made.known(WHO);
    await made.born('new-conversation-0001');
    await made.service.handle('new-conversation-0001', { type: 'customer-left' });
    made.deps.newConversationId = () => 'new-conversation-0002';
    expect(bodyOf(await made.known({ ...WHO, choice: 'continue' }))).toMatchObject({
      conversationId: 'new-conversation-0002',
    });
  });

  it('is never asked about the conversation of somebody else [R92]', async () => {
    const made = site(ON);
    await made.known(WHO);
    await made.born('new-conversation-0001');
    made.deps.newConversationId = () => 'new-conversation-0002';
    expect(bodyOf(await made.known({ customerId: 'lee@shop.example' }))).toMatchObject({
      conversationId: 'new-conversation-0002',
    });
  });

  it.each([
    ['body.customerId', {}],
    ['body.customerId', { customerId: '' }],
    ['body.choice', { ...WHO, choice: 'maybe' }],
  ])('is refused by the name %s of the field for %j', async (field, body) => {
    expect(bodyOf(await site(ON).known(body))).toMatchObject({ status: 400, field });
  });

  it('is not asked while reconnection is off, or when the conversation has ended [R82]', async () => {
    const off = site();
    await off.known(WHO);
    await off.born('new-conversation-0001');
    off.deps.newConversationId = () => 'new-conversation-0002';
    expect(bodyOf(await off.known(WHO))).toMatchObject({ conversationId: 'new-conversation-0002' });

    const ended = site(ON);
    await ended.known(WHO);
    await ended.born('new-conversation-0001');
    await ended.service.handle('new-conversation-0001', { type: 'customer-left' });
    ended.deps.newConversationId = () => 'new-conversation-0002';
    expect(bodyOf(await ended.known(WHO))).toMatchObject({ conversationId: 'new-conversation-0002' });
  });

  /** A site whose new conversations are numbered, and what each negotiation of this customer answers. */
  function numbered(changes: Partial<PolicyValues>) {
    const made = site(changes);
    let count = 0;
    made.deps.newConversationId = () => `new-conversation-000${(count += 1)}`;
    const asked = async (body: object = {}) => {
      const { conversationId, prompt } = bodyOf(await made.known({ ...WHO, ...body })) as {
        conversationId?: string;
        prompt?: { conversationId: string };
      };
      return prompt === undefined ? conversationId : `prompt ${prompt.conversationId}`;
    };
    return { ...made, asked };
  }

  it.each([
    ['reconnection on', ON],
    ['reconnection off', {}],
  ])('with two browsers in the same moment has one conversation, with %s [R123]', async (_what, changes) => {
    for (const body of [{}, { choice: 'new' }, { choice: 'continue' }]) {
      const { asked } = numbered(changes);
      const ids = await Promise.all([asked(body), asked(body), asked(body)]);
      expect(new Set(ids).size).toBe(1);
      // Nor does a page that is loaded again before its socket is open begin another one.
      expect(await asked(body)).toBe(ids[0]);
    }
  });

  it('who chooses to start anew, and never opens it, keeps the one that goes on [R92 R123]', async () => {
    const { asked, born } = numbered(ON);
    await asked();
    await born('new-conversation-0001');
    expect(await Promise.all([asked({ choice: 'new' }), asked({ choice: 'new' })])).toEqual([
      'new-conversation-0002',
      'new-conversation-0002',
    ]);
    expect(await asked()).toBe('prompt new-conversation-0001');
    expect(await asked({ choice: 'continue' })).toBe('new-conversation-0001');
    expect(await asked({ choice: 'new' })).toBe('new-conversation-0002');
  });

  it('is asked about the latest that goes on, and about the one before when that has ended [R92 R123]', async () => {
    const { asked, born, service } = numbered(ON);
    await asked();
    await born('new-conversation-0001');
    await asked({ choice: 'new' });
    await born('new-conversation-0002');
    expect(await asked()).toBe('prompt new-conversation-0002');
    await service.handle('new-conversation-0002', { type: 'customer-left' });
    expect(await asked()).toBe('prompt new-conversation-0001');
    await service.handle('new-conversation-0001', { type: 'customer-left' });
    expect(await asked()).toBe('new-conversation-0003');
  });

  it('of conversations without end is remembered the latest eight, each read once [R123]', async () => {
    const { asked, born, service, world } = numbered(ON);
    const ids = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `new-conversation-000${number}`);
    for (const id of ids) {
      expect(await asked({ choice: 'new' })).toBe(id);
      await born(id);
    }
    for (const id of [...ids].reverse().slice(0, -1)) {
      world.log.length = 0;
      expect(await asked()).toBe(`prompt ${id}`);
      expect(world.log.filter((entry) => entry === 'load').length).toBeLessThanOrEqual(8);
      await service.handle(id, { type: 'customer-left' });
    }
    expect(await asked()).toBe('new-conversation-00010');
  });

  it('is not kept out by a record that nobody can read, and finds it when it is mended', async () => {
    const { asked, born, world } = numbered(ON);
    await asked();
    await born('new-conversation-0001');
    world.spoiled.set('new-conversation-0001', 'unreadable');
    expect(await asked()).toBe('new-conversation-0002');
    world.spoiled.clear();
    expect(await asked()).toBe('prompt new-conversation-0001');
  });

  it.each(['read-customer', 'remember-customer', 'load'] as const)(
    'is told to try again while %s fails',
    async (what) => {
      const made = numbered(ON);
      await made.asked();
      await made.born('new-conversation-0001');
      made.world.fail(what, 1);
      expect((await made.known({ ...WHO, choice: 'new' })).status).toBe(503);
      expect(await made.asked({ choice: 'new' })).toBe(
        `new-conversation-000${what === 'remember-customer' ? 3 : 2}`,
      );
    },
  );

  it('is told to try again when others are always faster', async () => {
    const made = numbered(ON);
    made.deps.customers = { ...made.world.customers, remember: async () => 'conflict' };
    expect((await made.known(WHO)).status).toBe(503);
  });
});

describe('a customer who asks for a socket in the last moment of its wait', () => {
  it('is not ended before it can have opened it, by ticket and by link [R127]', async () => {
    const made = site(ON);
    await made.born();
    await made.accept();
    const { reconnectId } = bodyOf(await made.link()) as { reconnectId: string };
    await made.lose();
    const { deadline } = made.world.conversation(ID).disconnection!;
    made.clock.now = deadline - 11 * SECOND;
    const used = await made.negotiate({ reconnectId });
    expect(used).toMatchObject({ status: 200 });
    expect(made.world.conversation(ID).disconnection).toMatchObject({ deadline });
    made.clock.now = deadline - SECOND;
    const headers = { authorization: `Bearer ${String(bodyOf(used)['ticket'])}` };
    expect(await made.negotiate({}, headers)).toMatchObject({ status: 200 });
    expect(made.world.conversation(ID).disconnection!.deadline).toBe(deadline + 9 * SECOND);
  });

  it('is not ended either when it comes with the link then', async () => {
    const made = site(ON);
    await made.born();
    await made.accept();
    const { reconnectId } = bodyOf(await made.link()) as { reconnectId: string };
    await made.lose();
    const { deadline } = made.world.conversation(ID).disconnection!;
    made.clock.now = deadline - SECOND;
    expect(await made.negotiate({ reconnectId })).toMatchObject({ status: 200 });
    expect(made.world.conversation(ID).disconnection!.deadline).toBe(deadline + 9 * SECOND);
  });
});
