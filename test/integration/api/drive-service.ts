import { expect } from '@jest/globals';
import { eventHeaders, eventually, newId } from '../bad-input/system';
import type { Drives } from './drives';

export const driveService: Drives = {
  health: ({ call }) => call('health', 200),

  readiness: async ({ call, system }) => {
    const { json } = await call('readiness', 200);
    expect(json['dependencies']).toHaveLength(3);
    system.tables.mode = 'refuse';
    const refused = await eventually(
      () => system.call('health/ready', { method: 'GET' }),
      ({ status }) => status === 503,
    );
    expect(refused.json).toMatchObject({ code: 'not-ready' });
    await call('readiness', 503);
    system.tables.mode = 'forward';
  },

  openapi: async ({ call }) => {
    const { json } = await call('openapi', 200);
    expect(Object.keys(json['paths'] as object)).toContain('/v1/openapi.json');
  },

  'site-settings': ({ call }) => call('site-settings', 200),

  'validate-web-pubsub-events': async ({ call, key }) => {
    const asking = (origin: string) => ({ as: key, headers: { 'webhook-request-origin': origin } });
    await call('validate-web-pubsub-events', 200, asking('localhost'));
    await call('validate-web-pubsub-events', 400, asking('evil.example'));
  },

  'web-pubsub-events': async ({ call, key, system }) => {
    const conversationId = newId();
    const event = (name: string, id: string, status: number, body: unknown = {}, as = key) =>
      call('web-pubsub-events', status, { as, headers: eventHeaders({ name, id, conversationId }), body });
    await event('connect', '0', 200, { query: { name: ['Ann'] } });
    await event('connected', '1', 204);
    await event('message', '2', 204, { text: 'Where is my parcel?' });
    await event('connect', '3', 400, { query: { queue: ['no name'] } });
    const empty = await event('message', '3', 200, { text: '', messageId: 'm-3' });
    expect(empty.json).toMatchObject({ type: 'refused', field: 'text', messageId: 'm-3' });
    await event('connected', '4', 401, {}, {});
    await event('leave', '5', 204);
    const refused = await event('message', '6', 200, { text: 'Too late' });
    expect(refused.json).toMatchObject({ type: 'refused', code: 'conversation-ended' });
    await event('connect', '7', 409);
    const full = newId();
    const toFull = (name: string, id: string, status: number, body: unknown = {}) =>
      call('web-pubsub-events', status, {
        as: key,
        headers: eventHeaders({ name, id, conversationId: full }),
        body,
      });
    for (const [id, name] of ['connect', 'connected', 'disconnected'].entries()) {
      await toFull(name, String(id), name === 'connect' ? 200 : 204, { query: {} });
    }
    // Read, it still fits; what is past is kept as JSON, which has no room for it.
    await system.alter(full, { lostConnectionId: 'x'.repeat(32_760) });
    await call('web-pubsub-events', 413, {
      as: key,
      headers: eventHeaders({ name: 'connected', id: '4', conversationId: full, connectionId: 'tab-b' }),
      body: {},
    });
    const tooLarge = await toFull('leave', '5', 200);
    expect(tooLarge.json).toMatchObject({ type: 'refused', code: 'conversation-too-large' });
    await system.alter(full, { lostConnectionId: 'tab-a' });
    await toFull('leave', '5', 204);
    const forged = { ...eventHeaders({ name: 'connected', conversationId }), 'ce-signature': 'sha256=00' };
    await call('web-pubsub-events', 401, { as: key, headers: forged, body: {} });
  },
};
