import { expect } from '@jest/globals';
import type { Answer } from '../bad-input/system';
import type { DocumentedApi } from './documented-api';
import type { Drives } from './drives';

/** A conversation that an agent of its own has accepted, and what that agent does with it. */
async function accepted({ system, call }: DocumentedApi, agentId: string) {
  const { conversationId, bearer } = await system.born();
  const agent = await system.agent(agentId);
  const params = { conversationId };
  const act = (action: string, status: number, body?: unknown, headers = {}): Promise<Answer> =>
    call(`${action}-conversation`, status, { as: agent.bearer, params, body, headers });
  await act('accept', 200);
  return { conversationId, params, agent, customer: bearer, act };
}

const stateOf = ({ json }: Answer) => (json['conversation'] as { state: string }).state;

export const driveConversations: Drives = {
  'list-conversations': async (api) => {
    const { call, system } = api;
    const { agent, conversationId, customer } = await accepted(api, 'lists');
    await system.event({ name: 'disconnected', conversationId, id: '3' });
    const list = await call('list-conversations', 200, { as: agent.bearer });
    expect(list.json['items']).toContainEqual(
      expect.objectContaining({ conversationId, disconnection: expect.anything() }),
    );
    await call('list-conversations', 200, { as: agent.bearer, query: { state: 'Active', limit: '1' } });
    await call('list-conversations', 400, { as: agent.bearer, query: { state: 'Closed' } });
    await call('list-conversations', 401);
    await call('list-conversations', 403, { as: customer });
  },

  'read-conversation': async (api) => {
    const { call, system } = api;
    const { agent, act, conversationId, customer, params } = await accepted(api, 'reads');
    await system.event({ name: 'message', conversationId, id: '3', body: { text: 'Where is my parcel?' } });
    await system.event({ name: 'disconnected', conversationId, id: '4' });
    await call('read-conversation', 200, { as: customer, params });
    const seen = await call('read-conversation', 200, { as: agent.bearer, params });
    expect(seen.headers.get('etag')).toMatch(/^"\d{8}T\d{13}Z"$/);
    expect(seen.json['etag']).toBe(seen.headers.get('etag'));
    await call('read-conversation', 200, { as: agent.bearer, params, query: { limit: '1' } });
    await act('end', 200);
    await call('read-conversation', 200, { as: agent.bearer, params });
    await call('read-conversation', 200, { as: customer, params });
    const left = await accepted(api, 'reads-too');
    await system.event({ name: 'leave', conversationId: left.conversationId, id: '5', body: {} });
    await call('read-conversation', 409, { as: left.customer, params: left.params });
    await call('read-conversation', 400, { as: agent.bearer, params, query: { after: '-1' } });
    await call('read-conversation', 404, { as: agent.bearer, params: { conversationId: 'nobody-knows-it' } });
  },

  'offer-conversation': async ({ call, system }) => {
    const { conversationId } = await system.born();
    const { bearer } = await system.agent('offers');
    const params = { conversationId };
    await call('offer-conversation', 200, { as: bearer, params, body: { agentId: 'offered' } });
    await call('offer-conversation', 400, { as: bearer, params, body: {} });
  },

  'accept-conversation': async (api) => {
    const { params } = await accepted(api, 'accepts');
    const other = await api.system.agent('too-late');
    await api.call('accept-conversation', 409, { as: other.bearer, params });
  },

  'decline-conversation': async ({ call, system }) => {
    const { conversationId } = await system.born();
    const { bearer } = await system.agent('declines');
    const params = { conversationId };
    await call('decline-conversation', 409, { as: bearer, params });
    await call('offer-conversation', 200, { as: bearer, params, body: { agentId: 'declines' } });
    expect(stateOf(await call('decline-conversation', 200, { as: bearer, params }))).toBe('Open');
  },

  'release-conversation': async (api) => {
    const { act, params } = await accepted(api, 'releases');
    expect(stateOf(await act('release', 200))).toBe('Open');
    await act('end', 409);
    await act('release', 200);
    await act('accept', 200);
    await api.call('release-conversation', 401, { params });
  },

  'transfer-conversation': async (api) => {
    const { act } = await accepted(api, 'transfers');
    await act('transfer', 400, { queue: 'not a queue' });
    const moved = await act('transfer', 200, { queue: 'returns' });
    expect(moved.json).toMatchObject({ conversation: { customer: { queue: 'returns' } } });
  },

  'end-conversation': async (api) => {
    const { act } = await accepted(api, 'ends');
    expect(stateOf(await act('end', 200))).toBe('WrapUp');
    await act('end', 409);
  },

  'close-conversation': async (api) => {
    const { act } = await accepted(api, 'closes');
    await act('end', 200);
    expect(stateOf(await act('close', 200))).toBe('Closed');
    await act('close', 409);
  },

  'extend-wait-conversation': async (api) => {
    const { act, agent, conversationId, params } = await accepted(api, 'extends');
    await api.system.event({ name: 'disconnected', conversationId, id: '3' });
    const repeated = { 'idempotency-key': 'once' };
    const { json } = await act('extend-wait', 200, { by: 'PT5M' }, repeated);
    expect(json).toMatchObject({ conversation: { disconnection: { extendedBy: 'PT5M' } } });
    expect((await act('extend-wait', 200, { by: 'PT5M' }, repeated)).json).toEqual(json);
    await act('extend-wait', 400, { by: '5 minutes' });
    await act('extend-wait', 409, { by: 'PT24H' });
    const seen = await api.call('read-conversation', 200, { as: agent.bearer, params });
    const ifMatch = { 'if-match': seen.headers.get('etag') };
    await act('extend-wait', 200, { by: 'PT1M' }, ifMatch);
    await act('extend-wait', 412, { by: 'PT1M' }, ifMatch);
  },

  'end-wait-conversation': async (api) => {
    const { act, conversationId } = await accepted(api, 'waits');
    await api.system.event({ name: 'disconnected', conversationId, id: '3' });
    const { json } = await act('end-wait', 200);
    expect(json).toMatchObject({ conversation: { end: { reason: 'customer-disconnected' } } });
    await act('end-wait', 409);
  },
};
