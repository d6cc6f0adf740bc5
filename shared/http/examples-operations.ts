import type { z } from 'zod';
import type { CONVERSATION } from '../conversation/conversation-operations';

/** One story runs through the examples: Ann asks about an order, Bob takes the conversation, Ann's network fails. */
export const CONVERSATION_ID = '6b0c0f6e-2f0a-4d39-9f0e-1f6d2c1b7a55';
export const TICKET = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ…';
export const SOCKET_URL = 'wss://chat.webpubsub.azure.com/client/hubs/chat?access_token=eyJ…';
export const ETAG = 'W/"datetime\'2026-03-01T10%3A02%3A05.1234567Z\'"';

export const PROFILE_EXAMPLE = { name: 'Ann', locale: 'en', queue: 'sales', context: { OrderId: '4711' } };

export const CONVERSATION_EXAMPLE: z.output<typeof CONVERSATION> = {
  id: CONVERSATION_ID,
  channel: 'live-chat',
  state: 'Active',
  stateSince: '2026-03-01T10:01:00.000Z',
  createdAt: '2026-03-01T10:00:00.000Z',
  customer: { ...PROFILE_EXAMPLE, workstream: 'default', channelInstance: 'default' },
  agent: {
    id: 'bob',
    name: 'Bob',
    accepted: true,
    assignedAt: '2026-03-01T10:01:00.000Z',
    acceptedAt: '2026-03-01T10:01:00.000Z',
  },
  device: 'phone',
  capacity: { units: 20 },
  connected: false,
  disconnections: 2,
  disconnection: {
    number: 2,
    reason: 'connection-lost',
    since: '2026-03-01T10:02:05.000Z',
    deadline: '2026-03-01T10:05:05.000Z',
  },
  lastDisconnection: {
    number: 1,
    reason: 'not-yet-connected',
    since: '2026-03-01T10:00:00.000Z',
    deadline: '2026-03-01T10:03:00.000Z',
    outcome: 'reconnected',
    endedAt: '2026-03-01T10:00:00.250Z',
  },
};
