import { clockLength, END_REASONS, exactTimeOf, isoLength, readableLength } from '../core/format';
import type { EndReason } from '../core/model';

/** What is recorded of a conversation; `GET /v1/conversations/{conversationId}/story`. */
export interface Story {
  readonly events: readonly StoryEvent[];
  /** Disconnections that are not in it. */
  readonly notRecorded: number;
}

export type StoryEvent = { readonly at: string } & (
  | { readonly type: 'created' | 'closed' }
  | {
      readonly type: 'lost';
      readonly number: number;
      readonly device: string;
      readonly deadline: string;
      readonly policy?: 'grace' | 'reconnectTimeLimit' | undefined;
      readonly rule?: string | undefined;
    }
  | {
      readonly type: 'deadline-moved';
      readonly deadline: string;
      readonly because: 'agent' | 'outage' | 'customer-returning' | 'customer-away';
    }
  | { readonly type: 'returned'; readonly number: number; readonly absentFor: string }
  | { readonly type: 'expired'; readonly lateBy: string }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly agentId?: string | undefined }
  | { readonly type: 'knocked'; readonly tooLateBy: string }
);

export interface Moment {
  readonly at: string;
  readonly text: string;
  /** A class of the style sheet. */
  readonly kind: string;
}

const BECAUSE = {
  agent: 'The agent waits longer',
  outage: 'Something did not work when the time was over',
  'customer-returning': 'The customer is about to come back',
  'customer-away': 'The agent is away, too',
};

/** One moment of a story, for somebody who asks why a chat has ended. */
export function momentOfStory(event: StoryEvent): Moment {
  const moment = (text: string, kind = ''): Moment => ({ at: event.at, text, kind });
  switch (event.type) {
    case 'created':
      return moment('Opened');
    case 'lost': {
      const { number, device, deadline, policy, rule } = event;
      const what = number === 1 ? 'Not connected yet' : `Connection lost (${device})`;
      const by = rule === 'default' ? 'the settings of the app' : `the rule ${rule}`;
      const named = policy === 'grace' ? 'grace period' : 'time limit of reconnection';
      const why = policy === undefined ? '' : ` (${named}, by ${by})`;
      return moment(
        `${what}: the customer is waited for until ${exactTimeOf(deadline)}${why}`,
        number === 1 ? '' : 'lost',
      );
    }
    case 'deadline-moved':
      return moment(`${BECAUSE[event.because]}: until ${exactTimeOf(event.deadline)}`, 'deadline');
    case 'returned':
      if (event.number === 1) return moment('Connected');
      return moment(`Back after ${clockLength(isoLength(event.absentFor))}`, 'back');
    case 'expired':
      return moment(`The time is over (decided ${readableLength(event.lateBy)} later)`, 'deadline');
    case 'ended': {
      const { reason, agentId } = event;
      return moment(`Ended: ${END_REASONS[reason]}${agentId === undefined ? '' : ` (${agentId})`}`, 'ended');
    }
    case 'knocked':
      return moment(`The customer came back, ${readableLength(event.tooLateBy)} too late`, 'lost');
    case 'closed':
      return moment('Closed');
  }
}
