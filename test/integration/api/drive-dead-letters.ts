import { expect } from '@jest/globals';
import type { DocumentedApi } from './documented-api';
import type { Drives } from './drives';

/** A conversation whose record somebody has spoiled; an event has met it. */
async function spoiled({ system }: DocumentedApi) {
  const { conversationId } = await system.born();
  await system.alter(conversationId, { schemaVersion: 99 });
  const met = await system.event({ name: 'message', conversationId, id: '3', body: { text: 'Hello' } });
  expect(met.status).toBe(500);
  return { conversationId, deadLetterId: `${conversationId}.unreadable-row` };
}

export const driveDeadLetters: Drives = {
  'list-dead-letters': async (api) => {
    const { call, key } = api;
    const { conversationId, deadLetterId } = await spoiled(api);
    const { json } = await call('list-dead-letters', 200, { as: key });
    const row = `${conversationId}/conversation`;
    expect(json['items']).toContainEqual(expect.objectContaining({ id: deadLetterId, row, state: 'open' }));
    await api.system.alter(conversationId, { schemaVersion: 2 });
    await call('list-dead-letters', 200, { as: key, query: { state: 'resolved', limit: '1' } });
    await call('list-dead-letters', 400, { as: key, query: { limit: 'all' } });
    await call('list-dead-letters', 400, { as: key, query: { continuationToken: 'x' } });
    await call('list-dead-letters', 401);
  },

  'replay-dead-letter': async (api) => {
    const { call, key, system } = api;
    const { conversationId, deadLetterId } = await spoiled(api);
    const params = { deadLetterId };
    await call('replay-dead-letter', 401, { params });
    await call('replay-dead-letter', 404, { as: key, params: { deadLetterId: 'nobody-knows-it' } });
    await call('replay-dead-letter', 409, { as: key, params });
    await system.alter(conversationId, { schemaVersion: 2 });
    const replayed = await call('replay-dead-letter', 200, { as: key, params });
    expect(replayed.json).toMatchObject({ conversationId, state: 'resolved' });
    expect((await call('replay-dead-letter', 200, { as: key, params })).json).toEqual(replayed.json);
  },
};
