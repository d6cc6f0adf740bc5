import { LIMITS, type Conversation, type EndReason } from '../conversation';
import type { DecisionContext, Effect } from '../decision';
import { automatedMessage } from '../messages/automated-message';
import type { AutomatedMessageTrigger } from '../messages/trigger';
import type { NoticeEntry } from '../transcript';
import { push, pushId } from './pushes-of';

/**
 * The conversation with an automated message in its transcript, or as it is when the message is deactivated: then the
 * state still moves, and nothing is written. The notice is pushed together with the push of the same `cause`.
 */
export function withNotice(
  conversation: Conversation,
  trigger: AutomatedMessageTrigger,
  cause: string,
  { now, messages }: DecisionContext,
  more: {
    readonly reason?: EndReason;
    readonly disconnectionNumber?: number;
    /** Who the message speaks of, if that is not the conversation's agent. */
    readonly agentName?: string;
    readonly queuePosition?: number;
  } = {},
): { conversation: Conversation; entries: readonly NoticeEntry[] } {
  const { channel, customer, agent } = conversation;
  const { agentName = agent?.name, queuePosition, ...facts } = more;
  const message = automatedMessage(messages, trigger, {
    channel,
    channelInstance: customer.channelInstance,
    locale: customer.locale,
    queueName: customer.queue,
    context: customer.context,
    agentName,
    queuePosition,
  });
  if (message === undefined) return { conversation, entries: [] };
  const sequence = conversation.lastSequence + 1;
  const notice = { sequence, at: now, trigger, ...message };
  const recentNotices = [...conversation.recentNotices, { cause, ...notice }].slice(-LIMITS.recentNotices);
  return {
    conversation: { ...conversation, lastSequence: sequence, recentNotices },
    entries: [{ kind: 'notice', author: { role: 'system' }, ...notice, ...facts }],
  };
}

/** The pushes of notices whose cause is being told. */
export function effectsOfNotices(conversation: Conversation, told: readonly Effect[]): Effect[] {
  const ids = new Set(told.flatMap((effect) => (effect.type === 'push' ? [effect.push.id] : [])));
  return conversation.recentNotices
    .filter(({ cause }) => ids.has(pushId(conversation, cause)))
    .flatMap(({ sequence, at, trigger, recipient, text }) => {
      const { agent } = conversation;
      const audiences = [
        ...(recipient === 'customer' ? [{ to: 'customer' } as const] : []),
        ...(agent ? [{ to: 'agent', agentId: agent.id } as const] : []),
      ];
      return audiences.map((audience) =>
        push(conversation, audience, `entry.${sequence}`, at, { type: 'notice', sequence, trigger, text }),
      );
    });
}
