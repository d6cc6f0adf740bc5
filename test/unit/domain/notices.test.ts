import { describe, expect, it } from '@jest/globals';
import {
  AUTOMATED_MESSAGE_TRIGGERS,
  type AutomatedMessageTrigger,
} from '../../../shared/automated-messages/automated-message';
import { type Conversation, LIMITS } from '../../../shared/conversation/conversation';
import type { Decision } from '../../../shared/conversation/decision';
import { MINUTE } from '../../../shared/conversation/time';
import {
  type Asked,
  decide,
  accepted,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  agentOffered,
  change,
  connectedCustomer,
  contextAt,
  customerLeft,
  deadlineReached,
  decideAt,
  effectsOf,
  expired,
  lost,
  runningDisconnection,
  NOBODY,
  offered,
} from '../../support/domain/builders';

/** "Preconfigured automated message triggers" (Dynamics 365 Omnichannel). */

const AT = afterStart(60);
const { deadline: LAST } = runningDisconnection(lost());
const agentLast = AT + MINUTE;
const place = (position: number): Asked => ({ type: 'queue-position-known', position });
const agentGone = () => change(accepted(), { type: 'agent-disconnected', agentId: 'anna' }, AT).conversation;
const agentStaysAway: Asked = {
  type: 'deadline-reached',
  kind: 'agent-disconnection',
  number: 1,
  agentPresent: false,
};
const ended = () => change(accepted(), agentEnded(), AT).conversation;
const closesItself: Asked = { type: 'deadline-reached', kind: 'auto-close', number: 1 };

interface Cause {
  readonly before: () => Conversation;
  readonly event: Asked;
  readonly at: number;
  readonly text: string;
  /** Whose sockets it is pushed to. */
  readonly pushedTo: readonly ('customer' | 'agent')[];
}
const cause = (before: () => Conversation, event: Asked, at: number, text: string) => ({
  by: (...pushedTo: Cause['pushedTo']): Cause => ({ before, event, at, text, pushedTo }),
});

const CAUSES: Record<AutomatedMessageTrigger, Cause> = {
  'customer-disconnected': cause(lost, deadlineReached(2, NOBODY), LAST, 'disconnected').by('agent'),
  'customer-ended-conversation': cause(accepted, customerLeft(), AT, 'The customer has ended').by('agent'),
  'agent-assigned': cause(connectedCustomer, agentOffered(), AT, 'assigned').by('customer', 'agent'),
  'agent-joined': cause(offered, agentAccepted(), AT, 'Anna has joined').by('customer', 'agent'),
  'agent-left': cause(accepted, { type: 'agent-released', agentId: 'anna' }, AT, 'Anna has left').by(
    'customer',
  ),
  'agent-disconnected': cause(agentGone, agentStaysAway, agentLast, 'Anna was disconnected').by('customer'),
  'agent-ended-conversation': cause(accepted, agentEnded(), AT, 'The agent has ended').by(
    'customer',
    'agent',
  ),
  'session-ended': cause(ended, agentClosed(), AT, 'This chat has ended').by('customer', 'agent'),
  'customer-next-in-line': cause(connectedCustomer, place(1), AT, 'next in line').by('customer'),
  'customer-position-in-queue': cause(connectedCustomer, place(3), AT, 'number 3').by('customer'),
};
const EVERY = AUTOMATED_MESSAGE_TRIGGERS.map((trigger) => [trigger, CAUSES[trigger]] as const);

/** Those of one trigger: closing a wrap-up repeats what was told of the end. */
const noticePushes = (decision: Decision, trigger: AutomatedMessageTrigger) =>
  effectsOf(decision).flatMap((effect) =>
    effect.type === 'push' && effect.push.type === 'notice' && effect.push.trigger === trigger
      ? [effect]
      : [],
  );

describe.each(EVERY)('the message "%s"', (trigger, { before, event, at, text, pushedTo }) => {
  const told = () => change(before(), event, at);

  it('is one entry of the transcript, the next one, by nobody, and for whom it is meant [R59 R60 R61 R62 R63 R64 R65 R66 R67 R68]', () => {
    const active = told();
    expect(active.entries).toMatchObject([
      {
        kind: 'notice',
        sequence: before().lastSequence + 1,
        at,
        author: { role: 'system' },
        trigger,
        recipient: pushedTo.includes('customer') ? 'customer' : 'agent',
        text: expect.stringContaining(text) as unknown as string,
      },
    ]);
    expect(active.conversation.lastSequence).toBe(active.entries[0]?.sequence);
  });

  it('is pushed to its recipient and to the agent who has the conversation, once each [R69]', () => {
    const active = told();
    const pushes = noticePushes(active, trigger);
    const audiences = pushes.map(({ audience }) => audience);
    expect(audiences.map(({ to }) => to)).toEqual(pushedTo);
    if (pushedTo.includes('agent')) expect(audiences).toContainEqual({ to: 'agent', agentId: 'anna' });
    const [entry] = active.entries;
    for (const { push } of pushes) {
      expect(push).toMatchObject({
        id: `conversation-0001.entry.${entry?.sequence}`,
        trigger,
        text: entry?.text,
      });
    }
  });

  it('is pushed again, the same, when its cause is repeated, and not written again', () => {
    const active = told();
    const again = decideAt(active.conversation, event, at + MINUTE);
    expect(['unchanged', 'refused']).toContain(again.kind);
    expect(noticePushes(again, trigger)).toEqual(noticePushes(active, trigger));
  });

  it('that is deactivated is neither written nor pushed, and everything else happens all the same [R70]', () => {
    const active = told();
    const decision = decide(before(), event, { ...contextAt(at), messages: [{ trigger, active: false }] });
    if (decision.kind !== 'changed') throw new Error(decision.kind);
    const { recentNotices: _active, lastSequence, ...moved } = active.conversation;
    expect(decision.entries).toEqual([]);
    expect(decision.conversation).toMatchObject(moved);
    expect(decision.conversation.lastSequence).toBe(lastSequence - 1);
    const isOther = (effect: (typeof active.effects)[number]) =>
      effect.type !== 'update-work-list' && !(effect.type === 'push' && effect.push.type === 'notice');
    expect(decision.effects.filter(isOther)).toEqual(active.effects.filter(isOther));
    expect(noticePushes(decision, trigger)).toEqual([]);
  });
});

describe('the latest notices', () => {
  it(`are kept to be pushed again, ${LIMITS.recentNotices} of them`, () => {
    let conversation = connectedCustomer();
    for (let at = 9; at > 0; at -= 1) conversation = change(conversation, place(at), AT - at).conversation;
    expect(conversation.recentNotices).toHaveLength(LIMITS.recentNotices);
    expect(conversation.recentNotices.at(-1)).toMatchObject({ trigger: 'customer-next-in-line' });
  });
});

describe('nothing is written', () => {
  it.each<[string, () => Conversation, Asked, number]>([
    [
      'to a customer whom the agent had not met, when the offer is declined',
      offered,
      { type: 'agent-declined', agentId: 'anna' },
      AT,
    ],
    ['when a wrap-up closes itself: the customer has been told', ended, closesItself, AT + 15 * MINUTE],
    ['when the wrap-up of a lost customer is closed', expired, agentClosed(), LAST + MINUTE],
    [
      'when the wrap-up of a customer who left is closed',
      () => change(accepted(), customerLeft(), AT).conversation,
      agentClosed(),
      LAST + MINUTE,
    ],
  ])('%s [R62 R65]', (_when, before, event, at) => {
    expect(change(before(), event, at).entries).toEqual([]);
  });

  it('about a place in the queue that the customer was told already, or that is nobody’s any more [R67]', () => {
    const told = change(connectedCustomer(), place(2), AT).conversation;
    expect(decideAt(told, place(2), AT + MINUTE)).toMatchObject({ kind: 'unchanged' });
    expect(change(told, place(1), AT + MINUTE).entries).toMatchObject([{ trigger: 'customer-next-in-line' }]);
    for (const before of [accepted(), lost(connectedCustomer()), expired()]) {
      expect(decideAt(before, place(1), AT)).toMatchObject({
        outcome: { type: 'ignored', because: 'not-concerned' },
        effects: [],
      });
    }
  });
});
