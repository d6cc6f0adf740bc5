import type { Channel, DeviceClass } from '../channel';
import type { Milliseconds } from '../time';

/** States that a rule can name. `Offered` is `Active` that its agent has not accepted yet. */
export const POLICY_STATES = ['Open', 'Offered', 'Active', 'Waiting', 'WrapUp'] as const;
export type PolicyState = (typeof POLICY_STATES)[number];

/** What a rule can depend on. */
export interface Situation {
  readonly channel: Channel;
  readonly workstream: string;
  /** The chat widget. */
  readonly channelInstance: string;
  readonly state: PolicyState;
  /** Of the connection that was lost, or else the one that was seen last. */
  readonly device: DeviceClass;
}

/** Everything that is a matter of policy. */
export interface PolicyValues {
  /** How long a customer's disconnection may last. Live chat only. */
  readonly grace: Milliseconds;
  /** How long an agent's disconnection may last before its conversations return to the queue. */
  readonly agentGrace: Milliseconds;
  /** How much an agent may add to one disconnection in all. */
  readonly maxExtension: Milliseconds;
  /** `Open` without activity is closed after this. */
  readonly openAutoClose: Milliseconds | 'never';
  /** Whether that happens to a customer who is connected, too. */
  readonly openAutoCloseWhileConnected: boolean;
  readonly wrapUpAutoClose: Milliseconds | 'never';
  /** `Waiting` without activity is closed after this. Persistent chat only. */
  readonly waitingAutoClose: Milliseconds | 'never';
  /** How long `WrapUp` blocks the agent's capacity: until it is closed, not at all, or for a time. */
  readonly wrapUpCapacity: 'always' | 'none' | Milliseconds;
  /** Units of the agent's capacity that a conversation takes. */
  readonly capacityUnits: number;
  /** Reconnection to a previous chat: its time limit replaces the grace period of an accepted conversation. */
  readonly reconnect: boolean;
  readonly reconnectTimeLimit: Milliseconds;
  /** The page with the chat widget; the reconnect link leads there. */
  readonly reconnectPortalUrl: string | undefined;
  /** Where a customer is sent who comes back too late; absent: a new conversation is offered. */
  readonly reconnectRedirectUrl: string | undefined;
}

export type PolicyName = keyof PolicyValues;

/** A row of the policy table: where all its conditions hold, its values apply. Each condition lists what it accepts. */
export interface PolicyRule {
  /** Unique within the table; explanations name it. */
  readonly id: string;
  readonly when: { readonly [C in keyof Situation]?: readonly Situation[C][] };
  readonly set: Partial<PolicyValues>;
}

/** The one table of everything that is a matter of policy. */
export interface PolicyTable {
  /** Workstreams that are not live chat. */
  readonly channels: Readonly<Record<string, Channel>>;
  /** In order: for each value the first rule that fits and sets it wins. */
  readonly rules: readonly PolicyRule[];
  /** What applies where no rule does; from the app's settings. */
  readonly base: PolicyValues;
}

/** The part of the table that operators write. */
export type PolicyDocument = Pick<PolicyTable, 'channels' | 'rules'>;
