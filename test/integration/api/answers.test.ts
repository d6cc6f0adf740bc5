import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { ROUTES } from '../../../shared/app/routes';
import { startSystem, type System } from '../bad-input/system';
import { documentedApi, type DocumentedApi } from './documented-api';
import { driveClosedConversations } from './drive-closed-conversations';
import { driveConversations } from './drive-conversations';
import { driveDeadLetters } from './drive-dead-letters';
import { driveNegotiation } from './drive-negotiation';
import { drivePersonalData } from './drive-personal-data';
import { driveService } from './drive-service';
import { driveSettings } from './drive-settings';

const DRIVES = {
  ...driveNegotiation,
  ...driveConversations,
  ...driveSettings,
  ...driveDeadLetters,
  ...driveClosedConversations,
  ...drivePersonalData,
  ...driveService,
};
/** They have no problem of their own. */
const ALWAYS_ANSWERS = ['health', 'openapi', 'site-settings'];

let system: System;
let api: DocumentedApi;
beforeAll(async () => {
  system = await startSystem({
    settings: {
      DISCONNECT_GRACE: 'PT10M',
      // A loss that is told later is another version of the conversation.
      LOSS_NEWS_AFTER: 'PT0S',
      AGENT_DISCONNECT_GRACE: 'PT10M',
      RECONNECT_ENABLED: 'true',
      RECONNECT_PORTAL_URL: 'https://shop.example/help',
    },
  });
  api = documentedApi(system);
});
afterAll(() => system?.stop());

describe('the answers of the running app are in the document, with nothing that it does not say', () => {
  it.each(ROUTES.map(({ id }) => id))('%s [R116]', async (id) => {
    const drive = DRIVES[id];
    if (drive === undefined) throw new Error('nothing drives this operation');
    await drive(api);
    const statuses = api.statusesOf(id);
    expect(statuses.filter((status) => status < 400)).not.toEqual([]);
    const problems = statuses.filter((status) => status >= 400);
    expect(problems.length > 0).toBe(!ALWAYS_ANSWERS.includes(id));
  });
});

type Step = readonly [action: string, body?: object];

describe('an action answers with the version that it has made, and the next one can name it [R216]', () => {
  it.each<[string, Step[]]>([
    ['offer', [['offer', { agentId: 'versions-offer' }]]],
    ['decline', [['offer', { agentId: 'versions-offer-decline' }], ['decline']]],
    ['accept', [['accept']]],
    ['a repeated accept', [['accept'], ['accept']]],
    ['release', [['accept'], ['release']]],
    ['transfer', [['accept'], ['transfer', { queue: 'returns' }]]],
    ['end', [['accept'], ['end']]],
    ['close', [['accept'], ['end'], ['close']]],
    ['extend-wait', [['accept'], ['extend-wait', { by: 'PT1M' }]]],
    ['end-wait', [['accept'], ['end-wait']]],
  ])('%s', async (_name, steps) => {
    const { conversationId } = await system.born();
    const { bearer: as, url } = await system.agent(`versions-${steps.map(([action]) => action).join('-')}`);
    // An agent without a socket is away at once, which is another version.
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    await once(socket, 'open');
    const params = { conversationId };
    const read = async () =>
      (await api.call('read-conversation', 200, { as, params })).headers.get('etag') ?? 'none';
    // Without a socket it is away: there is a wait that can be extended and ended.
    await system.event({ name: 'disconnected', conversationId, id: '2' });
    let seen = await read();
    for (const [action, body] of steps) {
      const headers = { 'if-match': seen };
      const answer = await api.call(`${action}-conversation`, 200, { as, params, headers, body });
      seen = answer.headers.get('etag') ?? 'no ETag';
      expect([action, seen]).toEqual([action, await read()]);
    }
    socket.close();
  });

  it('says so of every action in the document', () => {
    const actions = ROUTES.filter(({ inputs }) => 'If-Match' in (inputs.headers?.shape ?? {}));
    const silent = actions.filter(
      ({ answers }) => !answers.some(({ status, headers }) => status === 204 || headers?.includes('ETag')),
    );
    expect(actions.length).toBeGreaterThan(9);
    expect(silent.map(({ id }) => id)).toEqual([]);
  });
});
