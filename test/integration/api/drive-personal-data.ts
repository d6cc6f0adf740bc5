import { expect } from '@jest/globals';
import type { DocumentedApi } from './documented-api';
import type { Drives } from './drives';

/** A conversation of a signed-in customer, with a message. */
async function ofCustomer({ call, key, system }: DocumentedApi, customerId: string) {
  const negotiated = await call('negotiate-customer', 200, { as: key, body: { customerId, name: 'Ann' } });
  const { conversationId, ticket } = negotiated.json as { conversationId: string; ticket: string };
  const said = { text: 'Where is my parcel?' };
  const connect = { query: { name: ['Ann'] } };
  for (const [id, [name, body]] of Object.entries({ connect, connected: {}, message: said }).entries())
    expect((await system.event({ name, conversationId, id: String(id), body })).status).toBeLessThan(300);
  return { conversationId, params: { conversationId }, as: { authorization: `Bearer ${ticket}` } };
}

export const drivePersonalData: Drives = {
  'erase-conversation': async (api) => {
    const { call, key } = api;
    const { conversationId, params, as } = await ofCustomer(api, 'customer-erased');
    await call('erase-conversation', 401, { params });
    await call('erase-conversation', 400, { as: key, params: { conversationId: 'A' } });
    const erased = await call('erase-conversation', 200, { as: key, params });
    expect(erased.json).toMatchObject({ conversationId, found: true });
    await call('erase-conversation', 200, { as: key, params });
    // With a ticket that is still valid.
    const refused = await call('negotiate', 409, { as });
    expect(refused.json).toMatchObject({ code: 'conversation-ended', options: ['new-conversation'] });
    await call('read-conversation', 404, { as, params });
    const agent = await api.system.agent('erased');
    await call('read-conversation', 404, { as: agent.bearer, params });
    await call('accept-conversation', 404, { as: agent.bearer, params });
    await call('reconnect-link', 404, { as: key, params });
    await call('explain-policies', 404, { as: agent.bearer, params });
    const connect = await api.system.event({ name: 'connect', conversationId, connectionId: 'tab-new' });
    expect(connect.status).toBe(404);
  },

  'export-conversation': async (api) => {
    const { call, key } = api;
    const { conversationId, params } = await ofCustomer(api, 'customer-exported');
    const { json } = await call('export-conversation', 200, { as: key, params, query: { limit: '10' } });
    expect(json).toMatchObject({
      conversation: { id: conversationId, customer: { name: 'Ann' } },
      transcript: [{ text: 'Where is my parcel?' }],
      policies: expect.arrayContaining([expect.objectContaining({ name: 'readAfterEnd' })]),
    });
    const tables = (json['stored'] as { table: string }[]).map(({ table }) => table);
    expect(tables).toEqual(['Conversations', 'WorkList', 'Customers']);
    await api.system.alter(conversationId, { disconnectionCount: 'many' });
    const damaged = await call('export-conversation', 200, { as: key, params });
    expect(damaged.json['conversation']).toBeUndefined();
    expect(JSON.stringify(damaged.json)).toMatch(
      /"disconnectionCount":"many".*"customerName":"Ann"|"customerName":"Ann".*"disconnectionCount":"many"/,
    );
    await call('export-conversation', 404, { as: key, params: { conversationId: 'nobody-knows-it' } });
    await call('export-conversation', 400, { as: key, params, query: { limit: '0' } });
    await call('export-conversation', 401, { params });
    await call('erase-conversation', 200, { as: key, params });
    await call('export-conversation', 404, { as: key, params });
  },

  'erase-customer': async (api) => {
    const { call, key } = api;
    const body = { customerId: 'customer-forgotten' };
    const { conversationId } = await ofCustomer(api, body.customerId);
    const { json } = await call('erase-customer', 200, { as: key, body });
    expect(json).toEqual({
      status: 'erased',
      erased: [{ conversationId, erasedAt: expect.any(String) }],
      remaining: [],
      incomplete: false,
    });
    expect((await call('erase-customer', 200, { as: key, body })).json).toMatchObject({ erased: [] });
    await call('erase-customer', 400, { as: key, body: {} });
    await call('erase-customer', 401, { body });
  },

  'export-customer': async (api) => {
    const { call, key } = api;
    const body = { customerId: 'customer-told' };
    const { conversationId } = await ofCustomer(api, body.customerId);
    const { json } = await call('export-customer', 200, { as: key, body });
    expect(json).toMatchObject({
      conversations: [{ conversationId }],
      exports: [{ conversationId, transcript: [{ text: 'Where is my parcel?' }] }],
    });
    const from = { conversationId, after: 1 };
    const rest = await call('export-customer', 200, { as: key, body: { ...body, from } });
    expect(rest.json).toMatchObject({ exports: [{ conversationId, transcript: [] }] });
    await call('export-customer', 400, { as: key, body: { ...body, from: { after: 1 } } });
    await call('export-customer', 401, { body });
  },
};
