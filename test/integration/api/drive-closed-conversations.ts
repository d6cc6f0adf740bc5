import { expect } from '@jest/globals';
import { newId } from '../bad-input/system';
import type { DocumentedApi } from './documented-api';
import type { Drives } from './drives';

/** A conversation that its customer has ended in the queue: closed at once. */
async function closed({ system }: DocumentedApi): Promise<string> {
  const { conversationId } = await system.born();
  await system.event({ name: 'message', conversationId, id: '3', body: { text: 'Never mind' } });
  await system.event({ name: 'leave', conversationId, id: '4', body: {} });
  return conversationId;
}

export const driveClosedConversations: Drives = {
  insights: async ({ call, key }) => {
    const { json } = await call('insights', 200, { as: key, query: { grace: 'PT1M30S', device: 'phone' } });
    expect(json).toMatchObject({ complete: true, whatIf: { grace: 'PT1M30S' } });
    await call('insights', 400, {
      as: key,
      query: { from: '2026-03-01T00:00:00Z', to: '2026-02-01T00:00:00Z' },
    });
    await call('insights', 401, { query: {} });
  },

  'list-closed-conversations': async (api) => {
    const { call, key } = api;
    const ids = [await closed(api), await closed(api)];
    const query = { queue: 'default', reason: 'customer-ended', from: '2026-01-01T00:00:00Z' };
    const { json } = await call('list-closed-conversations', 200, {
      as: key,
      query: { ...query, limit: '1' },
    });
    expect(json['items']).toMatchObject([{ conversationId: ids[1], reason: 'customer-ended' }]);
    const continuationToken = String(json['continuationToken']);
    const next = await call('list-closed-conversations', 200, {
      as: key,
      query: { ...query, continuationToken },
    });
    expect(next.json['items']).toContainEqual(expect.objectContaining({ conversationId: ids[0] }));
    for (const wrong of [
      { from: 'yesterday' },
      { to: '2026-01-01' },
      { agentId: 'a b' },
      { queue: '' },
      { reason: 'boredom' },
      { limit: '501' },
      { continuationToken: 'x' },
      { customerName: 'Ann' },
    ]) {
      await call('list-closed-conversations', 400, { as: key, query: wrong as never });
    }
    await call('list-closed-conversations', 401);
  },

  'download-transcript': async (api) => {
    const { call, key } = api;
    const params = { conversationId: await closed(api) };
    const { json, headers } = await call('download-transcript', 200, { as: key, params });
    expect(json['transcript']).toMatchObject([{ text: 'Never mind' }, { kind: 'notice' }]);
    expect(headers.get('content-disposition')).toContain(`conversation-${params.conversationId}.json`);
    const text = await call('download-transcript', 200, {
      as: key,
      params,
      query: { format: 'text', limit: '1' },
    });
    expect(text.text).toMatch(/^# .*\n# .*\n\d{4}-\S+ customer "Customer": Never mind\n$/);
    expect(text.headers.get('link')).toBe('<?format=text&after=1&limit=1>; rel="next"');
    await call('download-transcript', 404, { as: key, params: { conversationId: newId() } });
    await call('download-transcript', 400, { as: key, params, query: { format: 'html' } });
    await call('download-transcript', 401, { params });
  },
};
