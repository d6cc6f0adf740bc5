import assert from 'node:assert/strict';
import type { OrchestrationHandler } from 'durable-functions';
import { execute, throughJson, type OrchestratorState } from './engine';
import { EVENT, type Action, type Generation, type HistoryEvent } from './history';
import { runAsHost, type Command } from './numbering';

/** Virtual time, in milliseconds since 1970. The driver alone moves it. */
export interface VirtualClock {
  now: number;
}

export type ActivityImplementation = (input: never) => unknown;

export interface DriveOptions {
  readonly input: unknown;
  readonly startedAt: number;
  readonly activities?: Readonly<Record<string, ActivityImplementation>>;
  /** External events. Of things in the same instant, `beforeTimers` goes first; the rest keeps its order. */
  readonly events?: readonly {
    readonly at: number;
    readonly name: string;
    readonly input?: unknown;
    readonly beforeTimers?: boolean;
  }[];
  /** Whether what arrives in one instant is delivered in one episode (default) or in one after the other. */
  readonly sameInstant?: 'one-episode' | 'own-episodes';
  /** Becomes `context.df.version`. */
  readonly version?: string;
  readonly instanceId?: string;
  /** Timers fire as the engine's do: the time until then is cut to whole seconds. */
  readonly firesEarly?: true;
  /** How long every activity takes, in virtual milliseconds. */
  readonly activityTakes?: number;
  /** Give up after this moment and return a running instance. */
  readonly until?: number;
  readonly clock?: VirtualClock;
}

export interface Run {
  readonly instanceId: string;
  readonly status: 'completed' | 'failed' | 'running';
  readonly output?: unknown;
  readonly error?: string;
  readonly endedAt: number;
  readonly generations: readonly Generation[];
  /** Custom status after each episode; absent ones as undefined, as the host stores them. */
  readonly customStatuses: readonly unknown[];
  /** Activity calls in order, every attempt. */
  readonly calls: readonly { readonly at: number; readonly name: string; readonly input: unknown }[];
}

/**
 * Drives one orchestration through the library's own replay engine in virtual time, doing what the host does:
 * it appends history events, runs activities, applies retry policies, fires timers and delivers external events.
 * After every episode it asserts that the history, replayed from the start, yields the same actions.
 */
export async function drive(orchestrator: OrchestrationHandler, options: DriveOptions): Promise<Run> {
  const { activities = {}, instanceId = 'instance', sameInstant = 'one-episode' } = options;
  const clock = options.clock ?? { now: options.startedAt };
  clock.now = options.startedAt;
  const agenda = new Agenda();
  const generations: Generation[] = [];
  const customStatuses: unknown[] = [];
  const calls: { at: number; name: string; input: unknown }[] = [];
  for (const { at, name, input, beforeTimers } of options.events ?? []) {
    const event = { EventType: EVENT.eventRaised, Name: name, Input: JSON.stringify(input ?? null) };
    agenda.add({ at, rank: beforeTimers ? 0 : 2, event });
  }

  const answer = async (command: Command, generation: number): Promise<void> => {
    const { number } = command;
    if (command.kind === 'timer') {
      const wait = Math.max(0, Date.parse(command.fireAt) - clock.now);
      const at = clock.now + (options.firesEarly ? Math.floor(wait / 1_000) * 1_000 : wait);
      const event = { EventType: EVENT.timerFired, TimerId: number, FireAt: command.fireAt };
      return agenda.add({ at, rank: 1, event, generation });
    }
    const result = await callActivity(activities, command);
    calls.push({ at: clock.now, name: command.name, input: throughJson(command.input) });
    const at = clock.now + (options.activityTakes ?? 0);
    agenda.add({ at, rank: 1, event: { ...result, TaskScheduledId: number }, generation });
  };

  let input = throughJson(options.input);
  for (;;) {
    const history: HistoryEvent[] = [];
    const append = (event: Arrival) =>
      history.push({ EventId: -1, IsPlayed: false, Timestamp: iso(clock.now), ...event });
    const generation = generations.length;
    const { version } = options;
    let arrivals: Arrival[] = [
      {
        EventType: EVENT.executionStarted,
        Name: 'orchestrator',
        Input: JSON.stringify(input),
        ...(version !== undefined && { Version: version }),
      },
    ];
    // What has arrived already when the orchestrator starts comes with the start.
    if (sameInstant === 'one-episode') arrivals.push(...(agenda.next(true, clock.now)?.events ?? []));
    let previous: readonly Action[] = [];
    let state: OrchestratorState;
    let over: boolean;
    const seal = () => {
      agenda.forget(generation);
      generations.push({ input, ...(version !== undefined && { version }), history, actions: state.actions });
    };
    const ended = (status: Run['status']): Run => {
      seal();
      const { output, error } = state;
      const endedAt = clock.now;
      return { instanceId, status, output, error, endedAt, generations, customStatuses, calls };
    };

    do {
      append({ EventType: EVENT.orchestratorStarted });
      for (const arrival of arrivals) append(arrival);
      state = await executeTwice(orchestrator, instanceId, input, history);
      customStatuses.push(state.customStatus);
      assertGrownFrom(previous, state.actions);
      previous = state.actions;

      const { commands, open } = runAsHost(state.actions, history);
      for (const command of commands.slice(created(history))) {
        append(creationOf(command));
        if (open.includes(command)) await answer(command, generation);
      }
      append({ EventType: EVENT.orchestratorCompleted });
      for (const event of history) event.IsPlayed = true;

      over = (state.isDone || state.error !== undefined) && open.length === 0;
      if (!over) {
        const next = agenda.next(sameInstant === 'one-episode', options.until ?? Number.POSITIVE_INFINITY);
        if (next === undefined) return ended('running');
        clock.now = Math.max(clock.now, next.at);
        arrivals = next.events;
      }
    } while (!over);

    if (state.error !== undefined) return ended('failed');
    const continued = state.actions.find((action) => action.actionType === 4);
    if (continued === undefined) return ended('completed');
    seal();
    if (generations.length > 1_000) throw new Error('the orchestrator continues as new for ever');
    input = throughJson(continued.input);
  }
}

/** Replays one recorded generation against an orchestrator, at every point where an episode ended. */
export async function replay(
  orchestrator: OrchestrationHandler,
  instanceId: string,
  generation: Generation,
): Promise<readonly Action[]> {
  let actions: readonly Action[] = [];
  for (const [index, event] of generation.history.entries()) {
    if (event.EventType !== EVENT.orchestratorCompleted) continue;
    const soFar = generation.history.slice(0, index + 1);
    const state = await executeTwice(orchestrator, instanceId, generation.input, soFar);
    assertGrownFrom(actions, state.actions);
    runAsHost(state.actions, soFar);
    actions = state.actions;
  }
  return actions;
}

type Arrival = Omit<HistoryEvent, 'EventId' | 'IsPlayed' | 'Timestamp'> & { readonly EventId?: number };

const iso = (at: number) => new Date(at).toISOString();

async function executeTwice(...episode: Parameters<typeof execute>): Promise<OrchestratorState> {
  const first = await execute(...episode);
  const second = await execute(...episode);
  assert.deepEqual(second, first, 'non-deterministic: a replay from the start differs');
  return first;
}

/** A later episode may add actions and cancel timers; whatever it asked for before must still be there. */
function assertGrownFrom(earlier: readonly Action[], later: readonly Action[]): void {
  const uncanceled = (actions: readonly Action[]) =>
    JSON.parse(JSON.stringify(actions).replaceAll('"isCanceled":true', '"isCanceled":false')) as unknown;
  assert.deepEqual(
    uncanceled(later.slice(0, earlier.length)),
    uncanceled(earlier),
    'non-deterministic: the action list of an earlier episode has changed',
  );
}

/** How many numbers the history has used: a created event for each. */
const created = (history: readonly HistoryEvent[]) =>
  history.filter(({ EventType }) => EventType === EVENT.taskScheduled || EventType === EVENT.timerCreated)
    .length;

function creationOf(command: Command): Arrival {
  const { number: EventId } = command;
  return command.kind === 'timer'
    ? { EventType: EVENT.timerCreated, EventId, FireAt: command.fireAt }
    : {
        EventType: EVENT.taskScheduled,
        EventId,
        Name: command.name,
        Input: JSON.stringify([command.input ?? null]),
      };
}

async function callActivity(
  activities: Readonly<Record<string, ActivityImplementation>>,
  { name, input }: Command & { kind: 'activity' },
): Promise<Arrival> {
  const implementation = activities[name];
  if (implementation === undefined) throw new Error(`the test gives no activity "${name}"`);
  try {
    const result = await implementation(throughJson(input) as never);
    return { EventType: EVENT.taskCompleted, Result: JSON.stringify(result ?? null) };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const Reason = `Activity function '${name}' failed: ${message}`;
    return { EventType: EVENT.taskFailed, Reason, Details: '' };
  }
}

interface Appointment {
  readonly at: number;
  /** Order within one instant. */
  readonly rank: number;
  readonly event: Arrival;
  /** Answers belong to the generation that asked; external events to the instance. */
  readonly generation?: number;
}

/** What is still to arrive, in order of virtual time. */
class Agenda {
  private appointments: Appointment[] = [];

  add(appointment: Appointment): void {
    this.appointments.push(appointment);
    this.appointments.sort((a, b) => a.at - b.at || a.rank - b.rank);
  }

  next(wholeInstant: boolean, until: number): { at: number; events: Arrival[] } | undefined {
    const [first] = this.appointments;
    if (first === undefined || first.at > until) return undefined;
    const count = wholeInstant ? this.appointments.filter(({ at }) => at === first.at).length : 1;
    return { at: first.at, events: this.appointments.splice(0, count).map(({ event }) => event) };
  }

  /** A cancelled timer of a generation that is over fires into the void. */
  forget(generation: number): void {
    this.appointments = this.appointments.filter((appointment) => appointment.generation !== generation);
  }
}
