import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
      AGENT_DISCONNECT_GRACE: 'PT10M',
      RECONNECT_ENABLED: 'true',
      RECONNECT_PORTAL_URL: 'https://shop.example/help',
    },
  });
  api = documentedApi(system);
}, 120_000);
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
