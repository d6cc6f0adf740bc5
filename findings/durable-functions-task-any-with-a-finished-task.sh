#!/usr/bin/env bash
# durable-functions 3.5.0: `Task.any` or `Task.all` over a task that has finished already does not see its result. Promise.race over a
# settled promise settles at once, and a finished task that is yielded by itself gives its result; here the orchestration goes on
# waiting although everything it waits for is in its history. Usual way into it: `any([a, b])`, some other step, during which
# b finishes, then `any([b, c])` or `all([a, b])`. The Python library had the same fault and looks for finished tasks since 2022:
# https://github.com/Azure/azure-functions-durable-python/pull/391. Remedy: ask `isCompleted` before the second call.
# Seen on Node 20.20.2: yielded by itself: done, output "of b"; through Task.any: not done; through Task.all: not done.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts durable-functions@3.5.0
cat > run.cjs <<'JS'
const { DummyOrchestrationContext } = require('durable-functions');
const { createOrchestrator } = require('durable-functions/lib/src/util/testingUtils');
let second = 0;
const event = (EventType, more = {}) => {
  second += 1;
  return { EventType, EventId: -1, IsPlayed: false, Timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(), ...more };
};
const [started, scheduled, completed, turn, turnEnds] = [0, 4, 5, 12, 13];
const finished = (id, name) => [event(turn), event(completed, { TaskScheduledId: id, Result: JSON.stringify('of ' + name) })];
// a and b are ordered together; a finishes, then c is ordered; b finishes meanwhile, then c.
const history = [
  event(turn), event(started, { Name: 'race' }), event(scheduled, { EventId: 0 }), event(scheduled, { EventId: 1 }), event(turnEnds),
  ...finished(0, 'a'), event(scheduled, { EventId: 2 }), event(turnEnds),
  ...finished(1, 'b'), event(turnEnds),
  ...finished(2, 'c'),
];
const play = (last) => {
  const run = createOrchestrator(function* ({ df }) {
    const [a, b] = [df.callActivity('a'), df.callActivity('b')];
    yield df.Task.any([a, b]);
    yield df.callActivity('c');
    return yield last(df, a, b);
  });
  return run({
    history: structuredClone(history), input: null, instanceId: 'i', isReplaying: false, parentInstanceId: null, upperSchemaVersion: 3,
    maximumShortTimerDuration: '6.00:00:00', longRunningTimerIntervalDuration: '3.00:00:00', defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  }, new DummyOrchestrationContext());
};
(async () => {
  const alone = await play((df, a, b) => b);
  const any = await play((df, a, b) => df.Task.any([b]));
  const all = await play((df, a, b) => df.Task.all([a, b]));
  const told = ({ isDone, output }) => (isDone ? 'done, output ' + JSON.stringify(output) : 'not done');
  console.log('durable-functions', require('durable-functions/package.json').version);
  console.log('yielded by itself:', told(alone) + '; through Task.any:', told(any) + '; through Task.all:', told(all));
  process.exit(alone.isDone && alone.output === 'of b' && !any.isDone && !all.isDone ? 0 : 1);
})();
JS
node run.cjs
