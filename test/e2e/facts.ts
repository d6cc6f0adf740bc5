import type { Push } from '../../shared/conversation/notifications';
import type { Expected } from './scenario';
import type { TranscriptView } from './api';
import type { World } from './world';

/** What became of a scenario's conversation, read back from the API and the agent's socket. */
export interface Facts {
  readonly conversationId: string;
  readonly state: string;
  readonly reason: string | undefined;
  readonly transcript: readonly string[];
  /** How often its end was told in the transcript. */
  readonly notices: number;
  readonly disconnections: number | undefined;
  readonly pushes: readonly string[];
  /** How long after its deadline the disconnection was ended; only where one expired. */
  readonly latenessMs: number | undefined;
}

export async function readFacts(conversationId: string, { agent }: World): Promise<Facts> {
  const { conversation, transcript } = await agent.read(conversationId);
  const { state, end, disconnections, lastDisconnection } = conversation;
  const expired = lastDisconnection?.outcome === 'expired' && end !== undefined;
  return {
    conversationId,
    state,
    reason: end?.reason,
    transcript: transcript.filter((entry) => !isPlace(entry)).map(line),
    notices: transcript.filter(({ reason }) => reason !== undefined).length,
    disconnections,
    pushes: agent.inbox
      .about(conversationId)
      // How busy or how young the host is, no scene can know: it may give more time by itself.
      .filter((push) => !isAllowance(push))
      .map(({ type }) => type)
      // The transcript tells of both.
      .filter((type) => type !== 'message' && type !== 'notice'),
    latenessMs: expired ? Date.parse(end.at) - Date.parse(lastDisconnection.deadline) : undefined,
  };
}

/** Where the facts are not what was expected; empty when everything is right. */
export function differences(facts: Facts, expected: Expected, patienceMs: number): string[] {
  const compare = (what: string, want: unknown, got: unknown): string[] =>
    shown(want) === shown(got) ? [] : [`${what}: expected ${shown(want)}, got ${shown(got)}`];
  const { latenessMs } = facts;
  const isTimely = (lateness: number) =>
    expected.endedByAgent ? lateness < 0 : lateness >= 0 && lateness <= patienceMs;
  const kept = latenessMs === undefined || isTimely(latenessMs);
  return [
    ...compare('state', expected.state, facts.state),
    ...compare('reason', expected.reason, facts.reason),
    ...compare('transcript', expected.transcript, facts.transcript),
    ...compare('disconnections', expected.disconnections, facts.disconnections),
    ...compare('pushes to agents', expected.pushes, facts.pushes),
    ...(kept ? [] : [`deadline: expected an end 0 to ${patienceMs} ms after it, got ${latenessMs} ms`]),
  ];
}

const isAllowance = (push: Push): boolean =>
  push.type === 'wait-extended'
    ? push.because !== 'agent'
    : push.type === 'agent-connection-lost' && push.because !== undefined;

/** Told by reconciliation every minute, whenever that comes. */
const isPlace = ({ trigger }: TranscriptView[number]): boolean =>
  trigger === 'customer-next-in-line' || trigger === 'customer-position-in-queue';

const line = (entry: TranscriptView[number]): string =>
  entry.kind === 'notice' ? `notice: ${entry.trigger}` : `${entry.author.role}: ${entry.text}`;

const shown = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.join(' | ')}]`
    : ((value as string | number | undefined) ?? 'none').toString();
