import type { Conversation } from '../../../../shared/conversation/conversation';
import { decide } from '../../../../shared/conversation/decide';
import type { Answers, ConversationEvent } from '../../../../shared/conversation/inputs';
import { deadlinesOf } from '../../../../shared/conversation/work-list';
import { contextAt, PROFILE } from '../../../support/domain/builders';

/** What a caller may have found out, or nothing yet. */
const ANSWERS: readonly Answers[] = [
  {},
  { presence: { alive: false }, agentPresent: false, capacity: 'reserved' },
  { presence: { alive: true, connectionIds: ['new'] }, agentPresent: true, capacity: 'full' },
];
const agent = { agentId: 'anna', agentName: 'Anna' };

/**
 * Decides on a conversation whatever can happen to it: a record that was read must not make a decision throw, however
 * little its columns have to do with each other.
 */
export function handleAnything(conversation: Conversation): void {
  const now = Date.parse('2026-01-31T12:10:00Z');
  const { agent: own = { id: 'anna' }, id } = conversation;
  const events: ConversationEvent[] = [
    { type: 'connect', conversationId: id, profile: PROFILE },
    { type: 'connected', connectionId: 'new', occurredAt: now },
    { type: 'disconnected', connectionId: 'connection-1', occurredAt: now },
    { type: 'customer-message', connectionId: 'new', messageId: 'm1', text: 'Hello' },
    { type: 'customer-left' },
    { type: 'agent-accepted', ...agent },
    { type: 'agent-message', agentId: own.id, messageId: 'm2', text: 'Hello' },
    { type: 'agent-transferred', agentId: own.id, queue: 'other' },
    { type: 'agent-disconnected', agentId: own.id },
    { type: 'agent-ended', agentId: own.id },
    { type: 'agent-closed', agentId: own.id },
    { type: 'wait-extended', agentId: own.id, by: 60_000, key: 'k' },
    { type: 'presence-checked' },
    ...deadlinesOf(conversation).map(({ kind, number }): ConversationEvent => ({
      type: 'deadline-reached',
      kind,
      number,
    })),
  ];
  for (const event of events) {
    for (const answers of ANSWERS) decide(conversation, event, contextAt(now), answers);
  }
}
