import { type Conversation, deadlinesOf } from '../../../../shared/conversation/conversation';
import { decide } from '../../../../shared/conversation/decide';
import { isQuestion } from '../../../../shared/conversation/decision';
import type { ConversationEvent, Presence } from '../../../../shared/conversation/inputs';
import { contextAt, PROFILE } from '../../../support/domain/builders';

const NOBODY: Presence = { alive: false };
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
    { type: 'disconnected', connectionId: 'connection-1', occurredAt: now, presence: NOBODY },
    { type: 'customer-message', connectionId: 'new', messageId: 'm1', text: 'Hello' },
    { type: 'customer-left' },
    { type: 'agent-accepted', ...agent },
    { type: 'agent-message', agentId: own.id, messageId: 'm2', text: 'Hello' },
    { type: 'agent-transferred', agentId: own.id, queue: 'other' },
    { type: 'agent-disconnected', agentId: own.id },
    { type: 'agent-ended', agentId: own.id },
    { type: 'agent-closed', agentId: own.id },
    { type: 'wait-extended', agentId: own.id, by: 60_000, key: 'k' },
    { type: 'presence-checked', presence: NOBODY },
    { type: 'presence-checked', presence: { alive: true, connectionIds: ['new'] } },
    ...deadlinesOf(conversation).map(({ kind, number }): ConversationEvent => ({
      type: 'deadline-reached',
      kind,
      number,
      presence: NOBODY,
    })),
  ];
  for (const event of events) isQuestion(decide(conversation, event, contextAt(now)));
}
