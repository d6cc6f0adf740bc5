import type { Channel, Conversation, DeviceClass } from '../conversation/conversation';
import {
  type Instant,
  type Milliseconds,
  MINUTE,
  parseIsoDuration,
  toIsoDuration,
} from '../conversation/time';

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
  /** How long a customer must be gone before agents are told; the wait counts from the loss all the same. */
  readonly lossNewsAfter: Milliseconds;
  /** How many sockets a conversation's customer may open. */
  readonly connections: number;
  /** How long an agent's disconnection may last before its conversations return to the queue. */
  readonly agentGrace: Milliseconds;
  /** How long an offer waits for its agent before the conversation returns to the queue. */
  readonly offerTimeout: Milliseconds | 'never';
  /**
   * How long somebody who is away may still come back once the app, the storage and the socket service work again, if
   * they did not over the deadline. Never longer than the wait itself.
   */
  readonly outageAllowance: Milliseconds;
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
  /** How long after the end a customer who has not ended it can read it; 0: not at all. */
  readonly readAfterEnd: Milliseconds;
  /** How long after its closing a conversation is stored; then it is erased. */
  readonly retention: Milliseconds | 'never';
}

export type PolicyName = keyof PolicyValues;

type LengthName = Exclude<
  PolicyName,
  | 'connections'
  | 'openAutoCloseWhileConnected'
  | 'capacityUnits'
  | 'reconnect'
  | 'reconnectPortalUrl'
  | 'reconnectRedirectUrl'
>;

/** Lengths of time as operators wrote them, if this app would write them differently: `PT24H` is `P1D` for it, and not for them. */
export type Written = { readonly [N in LengthName]?: string };

/** What is written as lengths of time in milliseconds, beside its texts; anything else stays as it is. */
export function readLengths<T extends object>(values: T): { readonly set: T; readonly written?: Written } {
  const texts: [string, string, Milliseconds][] = Object.entries(values).flatMap(([name, text]) => {
    const length = typeof text === 'string' ? parseIsoDuration(text) : undefined;
    return length === undefined ? [] : [[name, text as string, length]];
  });
  const set = { ...values, ...Object.fromEntries(texts.map(([name, , length]) => [name, length])) };
  const others = texts.filter(([, text, length]) => text !== toIsoDuration(length));
  return others.length === 0
    ? { set }
    : { set, written: Object.fromEntries(others.map(([name, text]) => [name, text])) };
}

/** A row of the policy table: where all its conditions hold, its values apply. Each condition lists what it accepts. */
export interface PolicyRule {
  /** Unique within the table; explanations name it. */
  readonly id: string;
  readonly when: { readonly [C in keyof Situation]?: readonly Situation[C][] };
  readonly set: Partial<PolicyValues>;
  readonly written?: Written;
}

/** The one table of everything that is a matter of policy. */
export interface PolicyTable {
  /** Workstreams that are not live chat. */
  readonly channels: Readonly<Record<string, Channel>>;
  /** In order: for each value the first rule that fits and sets it wins. */
  readonly rules: readonly PolicyRule[];
  /** What applies where no rule does; from the app's settings. */
  readonly base: PolicyValues;
  /** Of the base. */
  readonly written?: Written;
}

/** The part of the table that operators write. */
export type PolicyDocument = Pick<PolicyTable, 'channels' | 'rules'>;

const DAY = 24 * 60 * MINUTE;

/**
 * Whether customers may be sent to this address: `https`, or `http` on this machine, written as it is read. Somebody's name
 * in front of the host (`http://localhost:x@host.example/`) makes one host look like another.
 */
export function isPageUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s\p{C}\\/?#@]+([/?#][^\s\p{C}\\]*)?$/iu.test(text)) return false;
  try {
    // `URL.canParse` of Node 20 refuses letters such as "ü" once it has been optimised.
    const { protocol, hostname } = new URL(text);
    return protocol === 'https:' || hostname === 'localhost';
  } catch {
    return false;
  }
}

/**
 * Rules that come after the operator's and before the base: persistent chat is closed much later than live chat
 * ("Configure automatic closure of conversations", Dynamics 365).
 */
export const BUILT_IN_RULES: readonly PolicyRule[] = [
  {
    id: 'built-in-persistent-chat',
    when: { channel: ['persistent-chat'] },
    set: { openAutoClose: 30 * DAY, wrapUpAutoClose: DAY },
  },
];

/** The rules in the order in which they are asked: the operator's, then those that are built in. */
export const rulesOf = (table: PolicyTable): readonly PolicyRule[] => [...table.rules, ...BUILT_IN_RULES];

/** Policies whose shorter value takes something away from whoever waits, or may still come back. */
const WAITS = [
  'grace',
  'agentGrace',
  'offerTimeout',
  'outageAllowance',
  'maxExtension',
  'openAutoClose',
  'wrapUpAutoClose',
  'waitingAutoClose',
  'reconnectTimeLimit',
  'readAfterEnd',
] as const satisfies readonly PolicyName[];

const longest = (waits: readonly (Milliseconds | 'never')[]): Milliseconds | 'never' =>
  waits.includes('never') ? 'never' : Math.max(...(waits as readonly Milliseconds[]));

/**
 * The table beside a document that cannot be read, of which `found` are the values that its rules set. Nobody knows where
 * they apply, so each wait that the document speaks of is, for everybody, the longest of all that are known.
 */
export function withLongestWaits(table: PolicyTable, found: readonly Partial<PolicyValues>[]): PolicyTable {
  const all = [table.base, ...rulesOf(table).map(({ set }) => set), ...found];
  const valuesOf = (name: (typeof WAITS)[number]) => all.flatMap((set) => set[name] ?? []);
  const set: Record<string, unknown> = {};
  for (const name of WAITS) {
    if (found.some((values) => name in values)) set[name] = longest(valuesOf(name));
  }
  // Which of the two counts depends on a switch.
  if (found.some(({ reconnect, ...values }) => reconnect === true || 'reconnectTimeLimit' in values)) {
    set['grace'] = set['reconnectTimeLimit'] = longest([
      ...valuesOf('grace'),
      ...valuesOf('reconnectTimeLimit'),
    ]);
  }
  if (found.some((values) => values.openAutoCloseWhileConnected === false))
    set['openAutoCloseWhileConnected'] = false;
  if (Object.keys(set).length === 0) return table;
  return { ...table, rules: [{ id: 'built-in-longest-waits', when: {}, set }, ...table.rules] };
}

/** The first condition of a rule that the situation does not meet; undefined where the rule fits. */
const unmetCondition = ({ when }: PolicyRule, situation: Situation): keyof Situation | undefined =>
  (Object.keys(when) as (keyof Situation)[]).find(
    (condition) => !(when[condition] as readonly string[]).includes(situation[condition]),
  );

/** The rule that decides a value: the first one that fits and sets it; undefined where the base does. */
const decidingRule = (table: PolicyTable, name: PolicyName, situation: Situation): PolicyRule | undefined =>
  rulesOf(table).find((rule) => name in rule.set && unmetCondition(rule, situation) === undefined);

/** What applies in a situation. */
export function policyFor<K extends PolicyName>(
  table: PolicyTable,
  name: K,
  situation: Situation,
): PolicyValues[K] {
  const rule = decidingRule(table, name, situation);
  return (rule === undefined ? table.base : (rule.set as PolicyValues))[name];
}

/** A length of time that applies to a conversation, for people: as whoever set it wrote it. */
export function writtenPolicyOf(conversation: Governed, name: 'maxExtension', policies: PolicyTable): string {
  const situation = situationOf(conversation);
  const { written } = decidingRule(policies, name, situation) ?? policies;
  return written?.[name] ?? toIsoDuration(policyFor(policies, name, situation));
}

/** The channel of a workstream: live chat, where the table does not say otherwise. */
export const channelOf = ({ channels }: PolicyTable, workstream: string): Channel =>
  Object.hasOwn(channels, workstream) ? (channels[workstream] ?? 'live-chat') : 'live-chat';

const DEFAULT_WORKSTREAM = 'default';

/**
 * Whether a customer of whom nothing is known may choose the workstream: a live chat that every rule treats as it treats the
 * default one. What is for some customers only, a persistent chat or a longer wait, is for those whom the site has signed in.
 */
export const isForEverybody = (table: PolicyTable, workstream: string): boolean =>
  [workstream, DEFAULT_WORKSTREAM].every((one) => channelOf(table, one) === 'live-chat') &&
  table.rules.every(
    ({ when: { workstream: named } }) =>
      named === undefined || named.includes(workstream) === named.includes(DEFAULT_WORKSTREAM),
  );

/** What there must be of a conversation to know its policies. */
type Governed = Pick<Conversation, 'channel' | 'customer' | 'device' | 'state' | 'agent'>;

/** What the policies of a conversation depend on. `device`: of the connection in question, if it is known. */
export function situationOf(conversation: Governed, device: DeviceClass = conversation.device): Situation {
  const { channel, customer } = conversation;
  const { workstream, channelInstance } = customer;
  return { channel, workstream, channelInstance, state: policyStateOf(conversation), device };
}

/** A closed conversation has the policies of the state it was in last. */
function policyStateOf({ state, agent }: Governed): PolicyState {
  if (state === 'Closed') return 'WrapUp';
  return state === 'Active' && agent?.acceptedAt === undefined ? 'Offered' : state;
}

/** What applies to a conversation as it is. `device`: of the connection in question, if it is known. */
export const policyOf = <K extends PolicyName>(
  conversation: Governed,
  name: K,
  policies: PolicyTable,
  device?: DeviceClass,
): PolicyValues[K] => policyFor(policies, name, situationOf(conversation, device));

/**
 * Which policy says how long the customer may be away: with reconnection to a previous chat its time limit takes the
 * place of the grace period, once an agent has accepted ("Configure reconnection to a previous chat session").
 */
export function gracePolicyOf(
  conversation: Governed,
  policies: PolicyTable,
  device?: DeviceClass,
): Extract<PolicyName, 'grace' | 'reconnectTimeLimit'> {
  const { state } = situationOf(conversation, device);
  const reconnects = state === 'Active' && policyOf(conversation, 'reconnect', policies, device);
  return reconnects ? 'reconnectTimeLimit' : 'grace';
}

/** How long a disconnection that begins now may last. */
export function gracePeriodOf(
  conversation: Governed,
  policies: PolicyTable,
  device?: DeviceClass,
): Milliseconds {
  return policyOf(conversation, gracePolicyOf(conversation, policies, device), policies, device);
}

/** Which policy says how long, and by which rule: `default` where none does. */
export function graceOriginOf(
  conversation: Governed,
  policies: PolicyTable,
  device?: DeviceClass,
): { readonly policy: ReturnType<typeof gracePolicyOf>; readonly rule: string } {
  const policy = gracePolicyOf(conversation, policies, device);
  return { policy, rule: decidingRule(policies, policy, situationOf(conversation, device))?.id ?? 'default' };
}

/**
 * When the conversation is closed by itself ("Configure automatic closure of conversations"): `WrapUp` some time after
 * the end, but not while it blocks capacity for a custom time; `Open` and `Waiting` after inactivity; `Active` never.
 *
 * A connected customer of a live chat is never closed away, unless policy says so (docs/decisions/0011). Live chat in
 * `Open` therefore has a closure only while its customer is away for longer than the inactivity that is allowed: a customer
 * who was there until the loss was not inactive.
 */
export function autoClosureDue(conversation: Conversation, policies: PolicyTable): Instant | undefined {
  const { state, stateSince, lastSignOfLife, end, capacityHold } = conversation;
  const after = (from: Instant, length: Milliseconds | 'never') =>
    length === 'never' ? undefined : from + length;
  const active = Math.max(stateSince, lastSignOfLife);
  switch (state) {
    case 'WrapUp': {
      const due = after(end?.at ?? stateSince, policyOf(conversation, 'wrapUpAutoClose', policies));
      return due === undefined ? undefined : Math.max(due, capacityHold?.releaseAt ?? due);
    }
    case 'Waiting':
      return after(active, policyOf(conversation, 'waitingAutoClose', policies));
    case 'Open': {
      const allowed = policyOf(conversation, 'openAutoClose', policies);
      if (!mustAskForCustomer(conversation, policies)) return after(active, allowed);
      const { disconnection, autoClosure } = conversation;
      // Prevents: a socket that comes and goes starts and calls off a closure each time.
      if (disconnection?.newsAt !== undefined && autoClosure === undefined) return undefined;
      // Prevents: a customer who has waited in silence loses its line for a second, and is closed away at once.
      const due = disconnection && after(Math.max(active, disconnection.since), allowed);
      if (due === undefined || disconnection === undefined) return undefined;
      // Once it runs it is put off only, never dropped: a late event that changes nothing else has no effects to repeat.
      const isDue = autoClosure !== undefined || disconnection.deadline > due;
      return isDue ? Math.max(due, disconnection.allowance?.until ?? due) : undefined;
    }
    case 'Active':
    case 'Closed':
      return undefined;
  }
}

/** Whether, in `Open`, the service must have said that the customer is not there. Only persistent chats are `Waiting`. */
export const mustAskForCustomer = (conversation: Conversation, policies: PolicyTable): boolean =>
  conversation.channel === 'live-chat' && !policyOf(conversation, 'openAutoCloseWhileConnected', policies);

/**
 * Whether its customer can read the conversation: while it goes on, and for a while after an end that may have come during an
 * absence. Whoever has ended it has closed it: a ticket that is found later opens nothing (docs/decisions/0007).
 */
export function isReadableByCustomer(
  conversation: Conversation,
  policies: PolicyTable,
  now: Instant,
): boolean {
  const { end } = conversation;
  if (end === undefined) return true;
  return end.reason !== 'customer-ended' && now < end.at + policyOf(conversation, 'readAfterEnd', policies);
}

export interface PolicyExplanation<K extends PolicyName = PolicyName> {
  readonly name: K;
  readonly value: PolicyValues[K];
  /** The value, where it was written differently. */
  readonly written?: string;
  /** The id of the rule that decides, or `default`. */
  readonly from: string;
  /** Every rule that sets the value, in order, and what became of it. */
  readonly considered: readonly { readonly rule: string; readonly because: string }[];
}

/** Which value applies, and why: the same resolution as `policyFor`, told. */
export function explainPolicy<K extends PolicyName>(
  table: PolicyTable,
  name: K,
  situation: Situation,
): PolicyExplanation<K> {
  const deciding = decidingRule(table, name, situation);
  const considered = rulesOf(table)
    .filter((rule) => name in rule.set)
    .map((rule) => {
      const unmet = unmetCondition(rule, situation);
      if (unmet !== undefined) return { rule: rule.id, because: `${unmet} is ${situation[unmet]}` };
      return { rule: rule.id, because: rule === deciding ? 'applies' : 'an earlier rule applies' };
    });
  const written = (deciding ?? table).written?.[name as LengthName];
  return {
    name,
    value: policyFor(table, name, situation),
    ...(written !== undefined && { written }),
    from: deciding?.id ?? 'default',
    considered,
  };
}
