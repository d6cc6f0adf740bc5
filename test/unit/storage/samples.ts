import {
  type Conversation,
  type ConversationRecord,
  conversationOf as soundOf,
} from '../../../shared/conversation/conversation';
import type { MessageEntry, NoticeEntry } from '../../../shared/conversation/transcript';
import type { WorkListItem } from '../../../shared/conversation/work-list';

const NOON = Date.UTC(2026, 0, 31, 12);

/** A queued conversation whose customer is connected. */
export function conversationOf(id: string, more: Partial<ConversationRecord> = {}): Conversation {
  const sound = soundOf({
    id,
    channel: 'live-chat',
    state: 'Open',
    stateSince: NOON,
    device: 'desktop',
    assignmentCount: 0,
    agentDisconnectionCount: 0,
    recentNotices: [],
    autoClosureCount: 0,
    customer: {
      name: 'Zoë',
      locale: 'fr-CA',
      queue: 'billing',
      workstream: 'default',
      channelInstance: 'default',
      context: { plan: 'gold' },
    },
    liveConnectionIds: ['connection-1'],
    endedConnectionIds: [],
    disconnectionCount: 1,
    lastSignOfLife: NOON + 1,
    recentMessages: [],
    lastSequence: 0,
    createdAt: NOON,
    ...more,
  });
  if ('breaks' in sound) throw new Error(sound.breaks);
  return sound;
}

export const messageOf = (sequence: number, text = `message ${sequence}`): MessageEntry => ({
  kind: 'message',
  sequence,
  at: NOON + sequence,
  author: { role: 'customer', name: 'Zoë' },
  text,
  messageId: `id-${sequence}`,
});

export const noticeOf = (sequence: number): NoticeEntry => ({
  kind: 'notice',
  sequence,
  at: NOON + sequence,
  author: { role: 'system' },
  text: 'The customer has left.',
  trigger: 'customer-disconnected',
  recipient: 'customer',
  reason: 'customer-disconnected',
  disconnectionNumber: 2,
});

export const itemOf = (conversationId: string, more: Partial<WorkListItem> = {}): WorkListItem => ({
  conversationId,
  channel: 'live-chat',
  state: 'Open',
  queue: 'billing',
  customerName: 'Zoë',
  accepted: false,
  createdAt: NOON,
  stateSince: NOON,
  deadlines: [],
  ...more,
});

/** An entity as the SDK returns it once written: numbers without their Edm type, plus what the service adds. */
export const asRead = (entity: object): Record<string, unknown> => ({
  'odata.metadata': 'https://account.table.core.windows.net/$metadata#Conversations/@Element',
  etag: 'W/"datetime\'2026-01-31T12%3A00%3A00.0000000Z\'"',
  timestamp: '2026-01-31T12:00:00.0000000Z',
  ...Object.fromEntries(
    Object.entries(entity).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'object' && value !== null && 'value' in value ? value.value : value,
    ]),
  ),
});
