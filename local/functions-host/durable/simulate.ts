import { ActionType, EventType, longTimers, type Action, type HistoryEvent } from './protocol';
import { TaskNumbering, type Command } from './task-numbering';

export interface Simulation {
  /** Everything that got a number, in the order of the numbers. */
  readonly commands: readonly Command[];
  /** Numbers whose answer is outstanding. While there are any, the instance can't end. */
  readonly open: readonly number[];
  readonly continueAsNew?: { readonly input: unknown };
  /** Why this history can't belong to these actions, or why the actions are not covered. */
  readonly problem?: string;
}

type Settle = (succeeded: boolean) => void;

/**
 * Finds out which sequence numbers the library has in mind. It never sends them: both sides count, and the extension
 * counts by running the action list against the history, so that is done here too. Take the actions in order; start
 * one; wait until its events have arrived; start the next.
 */
export function simulate(
  actions: readonly Action[],
  history: readonly HistoryEvent[],
  limits: typeof longTimers = longTimers,
): Simulation {
  const numbering = new TaskNumbering();
  const waiters = new Map<string, Settle[]>();
  const buffered = new Map<string, number>();
  let clock = 0;
  let problem: string | undefined;
  let continueAsNew: Simulation['continueAsNew'];

  const waitForEvent = (name: string, settle: Settle): void => {
    const early = buffered.get(name) ?? 0;
    if (early > 0) {
      buffered.set(name, early - 1);
      settle(true);
    } else waiters.set(name, [...(waiters.get(name) ?? []), settle]);
  };

  const deliverEvent = (name: string): void => {
    const newest = waiters.get(name)?.pop();
    if (newest) newest(true);
    else buffered.set(name, (buffered.get(name) ?? 0) + 1);
  };

  const call = (action: Action, settle: Settle): void => {
    const { actionType, functionName: name = '', input, instanceId, version } = action;
    const isActivity =
      actionType === ActionType.CallActivity || actionType === ActionType.CallActivityWithRetry;
    numbering.take(
      isActivity ? { kind: 'activity', name, input } : { kind: 'sub', name, input, instanceId, version },
      settle,
    );
  };

  const callWithRetry = (action: Action, settle: Settle): void => {
    const retry = action.retryOptions;
    if (!retry) return call(action, settle);
    if (retry.retryTimeoutInMilliseconds !== undefined) {
      problem ??= 'retryTimeoutInMilliseconds is not covered by this local stand-in.';
    }
    const attempt = (count: number): void =>
      call(action, (succeeded) => {
        if (succeeded) return settle(true);
        // The last failure takes a timer as well, one that fires at once: the library waits for it.
        const isLast = count >= retry.maxNumberOfAttempts;
        const delay = retry.firstRetryIntervalInMilliseconds * (retry.backoffCoefficient ?? 1) ** (count - 1);
        const capped = Math.min(delay, retry.maxRetryIntervalInMilliseconds ?? Infinity);
        const fireAt = clock + (isLast ? 0 : capped);
        numbering.take({ kind: 'timer', fireAt, isCanceled: false }, () =>
          isLast ? settle(false) : attempt(count + 1),
        );
      });
    attempt(1);
  };

  const createTimer = (action: Action, settle: Settle): void => {
    const final = Date.parse(action.fireAt ?? '');
    const isLong = final - clock > limits.maximumMs;
    const isCanceled = action.isCanceled ?? false;
    const nextPiece = (): void => {
      const fireAt = final - clock > limits.maximumMs ? clock + limits.intervalMs : final;
      numbering.take({ kind: 'timer', fireAt, isCanceled }, () => {
        // The library adds a piece even when the long timer was cancelled in the meantime; so must we.
        if (isLong && final > clock) nextPiece();
        else if (!isCanceled) settle(true);
      });
    };
    nextPiece();
  };

  const compound = (action: Action, settle: Settle): void => {
    const children = action.compoundActions ?? [];
    let outstanding = children.length;
    let isSettled = false;
    for (const child of children) {
      start(child, (succeeded) => {
        outstanding--;
        const ends = action.actionType === ActionType.WhenAny || !succeeded || outstanding === 0;
        if (!ends || isSettled) return;
        isSettled = true;
        settle(action.actionType === ActionType.WhenAny || succeeded);
      });
    }
  };

  const start = (action: Action, settle: Settle): void => {
    switch (action.actionType) {
      case ActionType.CallActivity:
      case ActionType.CallSubOrchestrator:
        return call(action, settle);
      case ActionType.CallActivityWithRetry:
      case ActionType.CallSubOrchestratorWithRetry:
        return callWithRetry(action, settle);
      case ActionType.CreateTimer:
        return createTimer(action, settle);
      case ActionType.WaitForExternalEvent:
        return waitForEvent(action.externalEventName ?? '', settle);
      case ActionType.WhenAny:
      case ActionType.WhenAll:
        return compound(action, settle);
      case ActionType.ContinueAsNew:
        continueAsNew = { input: action.input };
        return;
      default:
        problem ??= `The orchestrator used callHttp, an entity or a lock (action type ${action.actionType}), which this local stand-in does not cover.`;
    }
  };

  let next = 0;
  let isCurrentSettled = true;
  const advance = (): void => {
    for (let action = actions[next]; isCurrentSettled && action; action = actions[next]) {
      next++;
      isCurrentSettled = false;
      start(action, () => (isCurrentSettled = true));
    }
  };

  for (const event of history) {
    switch (event.EventType) {
      case EventType.OrchestratorStarted:
        clock = Math.max(clock, Date.parse(event.Timestamp));
        continue;
      case EventType.ExecutionStarted:
        break;
      case EventType.EventRaised:
        deliverEvent(event.Name ?? '');
        break;
      default:
        numbering.record(event);
    }
    advance();
  }
  return {
    commands: numbering.commands,
    open: numbering.open(),
    continueAsNew,
    problem: problem ?? numbering.mismatch(history),
  };
}
