import { expect } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import type { Decision, DecisionContext, Effect } from '../../../shared/conversation/decision';
import { type Instant, toIsoDuration } from '../../../shared/conversation/time';
import type { PolicyValues } from '../../../shared/policies/policy';
import { type Asked, contextAt, decide } from './builders';

/**
 * What a decision says, in short; a test names what it is about, and that it compares whole. An effect reads `list` (the
 * row of the work list), `start auto-close.1 in PT15M`, `cancel disconnection.2 (conversationEnded)`, `free anna.1`,
 * `conversation-queued to agents + customer` (one notification), `close all` or `close tab-2` (sockets).
 */
export interface Said {
  /** The type of the outcome; of an input that is ignored, why; of a question, its kind; of a refusal, its code. */
  readonly outcome: string;
  readonly changed: boolean;
  readonly state: Conversation['state'];
  /** New entries of the transcript: the triggers of notices, `message` for messages. */
  readonly entries: readonly string[];
  readonly effects: readonly string[];
  readonly timers: readonly string[];
  readonly notifications: readonly string[];
}

const isTimer = (line: string): boolean => /^(?:start|cancel) /.test(line);
const isNotification = (line: string): boolean => line.includes(' to ');

/** What the decision says of the conversation, at that time. */
export function saidBy(before: Conversation | undefined, decision: Decision, now: Instant): Partial<Said> {
  const state = decision.kind === 'changed' ? decision.conversation.state : before?.state;
  const said = {
    outcome: outcomeOf(decision),
    changed: decision.kind === 'changed',
    ...(state && { state }),
  };
  if (!('effects' in decision)) return said;
  const effects = linesOf(decision.effects, now);
  const entries = decision.kind === 'changed' ? decision.entries : [];
  return {
    ...said,
    entries: entries.map((entry) => (entry.kind === 'notice' ? entry.trigger : entry.kind)),
    effects,
    timers: effects.filter(isTimer),
    notifications: effects.filter(isNotification),
  };
}

function outcomeOf(decision: Decision): string {
  if (decision.kind === 'refused') return decision.refusal.code;
  if (!('outcome' in decision)) return decision.kind;
  const { outcome } = decision;
  return outcome.type === 'ignored' ? outcome.because : outcome.type;
}

/** One line an effect; a notification that goes to several is one line. */
function linesOf(effects: readonly Effect[], now: Instant): readonly string[] {
  const lines = new Map<string, string>();
  for (const effect of effects) {
    if (effect.type !== 'push') {
      lines.set(JSON.stringify(effect), lineOf(effect, now));
      continue;
    }
    const { audience, push } = effect;
    const to = audience.to === 'agent' ? audience.agentId : audience.to;
    const sofar = lines.get(push.id + push.type);
    const what = push.type === 'notice' ? push.trigger : push.type;
    lines.set(push.id + push.type, sofar === undefined ? `${what} to ${to}` : `${sofar} + ${to}`);
  }
  return [...lines.values()];
}

function lineOf(effect: Exclude<Effect, { type: 'push' }>, now: Instant): string {
  switch (effect.type) {
    case 'update-work-list':
      return 'list';
    case 'start-timer':
      return `start ${effect.kind}.${effect.number} in ${toIsoDuration(Math.max(0, effect.deadline - now))}`;
    case 'cancel-timer':
      return `cancel ${effect.kind}.${effect.number} (${effect.because})`;
    case 'release-capacity':
      return `free ${effect.agentId}.${effect.assignment}`;
    case 'close-customer-connections':
      return 'close all';
    case 'close-connection':
      return `close ${effect.connectionId}`;
  }
}

/** What is said besides the summary: parts of the conversation after it, of the refusal or of the outcome. */
interface Details {
  readonly conversation?: object;
  readonly without?: readonly (keyof Conversation)[];
  readonly details?: object;
}

/** A conversation, before something happens to it. Policies are the defaults but for `changes`. */
export const given = (before: Conversation | undefined, changes: Partial<PolicyValues> = {}) => ({
  /** Something happens, with what the caller has found out for it. */
  when(input: Asked, now: Instant, context: DecisionContext = contextAt(now, changes)) {
    const decision = decide(before, input, context);
    const after = decision.kind === 'changed' ? decision.conversation : before;
    return {
      decision,
      conversation: after,
      /** What must follow; only what is named is compared. Goes on with the conversation after it. */
      then({ conversation, without = [], details, ...expected }: Partial<Said> & Details) {
        const said = saidBy(before, decision, now);
        const named = Object.fromEntries(
          Object.keys(expected).map((key) => [key, said[key as keyof Said] ?? null]),
        );
        expect(named).toEqual(expected);
        if (conversation) expect(after).toMatchObject(conversation);
        for (const part of without) expect(after).not.toHaveProperty(part);
        if (details) expect('refusal' in decision ? decision.refusal : decision).toMatchObject(details);
        return { ...given(after, changes), conversation: after as Conversation, decision };
      },
    };
  },
});
