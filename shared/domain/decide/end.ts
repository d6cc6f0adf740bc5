import { automatedMessage } from '../automated-messages';
import { stateAfterEnd, type Conversation, type EndReason, type PastDisconnection } from '../conversation';
import type { Decision, Outcome } from '../decision';
import type { Instant } from '../time';
import type { AutomatedMessageTrigger, NoticeEntry } from '../transcript';
import { effectsOfEnd } from './pushes-of';
import { changed } from './results';

const TRIGGER: Readonly<Record<EndReason, AutomatedMessageTrigger>> = {
  'customer-disconnected': 'customer-disconnected',
  'customer-ended': 'customer-ended-conversation',
  'agent-ended': 'agent-ended-conversation',
};

/** Ends the conversation: the move and its one notice belong to the same decision, hence the same transaction. */
export function end(
  conversation: Conversation,
  reason: EndReason,
  now: Instant,
  outcome: Outcome,
  agentId?: string,
): Decision {
  const { disconnection } = conversation;
  const state = stateAfterEnd(conversation);
  const notice = noticeOf(conversation, reason, now);
  const past: PastDisconnection | undefined = disconnection && {
    ...disconnection,
    outcome: reason === 'customer-disconnected' ? 'expired' : 'ended',
    endedAt: now,
  };
  const { disconnection: _running, ...rest } = conversation;
  const ended: Conversation = {
    ...rest,
    state,
    end: { at: now, reason, ...(agentId !== undefined && { agentId }) },
    ...(past && { lastDisconnection: past }),
    ...(state === 'Closed' && { closedAt: now }),
    lastSequence: notice.sequence,
  };
  return changed(ended, outcome, effectsOfEnd(ended), [notice]);
}

function noticeOf(conversation: Conversation, reason: EndReason, now: Instant): NoticeEntry {
  const trigger = TRIGGER[reason];
  return {
    kind: 'notice',
    sequence: conversation.lastSequence + 1,
    at: now,
    author: { role: 'system' },
    ...automatedMessage(trigger),
    trigger,
    reason,
    ...(reason === 'customer-disconnected' &&
      conversation.disconnection && { disconnectionNumber: conversation.disconnection.number }),
  };
}
