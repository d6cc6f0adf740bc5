import type { InboxMessage, InstanceRecord, RuntimeStatus } from './instance';
import { payloadLimit } from './instance';
import { EventType, type HistoryEvent, type OrchestratorState } from './protocol';
import { simulate } from './simulate';
import { answeredNumber, isCreated, type Command } from './task-numbering';

/** What the orchestrator function did: its state, or why it could not be run at all. */
export type OrchestratorOutcome =
  | { readonly state: OrchestratorState }
  | { readonly failure: string }
  /** The host itself has failed it, in these words. */
  | { readonly refusal: string };

export interface Episode {
  readonly record: InstanceRecord;
  /** Events this episode adds to the history; none when the instance continues as new. */
  readonly events: readonly HistoryEvent[];
}

/** Longest JSON text of the events of one episode: a transaction holds 4 MB. */
const episodeLimit = 1_000_000;

const longestReason = 10_000;

const base = (EventType: number, Timestamp: string, EventId = -1) => ({
  EventType,
  EventId,
  IsPlayed: false,
  Timestamp,
});

/** The messages that may still be played: no second answer for a number, none for an earlier execution. */
export function playable(
  record: InstanceRecord,
  history: readonly HistoryEvent[],
  inbox: readonly InboxMessage[],
): InboxMessage[] {
  const answered = new Set<number | undefined>([...history.map(answeredNumber), ...record.canceledTimers]);
  answered.delete(undefined);
  return inbox.filter(({ executionId, event }) => {
    const number = answeredNumber(event);
    if (number === undefined) return true;
    if (executionId !== record.executionId || answered.has(number)) return false;
    answered.add(number);
    return true;
  });
}

/** As many messages as one transaction can take along; the others wait for the next episode. */
export function takeBatch(messages: readonly InboxMessage[]): InboxMessage[] {
  let size = 0;
  return messages.slice(0, 80).filter(({ event }, i) => {
    size += JSON.stringify(event).length;
    return i === 0 || size < episodeLimit / 2;
  });
}

/** The events with which an episode begins: OrchestratorStarted, ExecutionStarted the first time, what has arrived. */
export function openEpisode(
  record: InstanceRecord,
  messages: readonly InboxMessage[],
  now: number,
): HistoryEvent[] {
  const at = new Date(now).toISOString();
  const started: HistoryEvent = {
    ...base(EventType.ExecutionStarted, record.createdAt),
    Name: record.name,
    Input: record.input,
    Version: record.version,
    OrchestrationInstance: { InstanceId: record.instanceId, ExecutionId: record.executionId },
  };
  return [
    base(EventType.OrchestratorStarted, at),
    ...(record.episodes === 0 ? [started] : []),
    ...messages.map(({ event }) => event),
  ];
}

function createdEvent(command: Command, record: InstanceRecord, at: string): HistoryEvent {
  const { number } = command;
  switch (command.kind) {
    case 'timer':
      return { ...base(EventType.TimerCreated, at, number), FireAt: new Date(command.fireAt).toISOString() };
    case 'activity':
      return {
        ...base(EventType.TaskScheduled, at, number),
        Name: command.name,
        Input: JSON.stringify([command.input ?? null]),
      };
    case 'sub':
      return {
        ...base(EventType.SubOrchestrationInstanceCreated, at, number),
        Name: command.name,
        InstanceId: command.instanceId ?? `${record.executionId}:${number}`,
        Input: JSON.stringify(command.input ?? null),
        Version: command.version,
      };
  }
}

interface Ending {
  readonly status: RuntimeStatus;
  readonly output: string | null;
}

function decideEnding(name: string, state: OrchestratorState): Ending {
  if (state.error !== undefined) {
    return {
      status: 'Failed',
      output: JSON.stringify(`Orchestrator function '${name}' failed: ${state.error}`),
    };
  }
  return state.isDone
    ? { status: 'Completed', output: JSON.stringify(state.output ?? null) }
    : { status: 'Running', output: null };
}

/** Turns the outcome of a run into what must be committed. Pure: the same arguments give the same episode. */
export function closeEpisode(
  record: InstanceRecord,
  past: readonly HistoryEvent[],
  opened: readonly HistoryEvent[],
  outcome: OrchestratorOutcome,
  newExecutionId: string,
  now: number,
): Episode {
  const at = opened[0]?.Timestamp ?? record.updatedAt;
  const closedAt = new Date(now).toISOString();
  const next = { ...record, updatedAt: at, episodes: record.episodes + 1 };
  const end = (output: string): Episode => ({
    record: { ...next, status: 'Failed', output: JSON.stringify(output) },
    events: [...opened, base(EventType.OrchestratorCompleted, at)],
  });
  const fail = (reason: string): Episode =>
    end(`Orchestrator function '${record.name}' failed: ${reason.slice(0, longestReason)}`);
  if ('refusal' in outcome) return end(outcome.refusal);
  if ('failure' in outcome) return fail(outcome.failure);

  const { state } = outcome;
  const history = [...past, ...opened];
  const { commands, open, continueAsNew, problem } = simulate(state.actions.flat(), history);
  if (problem) return fail(problem);

  const customStatus = state.customStatus === undefined ? null : JSON.stringify(state.customStatus);
  const known = new Set(past.filter(isCreated).map(({ EventId }) => EventId));
  const created = commands
    .filter(({ number }) => !known.has(number))
    .map((command) => createdEvent(command, record, closedAt));
  const answered = new Set(history.map(answeredNumber));
  const running: Episode = {
    record: {
      ...next,
      status: 'Running',
      customStatus,
      canceledTimers: commands
        .filter((command) => command.kind === 'timer' && command.isCanceled && !answered.has(command.number))
        .map(({ number }) => number),
    },
    events: [...opened, ...created, base(EventType.OrchestratorCompleted, at)],
  };
  const ending = decideEnding(record.name, state);
  const nextInput = JSON.stringify(continueAsNew?.input ?? null);
  const payloads = [customStatus, ending.output, nextInput, ...created.map(({ Input }) => Input)];
  if (payloads.some((text) => (text?.length ?? 0) > payloadLimit)) {
    return fail(`an input, an output or the status is longer than ${payloadLimit} characters.`);
  }
  if (JSON.stringify(running.events).length > episodeLimit) {
    return fail(`it scheduled more than ${episodeLimit} characters of input at once.`);
  }
  // Open tasks hold every kind of ending back, as in DurableTask.Core: a race must cancel its timer.
  if (open.length > 0) return running;
  if (continueAsNew && state.error === undefined) {
    return {
      record: {
        ...running.record,
        executionId: newExecutionId,
        input: nextInput,
        createdAt: closedAt,
        deferredUntil: undefined,
        episodes: 0,
        canceledTimers: [],
      },
      events: [],
    };
  }
  return { record: { ...running.record, ...ending }, events: running.events };
}
