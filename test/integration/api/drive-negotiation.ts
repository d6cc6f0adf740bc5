import { expect } from '@jest/globals';
import type { DocumentedApi } from './documented-api';
import type { Drives } from './drives';

export const driveNegotiation: Drives = {
  negotiate: async ({ call, system }) => {
    const first = await call('negotiate', 200, { body: { name: 'Ann', context: { OrderId: '4711' } } });
    const as = { authorization: `Bearer ${String(first.json['ticket'])}` };
    await call('negotiate', 200);
    await call('negotiate', 200, { as });
    await call('negotiate', 400, { body: { name: 7 } });
    await call('negotiate', 413, { body: 'x'.repeat(20_000) });
    await call('negotiate', 401, { as: { authorization: 'Bearer a.b.c' } });
    await call('negotiate', 403, { as, body: { conversationId: 'conversation-0001' } });
    const ended = await system.born();
    await system.event({ name: 'leave', conversationId: ended.conversationId, id: '9' });
    await call('negotiate', 409, { as: ended.bearer });
  },

  'negotiate-customer': async (api) => {
    const { call, key } = api;
    const customer = { customerId: 'customer-77', name: 'Ann' };
    const first = await call('negotiate-customer', 200, { as: key, body: customer });
    await open(api, String(first.json['conversationId']));
    const prompted = await call('negotiate-customer', 200, { as: key, body: customer });
    expect(prompted.json).toMatchObject({ prompt: { conversationId: first.json['conversationId'] } });
    const body = { ...customer, choice: 'continue' };
    const continued = await call('negotiate-customer', 200, { as: key, body });
    expect(continued.json['conversationId']).toBe(first.json['conversationId']);
    await call('negotiate-customer', 400, { as: key, body: {} });
    await call('negotiate-customer', 401, { body: customer });
  },

  'negotiate-agent': async ({ call, key }) => {
    await call('negotiate-agent', 200, { as: key, body: { agentId: 'ann', name: 'Ann Smith' } });
    await call('negotiate-agent', 400, { as: key, body: { agentId: 'a b' } });
    await call('negotiate-agent', 401, { body: { agentId: 'ann' } });
  },

  'reconnect-link': async ({ call, key, system }) => {
    const { conversationId, bearer } = await system.born();
    const params = { conversationId };
    const link = await call('reconnect-link', 200, { as: key, params });
    const body = { reconnectId: link.json['reconnectId'] };
    await call('negotiate', 200, { body });
    expect((await call('negotiate', 409, { body })).json).toMatchObject({ code: 'reconnect-link-used' });
    await call('reconnect-link', 401, { as: bearer, params });
    await call('reconnect-link', 404, { as: key, params: { conversationId: 'nobody-knows-it' } });
    await system.event({ name: 'leave', conversationId, id: '9' });
    await call('reconnect-link', 409, { as: key, params });
  },
};

/** The customer's first socket, told by events only. */
async function open({ system }: DocumentedApi, conversationId: string): Promise<void> {
  for (const [id, name] of ['connect', 'connected'].entries()) {
    const answer = await system.event({ name, conversationId, id: String(id) });
    if (answer.status >= 300) throw new Error(`${name} answered ${answer.status}: ${answer.text}`);
  }
}
