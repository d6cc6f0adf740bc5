import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import type { Decided } from '../../../shared/conversation/decision';
import { MINUTE, toIsoDuration } from '../../../shared/conversation/time';
import {
  type Asked,
  accepted,
  aConversation,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  agentMessage,
  agentOffered,
  ANNA,
  BEN,
  change,
  connected,
  connectedCustomer,
  CONVERSATION_ID,
  customerLeft,
  customerMessage,
  deadlineReached,
  expired,
  lost,
  NOBODY,
  offered,
  persistentChat,
  pushesOf,
  runningDisconnection,
} from '../../support/domain/builders';
import { given } from '../../support/domain/given';

/** "Understand conversation states" (Dynamics 365 Omnichannel): every action in every state, once and repeated. */

const AT = afterStart(30);
const NOW = AT + 1_000;

type Who = { readonly agentId: string; readonly agentName: string };
type Make = () => Conversation;
const ACTIONS = {
  offer: agentOffered,
  accept: agentAccepted,
  decline: ({ agentId }: Who): Asked => ({ type: 'agent-declined', agentId }),
  release: ({ agentId }: Who): Asked => ({ type: 'agent-released', agentId }),
  transfer: ({ agentId }: Who): Asked => ({ type: 'agent-transferred', agentId, queue: 'billing' }),
  end: ({ agentId }: Who) => agentEnded(agentId),
  close: ({ agentId }: Who) => agentClosed(agentId),
  'extend-wait': ({ agentId }: Who): Asked => ({ type: 'wait-extended', agentId, by: MINUTE, key: 'key-1' }),
  'end-wait': ({ agentId }: Who): Asked => ({ type: 'wait-ended', agentId, presence: NOBODY }),
};
type Action = keyof typeof ACTIONS;

/** Anna has it, where somebody has. The customer is there, or is `away`; `absent`: was ended for it. */
const from = (queued: Make) => {
  const wrapUp = () => change(accepted(queued()), agentEnded(), AT).conversation;
  return {
    Open: queued,
    Offered: () => offered(queued()),
    Accepted: () => accepted(queued()),
    WrapUp: wrapUp,
    Closed: () => change(wrapUp(), agentClosed(), AT).conversation,
  };
};
const waiting = () => change(accepted(persistentChat()), agentClosed(), AT).conversation;
const LIVE = {
  ...from(connectedCustomer),
  'Open, away': () => lost(connectedCustomer()),
  'Offered, away': () => lost(offered()),
  'Accepted, away': () => lost(),
  'WrapUp, absent': () => expired(),
};
const PERSISTENT = { ...from(persistentChat), Waiting: waiting };

// --- what each action is answered with ---

/** Of a refusal that says nothing else, and of one that tells again what it repeats (`+`). */
const CODES = new Map([
  ['illegal', 'illegal-transition'],
  ['theirs', 'assigned-to-other-agent'],
  ['offered', 'not-assigned-to-you'],
  ['there', 'customer-is-connected'],
  ['ended', 'conversation-ended'],
]);

/** `moves`: a line of the second table says how. `same`: nothing changes, for it is so already. */
const ANSWERS = `
                       | Open    | Offered | Accepted | WrapUp | Closed | Waiting | Open, away | Offered, away | Accepted, away | WrapUp, absent
  Anna  offer          | moves   | same    | same     | ended  | ended  | illegal | moves      | same          | same           | ended
  Anna  accept         | moves   | moves   | same     | ended  | ended  | moves   | moves      | moves         | same           | ended
  Anna  decline        | illegal | moves   | illegal  | ended  | ended  | illegal | illegal    | moves         | illegal        | ended
  Anna  release        | illegal | offered | moves    | ended  | ended  | illegal | illegal    | offered       | moves          | ended
  Anna  transfer       | illegal | offered | moves    | ended  | ended  | illegal | illegal    | offered       | moves          | ended
  Anna  end            | illegal | offered | moves    | ended+ | ended+ | illegal | illegal    | offered       | moves          | ended
  Anna  close          | illegal | offered | moves    | moves  | ended+ | same    | illegal    | offered       | moves          | moves
  Anna  extend-wait    | illegal | offered | there    | ended  | ended  | illegal | illegal    | offered       | moves          | ended
  Anna  end-wait       | illegal | offered | there+   | ended  | ended  | illegal | illegal    | offered       | moves          | ended
  Ben   offer          | moves   | moves   | theirs   | ended  | ended  | illegal | moves      | moves         | theirs         | ended
  Ben   accept         | moves   | theirs  | theirs   | ended  | ended  | theirs  | moves      | theirs        | theirs         | ended
  Ben   decline        | illegal | theirs  | theirs   | ended  | ended  | illegal | illegal    | theirs        | theirs         | ended
  Ben   release        | illegal | theirs  | theirs   | ended  | ended  | illegal | illegal    | theirs        | theirs         | ended
  Ben   transfer       | illegal | theirs  | theirs   | ended  | ended  | illegal | illegal    | theirs        | theirs         | ended
  Ben   end            | illegal | theirs  | theirs   | ended  | ended  | illegal | illegal    | theirs        | theirs         | ended
  Ben   close          | illegal | theirs  | theirs   | theirs | ended  | illegal | illegal    | theirs        | theirs         | theirs
  Ben   extend-wait    | illegal | theirs  | theirs   | ended  | ended  | illegal | illegal    | theirs        | theirs         | ended
  Ben   end-wait       | illegal | theirs  | theirs   | ended  | ended  | illegal | illegal    | theirs        | theirs         | ended
`;
const [head = [], ...lines] = ANSWERS.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));
const CELLS = lines.flatMap(([label = '', ...cells]) => {
  const [name, action] = label.split(/ +/) as ['Anna' | 'Ben', Action];
  return cells.map((cell, at) => ({ name, action, state: head[at + 1] ?? '', cell }));
});

// --- what each move does: outcome, state and entries; effects; effects of its repetition where they are others ---

const WAIT = 'start disconnection.2 in PT2M38S, ';
const OBSOLETE = 'cancel auto-close.1 (deadlineObsolete)';
const STOP = 'cancel disconnection.2 (conversationEnded)';
const WRAP_UP = 'start auto-close.1 in PT15M';
const WRAP_UP_RUNS = 'start auto-close.1 in PT14M59S';
const offeredTo = (who: string) => `agent-assigned to customer + ${who}, conversation-assigned to agents`;
const acceptedBy = (who: string) =>
  `agent-joined to customer + ${who}, conversation-assigned to agents + customer`;
const DECLINED = 'free anna.1, conversation-queued to agents';
const LEFT = 'free anna.1, agent-left to customer, conversation-queued to agents + customer';
const WAITS = 'free anna.1, agent-left to customer, conversation-waiting to agents';
const OVER =
  'agent-ended-conversation to customer + anna, conversation-ended to agents + customer, close all';
const ABSENT = 'customer-disconnected to anna, conversation-ended to agents + customer, close all';
// What was told of the end is told again, for the first try may have died after its save.
const CLOSED =
  'free anna.1, agent-ended-conversation to customer + anna, session-ended to customer + anna, ' +
  'conversation-ended to customer, conversation-closed to agents, close all';
const CLOSED_ABSENT =
  'free anna.1, customer-disconnected to anna, conversation-ended to customer, conversation-closed to agents, close all';

const DAY = 24 * 60 * MINUTE;
const closes = (length: number, effects: string) =>
  [length, length - 1_000].map((left) => `start auto-close.2 in ${toIsoDuration(left)}, ${effects}`) as [
    string,
    string,
  ];

/** The time limit of an offer begins with it, and ends with whatever becomes of it. */
const EXPIRES = 'start offer.1 in PT30S, ';
const EXPIRY_RUNS = 'start offer.1 in PT29S, ';
const TAKEN = 'cancel offer.1 (deadlineObsolete), ';
const REPLACES = `start offer.2 in PT30S, ${TAKEN}`;
const REPLACING = `free anna.1, ${offeredTo('ben')}`;
const REPLACED = 'start offer.2 in PT29S, ';

type Moves = Readonly<Record<string, readonly [to: string, effects: string, again?: string]>>;
const OFFERED = 'assigned Active agent-assigned';
const ACCEPTED = 'assigned Active agent-joined';
const QUEUED = 'queued Open agent-left';
const ENDED = 'ended WrapUp agent-ended-conversation';
/** Whatever is repeated while the customer is away starts its timer again: the first start may have failed. */
const MOVES_OF_LIVE_CHAT: Moves = {
  'Anna offer, Open': [OFFERED, EXPIRES + offeredTo('anna'), EXPIRY_RUNS + offeredTo('anna')],
  'Anna offer, Open, away': [OFFERED, EXPIRES + offeredTo('anna'), WAIT + EXPIRY_RUNS + offeredTo('anna')],
  'Ben offer, Open': [OFFERED, EXPIRES + offeredTo('ben'), EXPIRY_RUNS + offeredTo('ben')],
  'Ben offer, Open, away': [OFFERED, EXPIRES + offeredTo('ben'), WAIT + EXPIRY_RUNS + offeredTo('ben')],
  'Ben offer, Offered': [OFFERED, REPLACES + REPLACING, REPLACED + REPLACING],
  'Ben offer, Offered, away': [OFFERED, REPLACES + REPLACING, WAIT + REPLACED + REPLACING],
  'Anna accept, Open': [ACCEPTED, acceptedBy('anna')],
  'Anna accept, Open, away': [ACCEPTED, acceptedBy('anna')],
  'Anna accept, Offered': [ACCEPTED, TAKEN + acceptedBy('anna'), acceptedBy('anna')],
  'Anna accept, Offered, away': [ACCEPTED, TAKEN + acceptedBy('anna'), WAIT + acceptedBy('anna')],
  'Ben accept, Open': [ACCEPTED, acceptedBy('ben')],
  'Ben accept, Open, away': [ACCEPTED, acceptedBy('ben')],
  'Anna decline, Offered': ['queued Open', TAKEN + DECLINED, DECLINED],
  'Anna decline, Offered, away': ['queued Open', TAKEN + DECLINED, WAIT + DECLINED],
  'Anna release, Accepted': [QUEUED, LEFT],
  'Anna release, Accepted, away': [QUEUED, LEFT],
  'Anna transfer, Accepted': [QUEUED, LEFT],
  'Anna transfer, Accepted, away': [QUEUED, LEFT],
  'Anna close, Accepted': [QUEUED, LEFT],
  'Anna close, Accepted, away': [QUEUED, LEFT],
  'Anna end, Accepted': [ENDED, `${WRAP_UP}, ${OVER}`, `${WRAP_UP_RUNS}, ${OVER}`],
  'Anna end, Accepted, away': [ENDED, `${WRAP_UP}, ${STOP}, ${OVER}`, `${WRAP_UP_RUNS}, ${STOP}, ${OVER}`],
  'Anna end-wait, Accepted, away': [
    'ended WrapUp customer-disconnected',
    `${WRAP_UP}, ${STOP}, ${ABSENT}`,
    `${WRAP_UP_RUNS}, ${STOP}, ${ABSENT}`,
  ],
  // The timer wakes at the old deadline and is told the new one.
  'Anna extend-wait, Accepted, away': [
    'wait-extended Active',
    'wait-extended to agents',
    'start disconnection.2 in PT3M38S, wait-extended to agents',
  ],
  // The timer that was cancelled finds its number superseded, should the cancel be lost.
  'Anna close, WrapUp': ['closed Closed session-ended', `${OBSOLETE}, ${CLOSED}`, CLOSED],
  'Anna close, WrapUp, absent': ['closed Closed', `${OBSOLETE}, ${CLOSED_ABSENT}`, CLOSED_ABSENT],
};
/** Its queue, its waiting and its wrap-up have an automatic closure each. */
const MOVES_OF_PERSISTENT_CHAT: Moves = {
  'Anna offer, Open': [
    OFFERED,
    `${EXPIRES}${OBSOLETE}, ${offeredTo('anna')}`,
    EXPIRY_RUNS + offeredTo('anna'),
  ],
  'Ben offer, Open': [OFFERED, `${EXPIRES}${OBSOLETE}, ${offeredTo('ben')}`, EXPIRY_RUNS + offeredTo('ben')],
  'Ben offer, Offered': [OFFERED, REPLACES + REPLACING, REPLACED + REPLACING],
  'Anna accept, Open': [ACCEPTED, `${OBSOLETE}, ${acceptedBy('anna')}`, acceptedBy('anna')],
  'Ben accept, Open': [ACCEPTED, `${OBSOLETE}, ${acceptedBy('ben')}`, acceptedBy('ben')],
  'Anna accept, Offered': [ACCEPTED, TAKEN + acceptedBy('anna'), acceptedBy('anna')],
  'Anna accept, Waiting': [
    ACCEPTED,
    `cancel auto-close.2 (deadlineObsolete), ${acceptedBy('anna')}`,
    `free anna.1, ${acceptedBy('anna')}`,
  ],
  'Anna decline, Offered': [
    'queued Open',
    closes(30 * DAY, TAKEN + DECLINED)[0],
    closes(30 * DAY, DECLINED)[1],
  ],
  'Anna release, Accepted': [QUEUED, ...closes(30 * DAY, LEFT)],
  'Anna transfer, Accepted': [QUEUED, ...closes(30 * DAY, LEFT)],
  'Anna close, Accepted': ['waiting Waiting agent-left', ...closes(DAY, WAITS)],
  'Anna end, Accepted': [ENDED, ...closes(DAY, OVER)],
  'Anna close, WrapUp': [
    'closed Closed session-ended',
    `cancel auto-close.2 (deadlineObsolete), ${CLOSED}`,
    CLOSED,
  ],
};

/** What a repetition is answered with that is refused. */
const REPEATED: Partial<Record<Action, string>> = {
  end: 'conversation-ended',
  'end-wait': 'conversation-ended',
};

describe.each([
  ['live chat', LIVE, MOVES_OF_LIVE_CHAT],
  ['persistent chat', PERSISTENT, MOVES_OF_PERSISTENT_CHAT],
] as const)('an action of an agent in a %s', (chat, states, moves) => {
  const cells = CELLS.flatMap(({ state, ...cell }) => {
    const before = (states as Readonly<Record<string, Make>>)[state];
    return before ? [{ ...cell, state, before }] : [];
  });
  const eventOf = ({ name, action }: Pick<(typeof cells)[number], 'name' | 'action'>) =>
    ACTIONS[action](name === 'Anna' ? ANNA : BEN);
  const all = (effects: string) => ['list', ...effects.split(', ')];

  it.each(Object.keys(ACTIONS) as Action[])(
    'that is refused says why, and names state and action: %s [R2 R15 R21]',
    (action) => {
      for (const { cell, ...one } of cells.filter((each) => each.action === action)) {
        const code = CODES.get(cell.replace('+', ''));
        if (code === undefined) continue;
        const before = one.before();
        const { decision } = given(before)
          .when(eventOf(one), NOW)
          .then({
            outcome: code,
            changed: false,
            details: {
              action,
              state: before.state,
              ...(cell === 'illegal' && {
                detail: `A conversation in state ${before.state} does not allow this.`,
              }),
            },
          });
        // Of a persistent chat nobody was missed, so there is no return to tell of.
        const isTold = cell.endsWith('+') && !(cell === 'there+' && chat === 'persistent chat');
        expect([one.name, one.state, (decision as Decided).effects.length > 0]).toEqual([
          one.name,
          one.state,
          isTold,
        ]);
      }
    },
  );

  const same = cells
    .filter(({ cell }) => cell === 'same')
    .map((one) => [`${one.name} ${one.action}, ${one.state}`, one] as const);
  it.each(same)('that changes nothing is told again: %s', (_label, one) => {
    const { decision } = given(one.before()).when(eventOf(one), NOW).then({ changed: false });
    expect(decision).toMatchObject({ kind: 'unchanged' });
    expect(decision).not.toMatchObject({ effects: [] });
  });

  it('moves exactly where the table says so', () => {
    const moving = cells.filter(({ cell }) => cell === 'moves');
    expect(moving.map(({ name, action, state }) => `${name} ${action}, ${state}`).sort()).toEqual(
      Object.keys(moves).sort(),
    );
  });

  it.each(Object.entries(moves))(
    'moves, and is told again when it is repeated: %s [R2 R3 R4 R7 R11 R12 R13 R14 R15 R19 R22 R43 R44 R62 R106 R107 R113]',
    (label, row) => {
      const [to, effects, repeated = label.endsWith('away') ? WAIT + effects : effects] = row;
      const [outcome = '', state = '', ...entries] = to.split(' ');
      const one = cells.find(({ name, action, state: from }) => `${name} ${action}, ${from}` === label)!;
      const first = given(one.before()).when(eventOf(one), NOW);
      const again = first
        .then({
          outcome,
          changed: true,
          state: state as Conversation['state'],
          entries,
          effects: all(effects),
        })
        .when(eventOf(one), NOW + 1_000);
      again.then({
        outcome: state === 'Closed' ? 'conversation-ended' : (REPEATED[one.action] ?? outcome),
        changed: false,
        entries: [],
        effects: all(repeated),
      });
      // Under the same ids, with the same times.
      expect(pushesOf(again.decision)).toEqual(pushesOf(first.decision));
    },
  );
});

describe('what a move leaves on record', () => {
  const after = (before: Conversation, name: Action, who: Who = ANNA) =>
    given(before).when(ACTIONS[name](who), NOW).then({ changed: true }).conversation;

  it('is an agent with the name of its own ticket, whatever the offer said, and when it was offered and accepted', () => {
    const offer = agentOffered({ agentId: BEN.agentId, agentName: 'The director' });
    const taken = given(connectedCustomer())
      .when(offer, AT)
      .then({ conversation: { agent: { id: 'ben', assignedAt: AT }, stateSince: AT } })
      .when(agentAccepted(BEN), NOW)
      .then({
        conversation: {
          agent: { id: 'ben', name: 'Ben', assignedAt: AT, acceptedAt: NOW },
          stateSince: AT,
          capacityHold: { agentId: 'ben', assignment: 1, units: 20 },
        },
      });
    const told = {
      type: 'conversation-assigned',
      conversationId: CONVERSATION_ID,
      agentName: 'Ben',
      accepted: true,
    };
    expect(pushesOf(taken.decision).slice(-2)).toMatchObject([{ ...told, agentId: 'ben' }, told]);
    expect(offered().agent).not.toHaveProperty('acceptedAt');
    expect(accepted()).toMatchObject({
      agent: { assignedAt: afterStart(3), acceptedAt: afterStart(3) },
      stateSince: afterStart(3),
    });
  });

  it('is another agent and another assignment where an offer goes on [R3]', () => {
    const { conversation } = given(offered())
      .when(agentOffered(BEN), NOW)
      .then({
        conversation: { agent: { id: 'ben', name: 'Ben' }, capacityHold: { agentId: 'ben', assignment: 2 } },
      });
    given(conversation).when(agentAccepted(), NOW).then({ outcome: 'assigned-to-other-agent' });
  });

  it.each<[Action, Conversation, string, string]>([
    ['decline', offered(), 'agent-declined', 'support'],
    ['release', accepted(), 'agent-released', 'support'],
    ['transfer', accepted(), 'agent-transferred', 'billing'],
    ['close', accepted(), 'agent-closed-window', 'support'],
  ])('is a queue without agent, and how it came there: %s [R12]', (name, before, reason, queue) => {
    const queued = after(before, name);
    expect(queued).toMatchObject({ customer: { queue }, stateSince: NOW, requeue: { at: NOW, reason } });
    expect(queued.agent ?? queued.capacityHold).toBeUndefined();
    expect(queued.previousAgent?.id).toBe(name === 'decline' ? undefined : 'anna');
    // Another action is no repetition, nor is a transfer to a third queue.
    const others = (['decline', 'release', 'close'] as const).filter((other) => other !== name);
    const third: Asked = { type: 'agent-transferred', agentId: 'anna', queue: 'sales' };
    for (const other of [...others.map((one) => ACTIONS[one](ANNA)), third]) {
      given(queued).when(other, NOW).then({ outcome: 'illegal-transition', effects: [] });
    }
    // Nor is the same one, once the conversation has gone on.
    given(accepted(queued, BEN))
      .when(ACTIONS[name](ANNA), NOW)
      .then({ outcome: 'assigned-to-other-agent', effects: [] });
  });

  it('is who ended it, why and when, and how long the customer was missed', () => {
    expect(after(lost(), 'end')).toMatchObject({
      end: { at: NOW, reason: 'agent-ended', agentId: 'anna' },
      lastDisconnection: { number: 2, outcome: 'ended', endedAt: NOW },
    });
    expect(after(accepted(), 'end')).not.toHaveProperty('closedAt');
    expect(after(lost(), 'end-wait')).toMatchObject({
      end: { at: NOW, reason: 'customer-disconnected', agentId: 'anna' },
      lastDisconnection: { number: 2, outcome: 'expired' },
    });
  });

  it('is when and how it was closed, and a closed conversation takes nothing any more [R20]', () => {
    const closed = after(LIVE.WrapUp(), 'close');
    expect(closed).toMatchObject({ closedAt: NOW, stateSince: NOW, closeReason: 'agent-closed' });
    expect(closed.capacityHold).toBeUndefined();
    const byItself: Asked = { type: 'deadline-reached', kind: 'auto-close', number: 1 };
    given(LIVE.WrapUp())
      .when(byItself, AT + 15 * MINUTE)
      .then({ state: 'Closed' })
      .when(agentClosed(), AT + 16 * MINUTE)
      .then({ outcome: 'conversation-ended', effects: [] });
    const events = [
      ...Object.values(ACTIONS).map((action) => action(ANNA)),
      agentMessage('m1'),
      customerMessage('m1'),
    ];
    for (const event of events) given(closed).when(event, NOW).then({ outcome: 'conversation-ended' });
  });

  it('is nothing of a customer who is away, whose time goes on', () => {
    for (const name of ['offer', 'accept'] as const) {
      const before = LIVE['Open, away']();
      expect(after(before, name).disconnection).toEqual(before.disconnection);
    }
  });
});

describe('a conversation that nobody knows', () => {
  it.each(Object.keys(ACTIONS) as Action[])('is not found, whatever an agent does: %s', (name) => {
    const { decision } = given(undefined)
      .when(ACTIONS[name](ANNA), AT)
      .then({ outcome: 'conversation-not-found' });
    expect(decision).not.toHaveProperty('refusal.action');
  });

  it('differs from one that is only new', () => {
    given(aConversation()).when(agentAccepted(), AT).then({ outcome: 'assigned', changed: true });
  });
});

describe('without an agent', () => {
  const becomes = (states: Readonly<Record<string, Make>>, event: Asked) =>
    Object.fromEntries(
      Object.entries(states).map(([state, before]) => {
        const { decision, conversation } = given(before()).when(event, AT);
        return [state, decision.kind === 'refused' ? decision.refusal.code : conversation?.state];
      }),
    );

  it('the customer leaves: nobody had accepted yet, so it is closed, or else there is a wrap-up [R6 R8 R10]', () => {
    const over = {
      Open: 'Closed',
      Offered: 'Closed',
      Accepted: 'WrapUp',
      WrapUp: 'WrapUp',
      Closed: 'Closed',
    };
    expect(becomes(LIVE, customerLeft())).toMatchObject(over);
    expect(becomes(PERSISTENT, customerLeft())).toEqual({ ...over, Waiting: 'Closed' });
  });

  it('the customer writes: what waits is in the queue again, what is over stays over [R16]', () => {
    const refused = { WrapUp: 'conversation-ended', Closed: 'conversation-ended' };
    const over = { Open: 'Open', Offered: 'Active', Accepted: 'Active', ...refused };
    expect(becomes(LIVE, customerMessage('m1'))).toMatchObject(over);
    expect(becomes(PERSISTENT, customerMessage('m1'))).toEqual({ ...over, Waiting: 'Open' });
  });

  it('the customer of a live chat is away for too long [R5 R9 R10]', () => {
    const after = (before: Conversation) => {
      const { number, deadline } = runningDisconnection(before);
      const { conversation } = given(before).when(deadlineReached(number, NOBODY), deadline);
      return [conversation?.state, conversation?.end?.reason];
    };
    expect(after(LIVE['Open, away']())).toEqual(['Closed', 'customer-disconnected']);
    expect(after(LIVE['Offered, away']())).toEqual(['Closed', 'customer-disconnected']);
    expect(after(LIVE['Accepted, away']())).toEqual(['WrapUp', 'customer-disconnected']);
  });

  it('the customer of a persistent chat loses its connections, and nothing begins [R32]', () => {
    const gone = lost(PERSISTENT.Accepted(), afterStart(60));
    expect(gone).toMatchObject({ state: 'Active', liveConnectionIds: [], disconnectionCount: 0 });
    expect(gone.disconnection).toBeUndefined();
    const checked: Asked = { type: 'presence-checked', presence: NOBODY, agentPresent: true };
    given(gone).when(checked, afterStart(61)).then({ outcome: 'agrees', changed: false });
  });

  it('an open page does not bring a waiting chat back, only a message does [R16]', () => {
    given(waiting()).when(connected('tab-2', AT), AT).then({ state: 'Waiting', changed: true });
  });
});
