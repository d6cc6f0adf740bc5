import { describe, expect, it } from '@jest/globals';
import { MINUTE } from '../../../shared/conversation/time';
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
    made.clock.now += 31 * MINUTE;
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
});
