import { describe, expect, it } from '@jest/globals';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import type { PolicyValues } from '../../../shared/policies/policy';
import { policies } from '../../support/domain/policies';
import { bodyOf, call, request } from './request';
import { ANN, CUSTOMER, ID, scene } from './scene';

/** "Configure reconnection to a previous chat session" (Dynamics 365): off unless policy switches it on. */
function site(changes: Partial<PolicyValues> = {}) {
  const here = scene();
  const { deps, bearer, world, service } = here;
  world.operatorSettings = { policies: policies(changes), messages: [] };
  return {
    ...here,
    link: async (who: typeof ANN | typeof CUSTOMER = ANN) =>
      call('reconnect-link', request({ headers: await bearer(who), params: { conversationId: ID } }), deps),
    negotiate: (body: object) => call('negotiate', request({ body }), deps),
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
    const { born, link, negotiate } = site(ON);
    await born();
    const { reconnectId, reconnectUrl } = bodyOf(await link()) as {
      reconnectId: string;
      reconnectUrl: string;
    };
    const url = new URL(reconnectUrl);
    expect(url.origin + url.pathname).toBe('https://shop.example/help');
    expect(url.searchParams.get('lang')).toBe('de');
    expect(url.searchParams.get('oc.reconnectid')).toBe(reconnectId);
    expect(bodyOf(await negotiate({ reconnectId }))).toMatchObject({ conversationId: ID });
  });

  it('leads a customer whom the site has signed in back as well [R90]', async () => {
    const { born, link, known, negotiate, deps } = site(ON);
    deps.newConversationId = () => ID;
    await known({ customerId: 'kim@shop.example' });
    await born();
    const { reconnectId } = bodyOf(await link()) as { reconnectId: string };
    deps.newConversationId = () => 'new-conversation-0002';
    expect(bodyOf(await negotiate({ reconnectId }))).toMatchObject({ conversationId: ID });
  });

  it('is for agents, and its id is no ticket [R90]', async () => {
    const { born, link, deps } = site(ON);
    await born();
    expect((await link(CUSTOMER)).status).toBe(403);
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
    expect(await made.negotiate({ reconnectId })).toMatchObject({ status: 200 });
    expect(made.world.conversation(ID).disconnection).toMatchObject({ deadline });
    made.clock.now = deadline - SECOND;
    expect(await made.negotiate({ reconnectId })).toMatchObject({ status: 200 });
    expect(made.world.conversation(ID).disconnection!.deadline).toBe(deadline + 9 * SECOND);
  });
});
