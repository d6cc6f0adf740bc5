import type { Conversation } from './conversation';

/** The states, with `Active` told apart: only offered to its agent, or accepted. */
export type Phase = 'Open' | 'Offered' | 'Accepted' | 'Waiting' | 'WrapUp' | 'Closed';

/**
 * What moves a conversation on, and where to ("Understand conversation states", Dynamics 365 Omnichannel). No rule sets a
 * state but by this table; what is not in it is an illegal transition. docs/ARCHITECTURE.md shows it as a diagram.
 */
const TRANSITIONS = {
  Open: { offered: 'Offered', accepted: 'Accepted', ended: 'Closed' },
  Offered: {
    offered: 'Offered',
    accepted: 'Accepted',
    declined: 'Open',
    offerExpired: 'Open',
    agentLost: 'Open',
    ended: 'Closed',
  },
  Accepted: { released: 'Open', agentLost: 'Open', windowClosed: 'Waiting', ended: 'WrapUp' },
  Waiting: { accepted: 'Accepted', customerWrote: 'Open', ended: 'Closed' },
  WrapUp: { closed: 'Closed' },
  Closed: {},
} as const satisfies { readonly [from in Phase]: { readonly [move in Move]?: Phase } };

/** What each move is, in the words of the diagram. */
const MOVES = {
  offered: 'offered to an agent',
  accepted: 'accepted by the agent',
  declined: 'declined',
  offerExpired: 'not accepted in time',
  released: 'released, transferred, or window of a live chat closed',
  agentLost: 'agent away too long',
  windowClosed: 'window of a persistent chat closed',
  customerWrote: 'customer writes',
  ended: 'over for the customer: left, away too long, ended, or closed automatically',
  closed: 'closed by the agent, or automatically',
} as const;

export type Move = keyof typeof MOVES;

const phaseOf = ({ state, agent }: Pick<Conversation, 'state' | 'agent'>): Phase =>
  state !== 'Active' ? state : agent?.acceptedAt === undefined ? 'Offered' : 'Accepted';

type Rows = typeof TRANSITIONS;
type PhaseAfter<M extends Move> = {
  [from in Phase]: Rows[from] extends { readonly [move in M]: infer To } ? To : never;
}[Phase];
type StateAfter<M extends Move> =
  PhaseAfter<M> extends infer P ? (P extends 'Offered' | 'Accepted' ? 'Active' : P) : never;

/** The state that the move leads to; undefined where the conversation must not make it. */
export function stateAfter<M extends Move>(
  conversation: Pick<Conversation, 'state' | 'agent'>,
  move: M,
): StateAfter<M> | undefined {
  const row: { readonly [move in Move]?: Phase } = TRANSITIONS[phaseOf(conversation)];
  const next = row[move];
  return (next === 'Offered' || next === 'Accepted' ? 'Active' : next) as StateAfter<M> | undefined;
}

/** The transitions as a Mermaid state diagram. */
export function stateDiagram(): string {
  const lines = Object.entries(TRANSITIONS).flatMap(([from, row]) =>
    Object.entries(row).map(([move, to]) => `  ${from} --> ${to}: ${MOVES[move as Move]}`),
  );
  return [
    'stateDiagram-v2',
    '  state "Active, offered" as Offered',
    '  state "Active, accepted" as Accepted',
    '  [*] --> Open: first connect',
    ...lines,
    '  Closed --> [*]',
  ].join('\n');
}
