#!/usr/bin/env bash
# durable-functions 3.5.0 hands an external event to the waiter that came LAST. Two approvals of one name that are waited for together,
# `Task.all([first, second])`, get their events in reverse; @microsoft/durabletask-js 0.4.0, the library for the same kind of engine on its
# own, gives the same orchestration the events in their order. Who moves from one to the other, or assigns
# "the first approval" by position, has the names swapped. The events arrive in the same order in both runs.
# Seen on Node 20.20.2: durable-functions: second, first; durabletask-js: first, second.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts durable-functions@3.5.0 @microsoft/durabletask-js@0.4.0
cat > run.cjs <<'JS'
const { readFileSync } = require('node:fs');
const { DummyOrchestrationContext } = require('durable-functions');
const { createOrchestrator } = require('durable-functions/lib/src/util/testingUtils');
const tasks = require('@microsoft/durabletask-js');
const at = (second) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const azure = async () => {
  const [started, turn, raised] = [0, 12, 15];
  const event = (second, EventType, more) => ({ EventType, EventId: -1, IsPlayed: false, Timestamp: at(second), ...more });
  const approval = (second, who) => event(second, raised, { Name: 'Approval', Input: JSON.stringify(who) });
  const run = createOrchestrator(function* ({ df }) {
    return yield df.Task.all([df.waitForExternalEvent('Approval'), df.waitForExternalEvent('Approval')]);
  });
  const { output } = await run({
    history: [event(0, turn), event(0, started, { Name: 'two' }), approval(1, 'first'), approval(2, 'second')], input: null,
    instanceId: 'i', isReplaying: false, parentInstanceId: null, upperSchemaVersion: 3, maximumShortTimerDuration: '6.00:00:00',
    longRunningTimerIntervalDuration: '3.00:00:00', defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  }, new DummyOrchestrationContext());
  return output;
};
const portable = async () => {
  const backend = new tasks.InMemoryOrchestrationBackend();
  const client = new tasks.TestOrchestrationClient(backend);
  const worker = new tasks.TestOrchestrationWorker(backend, { logger: new tasks.NoOpLogger() });
  worker.addNamedOrchestrator('two', async function* (context) {
    return yield tasks.whenAll([context.waitForExternalEvent('Approval'), context.waitForExternalEvent('Approval')]);
  });
  await worker.start();
  const id = await client.scheduleNewOrchestration('two');
  for (const who of ['first', 'second']) await client.raiseOrchestrationEvent(id, 'Approval', who);
  const { serializedOutput } = await client.waitForOrchestrationCompletion(id, true, 10);
  await worker.stop();
  return JSON.parse(serializedOutput);
};
const version = (name) => name + ' ' + JSON.parse(readFileSync('node_modules/' + name + '/package.json', 'utf8')).version;
(async () => {
  const [log, silent] = [console.log, () => undefined];
  Object.assign(console, { log: silent, info: silent, debug: silent });
  const [one, other] = [(await azure()).join(', '), (await portable()).join(', ')];
  log(version('durable-functions') + ': ' + one + '; ' + version('@microsoft/durabletask-js') + ': ' + other);
  process.exit(one === 'second, first' && other === 'first, second' ? 0 : 1);
})();
JS
node run.cjs
