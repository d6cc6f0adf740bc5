import { expect } from '@jest/globals';
import type { Drives } from './drives';

const CREATE = { 'if-none-match': '*' };
const etagOf = (answer: { headers: Headers }): string => {
  const etag = answer.headers.get('etag');
  if (etag === null) throw new Error('the answer has no ETag');
  return etag;
};

export const driveSettings: Drives = {
  'read-policies': async ({ call, key }) => {
    await call('read-policies', 200, { as: key });
    await call('read-policies', 401);
  },

  'write-policies': async ({ call, key }) => {
    const rule = {
      id: 'every-value',
      when: { channel: ['persistent-chat'], device: ['phone'], state: ['Active'], workstream: ['async'] },
      set: {
        grace: 'PT5M',
        openAutoClose: 'never',
        wrapUpCapacity: 'PT1M',
        capacityUnits: 10,
        reconnectRedirectUrl: null,
        readAfterEnd: 'PT0S',
      },
    };
    const body = { channels: { async: 'persistent-chat' }, rules: [rule] };
    await call('write-policies', 428, { as: key, body });
    const written = await call('write-policies', 200, { as: key, headers: CREATE, body });
    expect(written.json).toEqual({ ...body, etag: etagOf(written) });
    const read = await call('read-policies', 200, { as: key });
    expect([etagOf(read), read.json['etag']]).toEqual([etagOf(written), etagOf(written)]);
    // What is stored already is found stored: the first answer may have been lost.
    await call('write-policies', 200, { as: key, headers: CREATE, body });
    await call('write-policies', 412, { as: key, headers: CREATE, body: { ...body, rules: [] } });
    const headers = { 'if-match': etagOf(read) };
    await call('write-policies', 400, { as: key, headers, body: { rules: [{ id: 'x' }] } });
    await call('write-policies', 413, { as: key, headers, body: 'x'.repeat(70_000) });
    await call('write-policies', 400, { as: key, headers, body: {} });
    await call('write-policies', 400, { as: key, headers, body: { rules: [] } });
    await call('write-policies', 200, { as: key, headers, body: { channels: {}, rules: [] } });
  },

  'explain-policies': async ({ call, system }) => {
    const { conversationId } = await system.born();
    const { bearer } = await system.agent('asks');
    await call('explain-policies', 200, { as: bearer, params: { conversationId } });
    await call('explain-policies', 404, { as: bearer, params: { conversationId: 'nobody-knows-it' } });
  },

  'conversation-story': async ({ call, system }) => {
    const { conversationId, bearer } = await system.born();
    const agent = await system.agent('wonders');
    const { json } = await call('conversation-story', 200, { as: agent.bearer, params: { conversationId } });
    expect(json['events']).toMatchObject([{ type: 'created' }, { type: 'lost' }, { type: 'returned' }]);
    await call('conversation-story', 403, { as: bearer, params: { conversationId } });
    await call('conversation-story', 404, {
      as: agent.bearer,
      params: { conversationId: 'nobody-knows-it' },
    });
  },

  'list-automated-messages': async ({ call, key }) => {
    await call('list-automated-messages', 200, { as: key, query: { locale: 'de' } });
    await call('list-automated-messages', 400, { as: key, query: { channel: 'telephone' } });
  },

  'write-automated-message': async ({ call, key }) => {
    const params = { trigger: 'agent-joined' };
    const body = { channel: 'live-chat', locale: 'en', text: '{AgentName} is here.' };
    await call('write-automated-message', 428, { as: key, params, body });
    const written = await call('write-automated-message', 200, { as: key, params, body, headers: CREATE });
    const list = await call('list-automated-messages', 200, { as: key });
    expect(list.json['overrides']).toContainEqual(written.json);
    expect(written.json['etag']).toBe(etagOf(written));
    const other = { ...body, text: 'Another text.' };
    await call('write-automated-message', 412, { as: key, params, body: other, headers: CREATE });
    await call('write-automated-message', 400, { as: key, params, body: { text: '{Nobody}' } });
    await call('write-automated-message', 404, { as: key, params: { trigger: 'full-moon' }, body });
  },

  'delete-automated-message': async ({ call, key }) => {
    const params = { trigger: 'agent-left' };
    const override = { as: key, params, headers: CREATE, body: { active: false } };
    const written = await call('write-automated-message', 200, override);
    await call('delete-automated-message', 412, { as: key, params, headers: { 'if-match': 'W/"other"' } });
    await call('delete-automated-message', 204, {
      as: key,
      params,
      headers: { 'if-match': etagOf(written) },
    });
    await call('delete-automated-message', 404, { as: key, params });
    await call('delete-automated-message', 400, { as: key, params, query: { locale: '<script>' } });
  },

  'read-capacity': async ({ call, key }) => {
    await call('read-capacity', 200, { as: key, params: { agentId: 'ann' } });
    await call('read-capacity', 400, { as: key, params: { agentId: 'a.b' } });
  },

  'set-capacity': async ({ call, key }) => {
    const params = { agentId: 'busy' };
    const set = await call('set-capacity', 200, { as: key, params, body: { capacityUnits: 0 } });
    expect(set.json).toMatchObject({ totalUnits: 0, unitsFree: 0 });
    await call('set-capacity', 400, { as: key, params, body: { capacityUnits: -1 } });
  },

  'list-agents': async ({ call, system }) => {
    const { conversationId, bearer } = await system.born();
    const agent = await system.agent('listed');
    await call('accept-conversation', 200, { as: agent.bearer, params: { conversationId } });
    const { json } = await call('list-agents', 200, { as: agent.bearer });
    expect(json['agents']).toContainEqual(expect.objectContaining({ agentId: 'listed', conversations: 1 }));
    await call('list-agents', 403, { as: bearer });
  },

  'my-capacity': async ({ call, system }) => {
    const { conversationId, bearer } = await system.born();
    const agent = await system.agent('counts');
    await call('accept-conversation', 200, { as: agent.bearer, params: { conversationId } });
    const mine = await call('my-capacity', 200, { as: agent.bearer });
    expect(mine.json['conversations']).toMatchObject([{ conversationId }]);
    await call('my-capacity', 403, { as: bearer });
  },
};
