import type { Expected } from './scenario';
import type { TranscriptView } from './api';
import type { World } from './world';

/** What became of a scenario's conversation, read back from the API and the agent's socket. */
export interface Facts {
  readonly conversationId: string;
  readonly state: string;
  readonly reason: string | undefined;
  readonly transcript: readonly string[];
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
    transcript: transcript.map(line),
    notices: transcript.filter(({ kind }) => kind === 'notice').length,
    disconnections,
    pushes: agent.inbox
      .about(conversationId)
      .map(({ type }) => type)
      .filter((type) => type !== 'message'),
    latenessMs: expired ? Date.parse(end.at) - Date.parse(lastDisconnection.deadline) : undefined,
  };
}

/** Where the facts are not what was expected; empty when everything is right. */
export function differences(facts: Facts, expected: Expected, patienceMs: number): string[] {
  const compare = (what: string, want: unknown, got: unknown): string[] =>
    shown(want) === shown(got) ? [] : [`${what}: expected ${shown(want)}, got ${shown(got)}`];
  const { latenessMs } = facts;
  const kept = latenessMs === undefined || (latenessMs >= 0 && latenessMs <= patienceMs);
  return [
    ...compare('state', expected.state, facts.state),
    ...compare('reason', expected.reason, facts.reason),
    ...compare('transcript', expected.transcript, facts.transcript),
    ...compare('disconnections', expected.disconnections, facts.disconnections),
    ...compare('pushes to agents', expected.pushes, facts.pushes),
    ...(kept ? [] : [`deadline: expected an end 0 to ${patienceMs} ms after it, got ${latenessMs} ms`]),
  ];
}

const line = (entry: TranscriptView[number]): string =>
  entry.kind === 'notice' ? `notice: ${entry.trigger}` : `${entry.author.role}: ${entry.text}`;

const shown = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.join(' | ')}]`
    : ((value as string | number | undefined) ?? 'none').toString();
