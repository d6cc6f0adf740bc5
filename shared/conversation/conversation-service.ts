import { collisionPause } from '../app/collision-pause';
import type { Call, DurableCall } from '../app/call';
import {
  ClockError,
  ContentionError,
  DependencyError,
  ErasedError,
  isOutage,
  RecordTooLargeError,
  StoredRowError,
} from '../app/errors';
import type { Logger } from '../app/log';
import type { AgentCapacity } from '../capacity/capacity';
import { Reservation } from '../capacity/capacity-service';
import { closedConversation } from '../closed-conversations/closed-conversation';
import type { PolicyTable } from '../policies/policy';
import type { SettingsSource } from '../policies/settings-service';
import { type Conversation, namesVersion } from './conversation';
import { decide } from './decide';
import type { Decided, Effect, Outcome, Refusal } from './decision';
import { actionOf, type Answers, type ConversationEvent, type Presence } from './inputs';
import type { Push } from './notifications';
import type { ConversationStore, DeadlineTimers, Participants, StoredConversation } from './ports';
import { type Instant, type Milliseconds, SECOND } from './time';
import { namesLink, withLink } from './transcript';
import { type WorkList, workListItem } from './work-list';

/** The conversation, for whom it makes no difference whether there was none or it was erased. @throws as `load` does */
export const loadIfAny = async (
  store: Pick<ConversationStore, 'load'>,
  conversationId: string,
): Promise<StoredConversation | undefined> => {
  try {
    return await store.load(conversationId);
  } catch (thrown) {
    if (thrown instanceof ErasedError) return undefined;
    throw thrown;
  }
};

/** Makes the row of a conversation what it must be; there is none of what is closed, or is not there. */
export function writeRow(
  workList: Pick<WorkList, 'put' | 'remove'>,
  conversationId: string,
  conversation: Conversation | undefined,
): Promise<void> {
  const item = conversation && workListItem(conversation);
  return item === undefined
    ? workList.remove(conversationId, conversation && closedConversation(conversation))
    : workList.put(item);
}

export interface ConversationServiceDependencies {
  readonly store: ConversationStore;
  readonly workList: WorkList;
  readonly participants: Participants;
  readonly timers: (call: DurableCall) => DeadlineTimers;
  readonly capacity: AgentCapacity;
  readonly settings: SettingsSource;
  readonly quarantine: Quarantine;
  /** The link with which the customer finds back; undefined where there is none. */
  readonly reconnectUrl: (conversation: Conversation, policies: PolicyTable) => Promise<string | undefined>;
  readonly now: () => Instant;
  /** Since when storage and service have worked, as far as this process has seen; only deadlines ask for it. */
  readonly workingSince?: () => Instant;
  /** Sees how long those who come wait for their answers; `workingSince` takes it into account. */
  readonly answering?: <T>(answer: () => Promise<T>) => Promise<T>;
  /** By how much the clock of this machine is ahead of the storage's, and was ahead of `performance.now` when they were compared. */
  readonly clock?: { readonly error: Milliseconds; readonly ahead: Milliseconds | undefined };
  /** `saved` hears of each change that was saved, once, and never throws; it is there if a setting asks for figures. */
  readonly watch?: { readonly saved?: (before: Conversation | undefined, after: Conversation) => void };
}

/** Files the dead letter of an event that fails until something is mended. Never throws. */
export type Quarantine = (
  conversationId: string,
  event: ConversationEvent,
  thrown: StoredRowError,
  call: Call,
) => Promise<void>;

type Dependencies = ConversationServiceDependencies & {
  readonly call: DurableCall;
  /** The row of a conversation that is being written, so that the next one comes after it. */
  readonly lastRow: Map<string, Promise<void>>;
  readonly lastSaved: LastSaved;
  /** Tells once more what an end has to be told, and then shows it. */
  readonly tellEnd: (conversationId: string) => Promise<unknown>;
};

/** The records that this process has saved last. Whether they are stored still, the next save shows. */
class LastSaved {
  private readonly records = new Map<string, StoredConversation>();

  of(conversationId: string): StoredConversation | undefined {
    return this.records.get(conversationId);
  }

  forget(conversationId: string): void {
    this.records.delete(conversationId);
  }

  keep(record: StoredConversation): void {
    const { conversation, etag } = record;
    if (etag === '' || conversation.state === 'Closed') return;
    this.records.set(conversation.id, record);
    // Prevents: the memory of the process fills with conversations that nobody comes back to.
    if (this.records.size > MOST_KEPT) for (const [oldest] of this.records) return this.forget(oldest);
  }
}

/** Of some kB each, as a rule. */
const MOST_KEPT = 1_000;

/** In this order, and then the row: a stage begins when the one before it is done. */
const STAGES: readonly (readonly Effect['type'][])[] = [
  ['start-timer', 'cancel-timer', 'release-capacity', 'push'],
  // Prevents: the socket is closed before the push that says why has been sent.
  ['close-customer-connections', 'close-connection'],
];

/**
 * Performs the effects of one save, and answers each of its turns. The effects of one stage are all tried; for a turn of
 * which one fails it is the last stage, and the first failure is thrown, so that the caller's event is repeated and the
 * decision yields them all again. The row shows the newest state whose turn has done all else.
 */
async function performEffects(
  conversationId: string,
  decided: readonly DecidedTurn[],
  saved?: Pick<Accepted, 'conversation' | 'etag'> & Saving,
): Promise<void> {
  const isRow = (effect: Effect) => effect.type === 'update-work-list';
  const begun = new Map<string, Promise<void>>();
  // Prevents: forty sockets ask for the same in one moment, and agents are told the same forty times.
  const once = (effect: Effect, { handled, turn: { deps } }: DecidedTurn): Promise<void> => {
    const key = JSON.stringify(effect);
    const result = begun.get(key) ?? perform(conversationId, effect, handled, deps);
    begun.set(key, result);
    return result;
  };
  const failed = new Map<DecidedTurn, unknown>();
  const stages = (async () => {
    for (const stage of STAGES) {
      await Promise.all(
        decided.map(async (one, index) => {
          if (failed.has(one)) return;
          const later = decided.slice(index + 1).flatMap(({ effects }) => effects);
          const due = one.effects.filter(
            (effect) => stage.includes(effect.type) && !later.some((next) => cancels(next, effect)),
          );
          const results = await Promise.allSettled(due.map((effect) => once(effect, one)));
          const bad = results.find((result) => result.status === 'rejected');
          if (bad !== undefined) failed.set(one, bad.reason);
        }),
      );
    }
  })();
  // Prevents: of two changes the older row is written last; or the row looks as if all were done while telling has failed, and
  // reconciliation does not repeat it.
  const { lastRow } = decided[0]!.turn.deps;
  const row = Promise.allSettled([stages, lastRow.get(conversationId)]).then(async () => {
    const newest = decided.findLast((one) => !failed.has(one) && one.effects.some(isRow));
    const effect = newest?.effects.findLast(isRow);
    if (newest === undefined || effect === undefined) return { looked: undefined };
    return updateRow(conversationId, effect.conversation, newest.turn.deps, saved);
  });
  const settled = row
    .then(() => undefined)
    .catch(() => undefined)
    .finally(() => {
      if (lastRow.get(conversationId) === settled) lastRow.delete(conversationId);
    });
  lastRow.set(conversationId, settled);
  await stages;
  await Promise.all(
    decided.map(async (one) => {
      const { turn, handled, effects } = one;
      try {
        if (failed.has(one)) throw failed.get(one);
        // Prevents: changes in two processes in turn wait for each other's look, each longer than the one before.
        if (effects.some(isRow)) await (await row).looked;
        const stored = saved && { conversation: saved.conversation, etag: saved.etag };
        turn.resolve(handled.kind === 'refused' ? handled : { ...handled, ...stored });
      } catch (thrown) {
        turn.reject(thrown);
      }
    }),
  );
}

/** What a process has saved, and over what. */
interface Saving {
  readonly before: StoredConversation | undefined;
  /** When it was loaded, and when the save was sent, by the clock of this machine. */
  readonly loadedAt: Instant;
  readonly sentAt: Instant;
}

/** The row of a change is written within this time of its save, or whoever has written it looks at it once more. */
const ROW_TIME: Milliseconds = SECOND / 2;
/** Clocks of machines agree within a second, as a rule. */
const ROW_TIME_BY_OTHER_CLOCK: Milliseconds = ROW_TIME + 2 * SECOND;

/** Writes the row; `looked`: it is that of the latest change, as far as this process has to see to it. */
async function updateRow(
  conversationId: string,
  conversation: Conversation,
  deps: Dependencies,
  saving: Saving | undefined,
): Promise<{ readonly looked: Promise<void> | undefined }> {
  const { workList, store, tellEnd } = deps;
  const load = async () => {
    const latest = (await loadIfAny(store, conversationId))?.conversation;
    // Prevents: the row is all that leads to an end that another process has saved and not told, and it is put right before.
    if (latest?.end !== undefined && latest.state !== conversation.state) await tellEnd(conversationId);
    return latest;
  };
  const copy = conversation.knockedAt === undefined ? undefined : closedConversation(conversation);
  if (copy !== undefined) {
    await workList.remove(conversationId, copy);
    // Prevents: it has been erased meanwhile, for good, and the copy is written behind the erasure.
    if ((await load()) === undefined) await workList.forget(copy);
    return { looked: undefined };
  }
  // Prevents: a repetition writes what it has loaded over the row of a change that another process has made since.
  if (saving !== undefined) await writeRow(workList, conversationId, conversation);
  const looked =
    saving === undefined
      ? workList.settle(conversationId, load, conversation)
      : look(conversation, load, deps, saving);
  // Whoever waits for it hears of it.
  looked.catch(() => undefined);
  return { looked };
}

async function look(
  conversation: Conversation,
  load: () => Promise<Conversation | undefined>,
  { workList, now, clock }: Dependencies,
  { before, loadedAt, sentAt }: Saving,
): Promise<void> {
  // Prevents: this process was held up after its save, and has written over the row of a later change.
  if (now() - sentAt > ROW_TIME) return workList.settle(conversation.id, load);
  const age = before && now() - (clock?.error ?? 0) - before.savedAt;
  if (!before?.savedElsewhere || Math.abs(age ?? 0) > ROW_TIME_BY_OTHER_CLOCK) return;
  // Prevents: another process was a little faster to save and a little slower to write, and its row is the older one.
  await passed(loadedAt + ROW_TIME - now());
  return workList.settle(conversation.id, load, conversation);
}

const passed = (time: Milliseconds): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, time)));

/** Prevents: a timer is started behind its own cancel, and waits in vain. */
const cancels = (later: Effect, effect: Effect): boolean =>
  later.type === 'cancel-timer' &&
  effect.type === 'start-timer' &&
  later.kind === effect.kind &&
  later.number === effect.number;

async function perform(
  conversationId: string,
  effect: Effect,
  handled: Handled,
  deps: Dependencies,
): Promise<void> {
  switch (effect.type) {
    case 'update-work-list':
      return;
    case 'start-timer': {
      const { kind, number } = effect;
      return deps.timers(deps.call).start({ conversationId, kind, number }, effect.deadline);
    }
    case 'cancel-timer': {
      const { kind, number } = effect;
      return deps.timers(deps.call).cancel({ conversationId, kind, number }, effect.because);
    }
    case 'release-capacity': {
      const { agentId, assignment } = effect;
      return deps.capacity.release({ agentId, conversationId, assignment });
    }
    case 'push':
      return deps.participants.push(conversationId, effect.audience, await pushOf(effect, handled, deps));
    case 'close-customer-connections':
      return deps.participants.closeCustomerConnections(conversationId);
    case 'close-connection':
      return deps.participants.closeConnection(effect.connectionId);
  }
}

/**
 * The push as its receivers get it. Prevents: an agent holds what opens the conversation as its customer. An agent's message
 * has a placeholder instead of the link, in the transcript and for agents, and only the customer's own sockets get the link.
 */
async function pushOf(
  { audience, push }: Extract<Effect, { type: 'push' }>,
  handled: Handled,
  { settings, reconnectUrl, call }: Dependencies,
): Promise<Push> {
  const isForCustomer = audience.to === 'customer' && push.type === 'message' && push.author.role === 'agent';
  if (!isForCustomer || !namesLink(push.text) || handled.kind === 'refused') return push;
  const url = await reconnectUrl(handled.conversation, (await settings.current(call)).policies);
  return url === undefined ? push : { ...push, text: withLink(push.text, url) };
}

/** What became of an event, and the conversation as it is now stored. */
export type Handled = Accepted | { readonly kind: 'refused'; readonly refusal: Refusal };
interface Accepted {
  readonly kind: 'accepted';
  readonly outcome: Outcome;
  readonly conversation: Conversation;
  /** Of the version that is stored, as `StoredConversation` has it. */
  readonly etag: string;
}

/** An event whose turn comes when those before it in this process are decided and saved. */
interface Turn {
  readonly event: ConversationEvent;
  readonly ifMatch: string | undefined;
  readonly deps: Dependencies;
  /** Units of capacity that a decision has asked for. */
  reservation?: Reservation;
  readonly resolve: (handled: Handled) => void;
  readonly reject: (thrown: unknown) => void;
}

/** What became of an event, and the effects that are still to be performed. */
interface DecidedTurn {
  readonly turn: Turn;
  readonly handled: Handled;
  readonly effects: readonly Effect[];
}

export interface ConversationService {
  /**
   * Decides, saves and performs the effects. Repeat the same event after any retryable failure. `ifMatch`: what would change
   * a conversation that no longer has this ETag is refused as `precondition-failed`.
   */
  handle(conversationId: string, event: ConversationEvent, ifMatch?: string): Promise<Handled>;
  /**
   * `handle` for events from outside: a conversation whose row is damaged or full gets its dead letter whoever meets it
   * first. An event that does not fit is refused, because repeating it cannot help.
   */
  receive(conversationId: string, event: ConversationEvent, ifMatch?: string): Promise<Handled>;
}

/** Enough for every tab of a customer and an agent to act in the same moment. */
const ATTEMPTS = 24;
/** Clocks of machines in a data centre agree within a second; one that differs by more than this is wrong. */
const CLOCK_TOLERANCE: Milliseconds = 5 * SECOND;
/** Each question is asked once; a decision that asks on would ask for ever. */
const MOST_QUESTIONS = 3;
/** Of one save: a transaction takes 100 rows, and an event may bring an entry or two. */
const MOST_AT_ONCE = 40;
/** More than every tab of a customer and its agent can send in a moment. What comes on top has to come again. */
const MOST_WAITING = 400;

/**
 * These look at what is stored, whatever this process has saved. Prevents: somebody is ended by a process that has not heard of the
 * storage since it was frozen, or since its clock was set.
 */
const LOOKING: ReadonlySet<ConversationEvent['type']> = new Set(['deadline-reached', 'presence-checked']);

/** Of somebody who is on the way. */
const COMING: ReadonlySet<ConversationEvent['type']> = new Set([
  'customer-returning',
  'connect',
  'connected',
  'agent-connected',
]);

/** The service for one call. */
export type Conversations = (call: DurableCall) => ConversationService;

/**
 * The one path from an event to its consequences: load, decide, save under the ETag, perform effects. Events of one
 * conversation that come while one of them is being saved wait, and share the next load and save. What this process has saved
 * last needs no load: if it is not what is stored, the save under its ETag is refused, and nothing has happened before.
 * @throws DependencyError, ContentionError (both retryable), StoredRowError
 */
export function createConversations(shared: ConversationServiceDependencies): Conversations {
  const waitingOf = new Map<string, Turn[]>();
  const lastRow: Dependencies['lastRow'] = new Map();
  const lastSaved = new LastSaved();
  const takeTurns = async (conversationId: string, waiting: Turn[]): Promise<void> => {
    while (waiting.length > 0) {
      // Prevents: "nobody is there" is answered, the customer comes while others decide, and the end is saved all the same.
      const last = waiting.findIndex(({ event }) => event.type === 'deadline-reached');
      const count = Math.min(MOST_AT_ONCE, last === -1 ? waiting.length : last + 1);
      await settle(conversationId, new Set(waiting.splice(0, count)));
    }
    waitingOf.delete(conversationId);
  };
  return (call) => {
    const tellEnd: Dependencies['tellEnd'] = (conversationId) =>
      inTurn(conversationId, { type: 'presence-checked', endUntold: true });
    const deps = { ...shared, call, lastRow, lastSaved, tellEnd };
    const inTurn: ConversationService['handle'] = (conversationId, event, ifMatch) =>
      new Promise((resolve, reject) => {
        const turn: Turn = { event, ifMatch, deps, resolve, reject };
        // Prevents: n events of one conversation decide on the same version, all but one lose, and each tries n times.
        const waiting = waitingOf.get(conversationId);
        if (waiting === undefined) {
          const first = [turn];
          waitingOf.set(conversationId, first);
          void takeTurns(conversationId, first);
        } else if (waiting.length < MOST_WAITING) waiting.push(turn);
        // Prevents: a flood of one conversation fills the memory of the process, and all others stand still.
        else reject(new ContentionError('too many events of the conversation are waiting'));
      });
    const handle: ConversationService['handle'] = async (conversationId, event, ifMatch) => {
      try {
        return await inTurn(conversationId, event, ifMatch);
      } catch (thrown) {
        if (!(thrown instanceof ErasedError)) throw thrown;
        // Prevents: it was listed, or its row written, while it was erased, and the customer's name stays in the list.
        await deps.workList.remove(conversationId);
        return { kind: 'refused', refusal: ERASED };
      }
    };
    return {
      handle,
      async receive(conversationId, event, ifMatch) {
        const answer = () => handle(conversationId, event, ifMatch);
        try {
          // Prevents: the machine has no time for those who knock, sees no failure, and takes them for absent.
          return await (COMING.has(event.type) && deps.answering ? deps.answering(answer) : answer());
        } catch (thrown) {
          if (!(thrown instanceof StoredRowError)) throw thrown;
          await deps.quarantine(conversationId, event, thrown, call);
          if (thrown instanceof RecordTooLargeError) return { kind: 'refused', refusal: TOO_LARGE };
          throw thrown;
        }
      },
    };
  };
}

/** As of a conversation that never was. */
const ERASED: Refusal = { code: 'conversation-not-found', detail: 'There is no such conversation.' };

const TOO_LARGE: Refusal = {
  code: 'conversation-too-large',
  detail: 'The conversation has no room for this. Repeating the request will not help.',
};

/** Decides and saves these turns; each is answered, and none throws. Effects go on while the next turns begin. */
async function settle(conversationId: string, turns: Set<Turn>): Promise<void> {
  try {
    await decideAndSave(conversationId, turns);
  } catch (thrown) {
    const isOfAll = isOutage(thrown) || thrown instanceof ContentionError;
    // Prevents: one message is too much for the record, and what came beside it, the customer's return, is refused, too.
    if (turns.size > 1 && !isOfAll) for (const turn of turns) await settle(conversationId, new Set([turn]));
    else for (const turn of turns) turn.reject(thrown);
  }
}

/** Each turn decides on what the one before it has left; all are saved at once. Who is answered leaves `turns`. */
async function decideAndSave(conversationId: string, turns: Set<Turn>): Promise<void> {
  const [one] = turns;
  if (one === undefined) return;
  const { store, workList, now, lastSaved, clock } = one.deps;
  const isLooking = [...turns].some(({ event }) => LOOKING.has(event.type));
  // Prevents: what the clock says is believed, although it was set since the storage was asked.
  const isClockKnown =
    clock === undefined || Math.abs(now() - performance.now() - (clock.ahead ?? Infinity)) <= SECOND;
  let kept = isLooking || !isClockKnown ? undefined : lastSaved.of(conversationId);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    // Prevents: what is erased, or changed elsewhere, is kept on; or the save is stored, its answer is lost, and so is the change.
    lastSaved.forget(conversationId);
    const before = kept ?? (await store.load(conversationId));
    // Prevents: processes that handle a conversation by turns each decide on what the other has changed, and save in vain.
    const isOurs = !before?.savedElsewhere;
    const loadedAt = now();
    const stored = before?.conversation;
    const asked: Asked = { agents: new Map() };
    const changes: Pick<Extract<Decided, { kind: 'changed' }>, 'conversation' | 'entries'>[] = [];
    const decided: DecidedTurn[] = [];
    let isToBeRead = false;
    for (const turn of turns) {
      const latest = changes.at(-1)?.conversation ?? stored;
      try {
        const decision = await decideTurn(conversationId, turn, { before, latest, asked, isKept: !!kept });
        if (decision === 'to-be-read') {
          isToBeRead = true;
          break;
        }
        if (decision.kind === 'changed') changes.push(decision);
        else await turn.reservation?.giveBack(stored);
        // A refusal of which something is remembered is saved, too.
        if (decision.kind === 'refused' && decision.conversation !== undefined)
          changes.push({ conversation: decision.conversation, entries: [] });
        const result = {
          turn,
          handled: handledAs(decision, latest, before?.etag),
          effects: decision.effects,
        };
        decided.push(result);
      } catch (thrown) {
        turns.delete(turn);
        turn.reject(thrown);
      }
    }
    if (isToBeRead) {
      kept = undefined;
      continue;
    }
    const [first] = changes;
    const last = changes.at(-1);
    if (first === undefined || last === undefined) {
      turns.clear();
      if (isOurs && before !== undefined) lastSaved.keep(before);
      if (decided.length > 0) void performEffects(conversationId, decided);
      return;
    }
    // Prevents: created, then the process dies, nobody repeats the event, and no timer and no row leads to the
    // conversation. A row without a conversation does no harm and is removed by reconciliation.
    if (before === undefined) await writeRow(workList, conversationId, first.conversation);
    const entries = changes.flatMap((change) => change.entries);
    const sentAt = now();
    const saved = await store.save({ before, after: last.conversation, entries }).catch((thrown: unknown) => {
      // Prevents: there is no room in a record that was kept, and what another process has made of it since has room.
      if (kept !== undefined && thrown instanceof StoredRowError) return 'conflict' as const;
      throw thrown;
    });
    if (saved !== 'conflict') {
      turns.clear();
      const { conversation } = last;
      const saving = { before, loadedAt, sentAt, conversation, etag: saved.etag };
      if (isOurs) lastSaved.keep({ conversation, etag: saved.etag, savedAt: sentAt });
      const known = (index: number) => changes[index - 1]?.conversation ?? stored;
      changes.forEach((change, index) => one.deps.watch?.saved?.(known(index), change.conversation));
      void performEffects(conversationId, decided, saving);
      return;
    }
    // Prevents: another process has begun the conversation meanwhile, and its row was just written over.
    if (before === undefined) {
      const load = async () => (await loadIfAny(store, conversationId))?.conversation;
      await workList.settle(conversationId, load);
    }
    // Prevents: two writers decide on the same version and the slower one overwrites the faster. It decides again
    // on what is stored now, and asks for the presence again, for that may be what has changed.
    if (kept === undefined) await collisionPause(attempt);
    kept = undefined;
  }
  throw new ContentionError(ATTEMPTS);
}

/** What a turn decides on: what is stored, and what the turns before it have made of that. */
interface Standing {
  readonly before: StoredConversation | undefined;
  readonly latest: Conversation | undefined;
  readonly asked: Asked;
  /** `before` was not read, but is what this process has saved last. */
  readonly isKept: boolean;
}

/** What the service has answered since the load. It was asked after every one of these events, so it holds for all. */
interface Asked {
  presence?: Promise<Presence>;
  readonly agents: Map<string, Promise<boolean>>;
}

/**
 * `to-be-read`: on a record that was not read only a change is decided, and only if nobody has to be asked for it: the save proves that
 * the record was right. Prevents: a refusal, a question or the effects of a repetition are those of a record that another process has
 * changed since.
 */
async function decideTurn(
  conversationId: string,
  turn: Turn,
  standing: Standing,
): Promise<Decided | 'to-be-read'> {
  const { before, latest, isKept } = standing;
  const { ifMatch } = turn;
  const isNamed =
    ifMatch === undefined ||
    before === undefined ||
    (latest === before.conversation && namesVersion(ifMatch, before.etag));
  if (isNamed) return decideWithAnswers(conversationId, turn, standing);
  if (isKept) return 'to-be-read';
  await turn.reservation?.giveBack(before.conversation);
  return decideOnStale(latest ?? before.conversation, turn);
}

/**
 * The conversation is not the version that the caller has seen, so nothing may change. But it may be this very event that
 * has changed it. Prevents: saved, then the answer or a push was lost, and the repetition is refused for its own change
 * while nobody has been told (RFC 9110, 13.1.1: what has been done already may be answered as done).
 */
async function decideOnStale(
  conversation: Conversation,
  { event, deps: { settings, now, call } }: Turn,
): Promise<Decided> {
  const { policies, messages } = await settings.current(call);
  const decision = decide(conversation, event, { now: now(), policies, messages });
  const isDone =
    decision.kind === 'unchanged' || (decision.kind === 'refused' && decision.effects.length > 0);
  return isDone ? decision : { kind: 'refused', refusal: CHANGED_MEANWHILE, effects: [] };
}

function handledAs(decision: Decided, latest: Conversation | undefined, etag = ''): Handled {
  if (decision.kind === 'refused') return { kind: 'refused', refusal: decision.refusal };
  const conversation = decision.kind === 'changed' ? decision.conversation : latest;
  if (conversation === undefined) throw new Error('an unchanged conversation must exist');
  return { kind: 'accepted', outcome: decision.outcome, conversation, etag };
}

const CHANGED_MEANWHILE: Refusal = {
  code: 'precondition-failed',
  detail: 'The conversation has changed since the version that If-Match names.',
};

async function decideWithAnswers(
  conversationId: string,
  turn: Turn,
  { before, latest, asked, isKept }: Standing,
): Promise<Decided | 'to-be-read'> {
  const { event, deps } = turn;
  const { policies, messages } = await deps.settings.current(deps.call);
  const { participants } = deps;
  let answers: Answers = {};
  for (let questions = 0; questions <= MOST_QUESTIONS; questions += 1) {
    // Asked after the answers: the storage and the service have just worked, or it is not asked at all.
    const isDeadline = event.type === 'deadline-reached';
    const clockError = deps.clock?.error ?? 0;
    const isClockWrong = Math.abs(clockError) > CLOCK_TOLERANCE;
    // Prevents: a machine whose clock runs ahead ends everybody who is away, long before their time.
    if (isClockWrong && isDeadline) throw new ClockError(clockError);
    // Prevents: a machine whose clock is behind begins a wait that is as good as over by the clocks of the others.
    const now = Math.round(deps.now() - (isClockWrong ? clockError : 0));
    const working = isDeadline && deps.workingSince ? { workingSince: deps.workingSince() } : {};
    const context = { now, policies, messages, ...working };
    const decision = decide(latest, event, context, answers);
    if (isKept && decision.kind !== 'changed') return 'to-be-read';
    switch (decision.kind) {
      case 'presence-needed':
        answers = {
          ...answers,
          // What may end the conversation because nobody is there asks for itself, as late as it can.
          presence: await (
            isDeadline || actionOf(event) !== undefined
              ? participants.presenceOf(conversationId)
              : (asked.presence ??= participants.presenceOf(conversationId))
          ).catch(unlessOptional(decision, { alive: false } as const)),
        };
        break;
      case 'agent-presence-needed': {
        const { agentId } = decision;
        const present = asked.agents.get(agentId) ?? participants.isAgentPresent(agentId);
        asked.agents.set(agentId, present);
        answers = { ...answers, agentPresent: await present.catch(unlessOptional(decision, false)) };
        break;
      }
      case 'message-needed':
        answers = { ...answers, stored: (await deps.store.findMessage(conversationId, decision)) ?? 0 };
        break;
      case 'capacity-needed':
        turn.reservation ??= new Reservation(conversationId, deps.capacity);
        answers = { ...answers, capacity: await turn.reservation.take(decision, before?.conversation) };
        break;
      default:
        return decision;
    }
  }
  throw new Error('a decision asks each question once');
}

/** What stands for an answer that the service has not given, where the decision can do without. @throws the failure */
const unlessOptional =
  <T>({ optional }: { readonly optional?: true }, instead: T) =>
  (failure: unknown): T => {
    if (optional && failure instanceof DependencyError) return instead;
    throw failure;
  };

/**
 * The log line of a conversation that ended because its customer was away: how long after the deadline, in milliseconds.
 * What is logged is what is stored, so a repetition logs the same line again; readers count each conversation once.
 */
export function logEnd(handled: Handled, logger: Logger): void {
  if (handled.kind === 'refused' || handled.outcome.type !== 'expired') return;
  const { id: conversationId, lastDisconnection } = handled.conversation;
  if (lastDisconnection === undefined) return;
  const { number, deadline, endedAt } = lastDisconnection;
  logger.info('deadline: reached', {
    conversationId,
    kind: 'disconnection',
    number,
    latenessMs: endedAt - deadline,
  });
}

type Handling = Pick<ConversationService, 'handle'>;

/** The service for whoever ends conversations in place of their timers: the ends that come last are the latest. */
export const loggingEnds = (service: Handling, logger: Logger): Handling => ({
  async handle(conversationId, event) {
    const handled = await service.handle(conversationId, event);
    logEnd(handled, logger);
    return handled;
  },
});
