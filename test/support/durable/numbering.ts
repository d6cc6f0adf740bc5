import { EVENT, type Action, type HistoryEvent, type RetryPolicy } from './history';

/** Work that the host has to do for an action. `number` is what its created event and its answer carry. */
export type Command =
  | { readonly kind: 'activity'; readonly number: number; readonly name: string; readonly input: unknown }
  | { readonly kind: 'timer'; readonly number: number; readonly fireAt: string; readonly canceled: boolean };

export interface HostView {
  /** Every command so far, in the order of its number. */
  readonly commands: readonly Command[];
  /** Commands without an answer. While there is one, an instance neither completes nor continues as new. */
  readonly open: readonly Command[];
}

const LONGEST_SHORT_TIMER = 6 * 24 * 60 * 60_000;

type Arrived = (event: HistoryEvent) => void;

/**
 * What the host makes of an action list. Neither side sends sequence numbers: both count on their own, and the
 * host's count comes from running the actions against the history, one after the other. Activities and timers
 * take the next number when they are started; children of a compound in order; waits for external events take none.
 */
export function runAsHost(actions: readonly Action[], history: readonly HistoryEvent[]): HostView {
  const commands: Command[] = [];
  const waiting = new Map<number, Arrived>();
  const waitingByName = new Map<string, Arrived[]>();
  const buffered = new Map<string, HistoryEvent[]>();
  let clock = 0;

  const command = (made: Command, then: Arrived) => {
    commands.push(made);
    waiting.set(made.number, then);
  };
  const timer = (fireAt: string, canceled: boolean, then: Arrived) =>
    command({ kind: 'timer', number: commands.length, fireAt, canceled }, then);
  const activity = (name: string, input: unknown, then: Arrived) =>
    command({ kind: 'activity', number: commands.length, name, input }, then);

  /** A failed attempt takes a timer, the next attempt a further number. The last failure's timer fires at once. */
  const attempt = (action: Action & { actionType: 1 }, count: number, then: () => void): void => {
    const { functionName, input, retryOptions } = action;
    activity(functionName, input, ({ EventType }) => {
      if (EventType === EVENT.taskCompleted) return then();
      const last = count >= retryOptions.maxNumberOfAttempts;
      const pause = last ? 0 : pauseAfter(count, retryOptions);
      timer(new Date(clock + pause).toISOString(), false, () =>
        last ? then() : attempt(action, count + 1, then),
      );
    });
  };

  const start = (action: Action, then: () => void): void => {
    switch (action.actionType) {
      case 0:
        return activity(action.functionName, action.input, then);
      case 1:
        return attempt(action, 1, then);
      case 4:
        return;
      case 5:
        // The library splits these into several timers, each with a number of its own.
        if (Date.parse(action.fireAt) - clock > LONGEST_SHORT_TIMER) {
          throw new Error('the driver does not know timers of more than six days');
        }
        return timer(action.fireAt, action.isCanceled, then);
      case 6: {
        const name = action.externalEventName;
        if (buffered.get(name)?.shift() !== undefined) return then();
        waitingByName.set(name, [...(waitingByName.get(name) ?? []), then]);
        return;
      }
      case 11:
      case 12: {
        let missing = action.actionType === 11 ? 1 : action.compoundActions.length;
        const oneDone = () => {
          missing -= 1;
          if (missing === 0) then();
        };
        for (const child of action.compoundActions) start(child, oneDone);
        return;
      }
      default:
        throw new Error(`the driver does not know ${JSON.stringify(action)}`);
    }
  };

  const startFrom = (index: number): void => {
    const action = actions[index];
    if (action !== undefined) start(action, () => startFrom(index + 1));
  };

  for (const event of history) {
    switch (event.EventType) {
      case EVENT.orchestratorStarted:
        clock = Date.parse(event.Timestamp);
        break;
      case EVENT.executionStarted:
        startFrom(0);
        break;
      case EVENT.taskCompleted:
      case EVENT.taskFailed:
      case EVENT.timerFired: {
        const number = event.TaskScheduledId ?? event.TimerId ?? -1;
        const then = waiting.get(number);
        waiting.delete(number);
        then?.(event);
        break;
      }
      case EVENT.eventRaised: {
        const name = event.Name ?? '';
        const then = waitingByName.get(name)?.pop();
        if (then) then(event);
        else buffered.set(name, [...(buffered.get(name) ?? []), event]);
        break;
      }
    }
  }

  assertSameCreations(commands, history);
  const isOpen = (made: Command) => waiting.has(made.number) && !(made.kind === 'timer' && made.canceled);
  return { commands, open: commands.filter(isOpen) };
}

/** @throws when the history holds a creation that the orchestrator, run again, does not ask for. */
function assertSameCreations(commands: readonly Command[], history: readonly HistoryEvent[]): void {
  for (const event of history) {
    const wanted =
      event.EventType === EVENT.taskScheduled
        ? `activity ${event.Name}`
        : event.EventType === EVENT.timerCreated
          ? 'timer'
          : undefined;
    if (wanted === undefined) continue;
    const made = commands[event.EventId];
    const found = made?.kind === 'activity' ? `activity ${made.name}` : made?.kind;
    if (found !== wanted) {
      throw new Error(`non-deterministic: number ${event.EventId} was ${wanted} and is now ${found}`);
    }
  }
}

function pauseAfter(failures: number, policy: RetryPolicy): number {
  if (policy.retryTimeoutInMilliseconds !== undefined) {
    throw new Error('the driver does not know retryTimeoutInMilliseconds');
  }
  const pause =
    policy.firstRetryIntervalInMilliseconds * Math.pow(policy.backoffCoefficient ?? 1, failures - 1);
  return Math.min(pause, policy.maxRetryIntervalInMilliseconds ?? Number.POSITIVE_INFINITY);
}
