import { describe, expect, it } from '@jest/globals';
import { ActionType, EventType, type Action, type HistoryEvent } from '../durable/protocol';
import { simulate } from '../durable/simulate';

const at = (second: number): string => new Date(second * 1000).toISOString();
const event = (EventType: number, more: Partial<HistoryEvent> = {}): HistoryEvent => ({
  ...{ EventType, EventId: -1, IsPlayed: false, Timestamp: at(0) },
  ...more,
});
const episode = (second: number): HistoryEvent =>
  event(EventType.OrchestratorStarted, { Timestamp: at(second) });
const begin = [episode(0), event(EventType.ExecutionStarted)];
const scheduled = (EventId: number, Name: string) => event(EventType.TaskScheduled, { EventId, Name });
const timerCreated = (EventId: number) => event(EventType.TimerCreated, { EventId });
const completed = (TaskScheduledId: number) => event(EventType.TaskCompleted, { TaskScheduledId });
const failed = (TaskScheduledId: number) => event(EventType.TaskFailed, { TaskScheduledId });
const fired = (TimerId: number) => event(EventType.TimerFired, { TimerId });
const raised = (Name: string) => event(EventType.EventRaised, { Name });

const activity = (functionName: string): Action => ({ actionType: ActionType.CallActivity, functionName });
const timer = (second: number, isCanceled = false): Action => ({
  ...{ actionType: ActionType.CreateTimer, fireAt: at(second), isCanceled },
});
const wait = (externalEventName: string): Action => ({
  ...{ actionType: ActionType.WaitForExternalEvent, externalEventName },
});
const any = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAny, compoundActions });
const all = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAll, compoundActions });
const retrying = (functionName: string, maxNumberOfAttempts: number, more = {}): Action => ({
  actionType: ActionType.CallActivityWithRetry,
  functionName,
  retryOptions: { firstRetryIntervalInMilliseconds: 1000, maxNumberOfAttempts, ...more },
});

const names = (actions: Action[], history: HistoryEvent[]): string[] =>
  simulate(actions, history).commands.map((command) => (command.kind === 'timer' ? 'timer' : command.name));

describe('the numbering of tasks', () => {
  it('numbers an action only when the one before has its answer', () => {
    const actions = [activity('a'), activity('b')];
    expect(names(actions, begin)).toEqual(['a']);
    expect(names(actions, [...begin, scheduled(0, 'a'), completed(0)])).toEqual(['a', 'b']);
  });

  it('numbers nested compounds depth-first, and events not at all', () => {
    const actions = [all(any(activity('a'), timer(9)), wait('e'), activity('b'))];
    expect(names(actions, begin)).toEqual(['a', 'timer', 'b']);
  });

  it('gives the last failed attempt a timer that fires at once', () => {
    const history = [...begin, failed(0), fired(1), failed(2)];
    const { commands } = simulate([retrying('a', 2), activity('b')], history);
    expect(commands.map(({ kind }) => kind)).toEqual(['activity', 'timer', 'activity', 'timer']);
    expect(commands[1]).toMatchObject({ fireAt: 1000 });
    expect(commands[3]).toMatchObject({ fireAt: 0 });
    expect(names([retrying('a', 2), activity('b')], [...history, fired(3)])[4]).toBe('b');
  });

  it('lets retries wait longer each time, up to the longest interval', () => {
    const options = { backoffCoefficient: 3, maxRetryIntervalInMilliseconds: 5000 };
    const history = [...begin, failed(0), fired(1), failed(2), fired(3), failed(4)];
    const { commands } = simulate([retrying('a', 9, options)], history);
    expect(commands.filter(({ kind }) => kind === 'timer')).toMatchObject([
      ...[{ fireAt: 1000 }, { fireAt: 3000 }, { fireAt: 5000 }],
    ]);
  });

  it('gives a buffered event to the first waiter and a new one to the latest', () => {
    const first = any(wait('e'), activity('a'));
    const second = any(wait('e'), activity('b'));
    expect(names([first, second, activity('c')], [...begin, raised('e')])).toEqual(['a', 'b']);
    const early = [episode(0), raised('e'), event(EventType.ExecutionStarted)];
    expect(names([wait('e'), activity('c')], early)).toEqual(['c']);
  });

  it('splits a long timer into pieces, each with a number', () => {
    const limits = { maximumMs: 6_000, intervalMs: 3_000 };
    const run = (history: HistoryEvent[]) => simulate([timer(10), activity('a')], history, limits);
    expect(run(begin).commands).toMatchObject([{ fireAt: 3_000 }]);
    const second = [...begin, episode(3), fired(0)];
    expect(run(second).commands).toMatchObject([{ fireAt: 3_000 }, { fireAt: 6_000 }]);
    const third = [...second, episode(6), fired(1)];
    expect(run(third).commands).toMatchObject([{}, {}, { fireAt: 10_000 }]);
    expect(run([...third, episode(10), fired(2)]).commands[3]).toMatchObject({ name: 'a' });
  });
});

describe('what is open', () => {
  it('counts an uncancelled timer that lost, not a cancelled one', () => {
    const history = [...begin, timerCreated(0), raised('e')];
    expect(simulate([any(wait('e'), timer(9))], history).open).toEqual([0]);
    expect(simulate([any(wait('e'), timer(9, true))], history).open).toEqual([]);
  });

  it('ignores a cancelled timer that fires late', () => {
    const history = [...begin, raised('e'), fired(0)];
    expect(names([any(wait('e'), timer(9, true)), activity('a')], history)).toEqual(['timer', 'a']);
  });

  it('is nothing once everything has its answer', () => {
    expect(simulate([all(activity('a'), activity('b'))], [...begin, completed(1), failed(0)]).open).toEqual(
      [],
    );
  });
});

describe('what can not be', () => {
  it('is a created event with another kind, another name, or no task at all', () => {
    expect(simulate([activity('b')], [...begin, scheduled(0, 'a')]).problem).toMatch(/'a' as task 0.*'b'/);
    expect(simulate([timer(1)], [...begin, scheduled(0, 'a')]).problem).toMatch(/'a' as task 0.*timer/);
    expect(simulate([], [...begin, timerCreated(0)]).problem).toMatch(/timer as task 0.*nothing/);
    expect(simulate([activity('a')], [...begin, scheduled(0, 'a')]).problem).toBeUndefined();
  });

  it('is an action of an entity or of callHttp, and a retry timeout', () => {
    expect(simulate([any({ actionType: 8 })], begin).problem).toContain('not cover');
    expect(simulate([retrying('a', 2, { retryTimeoutInMilliseconds: 5 })], begin).problem).toContain(
      'not covered',
    );
  });
});
