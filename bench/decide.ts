import { join } from 'node:path';
import type * as decider from '../shared/conversation/decide';
import type { Answers, ConversationEvent } from '../shared/conversation/inputs';
import type { Conversation } from '../shared/conversation/conversation';
import { policies } from '../test/support/domain/policies';

/** What is decided: an input on what others have left, with what the service answers. */
export const DECISIONS = ['a loss', 'a message', 'one of 200 tabs'] as const;
export type DecisionKind = (typeof DECISIONS)[number];

const ID = 'conversation-0001';
const START = Date.UTC(2026, 2, 1);
const profile = {
  ...{ name: 'Ann', locale: 'en', queue: 'default', workstream: 'default', channelInstance: 'default' },
  context: {},
};

const socket = (type: 'connected' | 'disconnected', connectionId: string): ConversationEvent => ({
  type,
  connectionId,
  occurredAt: START,
});
const message: ConversationEvent = {
  type: 'customer-message',
  connectionId: 'tab-0',
  messageId: 'm-1',
  text: 'Where is my parcel?',
};

/** Calls of `decide` for each kind, one after the other. Gives microseconds of CPU for one call. */
export type Decide = (kind: DecisionKind, times: number) => number;

/** That of one built app. */
export function decideOf(build: string): Decide {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- which file is known when it runs
  const { decide } = require(join(build, 'dist', 'shared', 'conversation', 'decide.js')) as typeof decider;
  const context = { now: START, policies: policies({ connections: 200 }), messages: [] };
  const afterAll = (events: readonly ConversationEvent[]) =>
    events.reduce<Conversation | undefined>((before, event) => {
      const decision = decide(before, event, context);
      if (decision.kind !== 'changed') throw new Error(`${event.type} is ${decision.kind}`);
      return decision.conversation;
    }, undefined);
  const connect: ConversationEvent = { type: 'connect', conversationId: ID, profile };
  const tabs = Array.from({ length: 200 }, (_, n) => `tab-${n}`);
  const [first = '', ...others] = tabs;
  const one = afterAll([connect, socket('connected', first)]);
  const many = afterAll([connect, ...tabs.map((id) => socket('connected', id))]);
  const cases: Record<DecisionKind, [Conversation | undefined, ConversationEvent, Answers]> = {
    'a loss': [one, socket('disconnected', first), {}],
    'a message': [one, message, {}],
    'one of 200 tabs': [
      many,
      socket('disconnected', first),
      { presence: { alive: true, connectionIds: others as [string, ...string[]] } },
    ],
  };
  return (kind, times) => {
    const [before, event, answers] = cases[kind];
    const started = process.cpuUsage();
    for (let n = 0; n < times; n += 1) decide(before, event, context, answers);
    const { user, system } = process.cpuUsage(started);
    return (user + system) / times;
  };
}
