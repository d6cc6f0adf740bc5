import type {
  Allowance,
  Channel,
  Conversation,
  Disconnection,
  EndReason,
  PastDisconnection,
} from '../conversation/conversation';
import { type Milliseconds, SECOND } from '../conversation/time';
import { LENGTHS } from '../insights/insights';
import { type Act, ACTS } from '../reconciliation/report';

interface Metric {
  /** `counter`: adds up; `histogram`: lengths; `gauge`: how it is at the moment. */
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** In the code for units of OpenTelemetry (UCUM): `s`, or what is counted in braces. */
  readonly unit: string;
  /** What it counts, in one sentence. */
  readonly says: string;
  /** Of a histogram: upper bounds of its places, in its unit. */
  readonly bounds?: readonly number[];
}

/** Every metric, by its name: the naming of OpenTelemetry's semantic conventions. docs/OPERATIONS.md says which question each answers. */
export const METRICS = {
  'chat.disconnect.losses': {
    kind: 'counter',
    unit: '{disconnection}',
    says: 'Disconnections that have begun because the last connection of a customer was lost.',
  },
  'chat.disconnect.outcomes': {
    kind: 'counter',
    unit: '{disconnection}',
    says: 'Disconnections that are over, by what became of them.',
  },
  'chat.disconnect.time_to_return': {
    kind: 'histogram',
    unit: 's',
    says: 'How long customers who came back in time had been away.',
    bounds: LENGTHS.map((length) => length / SECOND),
  },
  'chat.disconnect.ends': {
    kind: 'counter',
    unit: '{conversation}',
    says: 'Conversations that have ended, by the reason.',
  },
  'chat.disconnect.lateness': {
    kind: 'histogram',
    unit: 's',
    says: 'How long after its deadline a conversation was ended for absence.',
    bounds: [0.25, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 3_600],
  },
  'chat.disconnect.extensions': {
    kind: 'counter',
    unit: '{extension}',
    says: 'How often agents have made a wait longer.',
  },
  'chat.disconnect.allowances': {
    kind: 'counter',
    unit: '{allowance}',
    says: 'How often a wait was made longer by itself, by the reason: after an outage, for one.',
  },
  'chat.disconnect.running': {
    kind: 'gauge',
    unit: '{conversation}',
    says: 'Conversations whose customer was away when reconciliation has read the list.',
  },
  'chat.disconnect.reconciliation.acts': {
    kind: 'counter',
    unit: '{act}',
    says: 'What reconciliation has made up for, by the kind of act.',
  },
  'chat.disconnect.reconciliation.compared': {
    kind: 'counter',
    unit: '{conversation}',
    says: 'Conversations that reconciliation has looked at.',
  },
  'chat.disconnect.reconciliation.due': {
    kind: 'gauge',
    unit: '{conversation}',
    says: 'Turns that were due when the latest run of reconciliation began.',
  },
  'chat.disconnect.reconciliation.behind': {
    kind: 'gauge',
    unit: 's',
    says: 'How far comparisons were behind when the latest run of reconciliation was over.',
  },
  'chat.disconnect.webhook.failures': {
    kind: 'counter',
    unit: '{event}',
    says: 'Events of Web PubSub that the app could not handle, and answered with 5xx.',
  },
  'chat.disconnect.refusals': {
    kind: 'counter',
    unit: '{request}',
    says: 'Requests and messages that were refused, by the code of the problem.',
  },
} as const satisfies Readonly<Record<`chat.disconnect.${string}`, Metric>>;

export type MetricName = keyof typeof METRICS;

/** One measurement. Attributes are words of the product, of which there are few: no id, no name, nothing that anybody wrote. */
export interface Figure {
  readonly metric: MetricName;
  readonly value: number;
  readonly attributes?: Readonly<
    Partial<{
      'chat.channel': Channel;
      'chat.disconnect.outcome': PastDisconnection['outcome'];
      'chat.end.reason': EndReason;
      'chat.allowance.reason': Allowance['because'];
      'chat.reconciliation.act': Act;
      /** The code of a problem document. */
      'error.type': string;
    }>
  >;
}

const seconds = (length: Milliseconds): number => Math.max(0, length) / SECOND;
const once = (metric: MetricName, attributes?: Figure['attributes']): Figure => ({
  metric,
  value: 1,
  ...(attributes && { attributes }),
});

/**
 * What a change that was saved has to be counted for: what the record says now and did not say before, whichever rule has
 * moved it. A repetition changes nothing, so it counts nothing.
 */
export function figuresOfChange(before: Conversation | undefined, after: Conversation): readonly Figure[] {
  const { disconnection: running, lastDisconnection: past, channel, end } = after;
  const known = before?.disconnectionCount ?? 0;
  // One change can begin a disconnection and end it.
  const begun = [past, running].filter((one) => one !== undefined && one.number > known && isLoss(one));
  const isOver = past !== undefined && past.number !== before?.lastDisconnection?.number;
  const hasEnded = end !== undefined && before?.end === undefined;
  return [
    ...begun.map(() => once('chat.disconnect.losses')),
    ...(running ? figuresOfWait(before?.disconnection, running) : []),
    ...(isOver ? figuresOfOutcome(past) : []),
    ...(hasEnded
      ? [once('chat.disconnect.ends', { 'chat.channel': channel, 'chat.end.reason': end.reason })]
      : []),
  ];
}

/** A conversation is born disconnected, and its first connection is no return. */
const isLoss = ({ reason }: Disconnection): boolean => reason === 'connection-lost';

function figuresOfOutcome(past: PastDisconnection): readonly Figure[] {
  const { outcome, since, deadline, endedAt } = past;
  const late: Figure = { metric: 'chat.disconnect.lateness', value: seconds(endedAt - deadline) };
  const back: Figure = { metric: 'chat.disconnect.time_to_return', value: seconds(endedAt - since) };
  return [
    ...(outcome === 'expired' ? [late] : []),
    ...(isLoss(past) && outcome === 'reconnected' ? [back] : []),
    ...(isLoss(past) ? [once('chat.disconnect.outcomes', { 'chat.disconnect.outcome': outcome })] : []),
  ];
}

function figuresOfWait(
  known: Disconnection | undefined,
  { number, extension, allowance }: Disconnection,
): readonly Figure[] {
  const before = known?.number === number ? known : undefined;
  const isExtended = extension !== undefined && extension.by !== before?.extension?.by;
  const given = (one: Allowance | undefined) => (one ? one.outages + one.returns : 0);
  const isAllowed = allowance !== undefined && given(allowance) !== given(before?.allowance);
  return [
    ...(isExtended ? [once('chat.disconnect.extensions')] : []),
    ...(isAllowed
      ? [once('chat.disconnect.allowances', { 'chat.allowance.reason': allowance.because })]
      : []),
  ];
}

/** The report of a run of reconciliation. */
export type Run = Readonly<Record<Act | 'checked' | 'due' | 'behindMs' | 'away', number>>;

export const figuresOfRun = (run: Run): readonly Figure[] => [
  { metric: 'chat.disconnect.running', value: run.away },
  { metric: 'chat.disconnect.reconciliation.compared', value: run.checked },
  { metric: 'chat.disconnect.reconciliation.due', value: run.due },
  { metric: 'chat.disconnect.reconciliation.behind', value: seconds(run.behindMs) },
  ...ACTS.filter((act) => run[act] > 0).map((act): Figure => ({
    metric: 'chat.disconnect.reconciliation.acts',
    value: run[act],
    attributes: { 'chat.reconciliation.act': act },
  })),
];

/** An answer of a function over HTTP. */
export interface Answered {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What an answer has to be counted for: the problem that it tells, as a document, or as a message to who has sent a user event. */
export function figuresOfAnswer(functionName: string, answer: Answered): readonly Figure[] {
  const { status = 200, headers, body } = answer;
  const isWebhook = functionName === 'web-pubsub-events';
  if (status >= 500) {
    const type = codeIn(body) ?? `${status}`;
    return isWebhook ? [once('chat.disconnect.webhook.failures', { 'error.type': type })] : [];
  }
  const isProblem = headers?.['content-type'] === 'application/problem+json';
  const code = isProblem || (isWebhook && status === 200) ? codeIn(body) : undefined;
  return code === undefined ? [] : [once('chat.disconnect.refusals', { 'error.type': code })];
}

/** The code of a problem, or of a message that says that a user event was refused: both are written by the product alone. */
function codeIn(body: unknown): string | undefined {
  if (typeof body !== 'string' || !body.includes('"code":"')) return undefined;
  const { code } = JSON.parse(body) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
