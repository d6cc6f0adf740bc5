#!/usr/bin/env bash
# durable-functions 3.5.0: what an entity throws is reported as `JSON.stringify(error)`, which is "{}" for every Error. The orchestration
# that called the entity catches an Error whose message is "[object Object]": neither the log nor a branch can tell "out of stock" from
# a fault. A thrown text is kept. An activity's error keeps its text. Open since 2025:
# https://github.com/Azure/azure-functions-durable-js/issues/642. Seen on Node 20.20.2: an Error is reported as {}, caught
# as [object Object]; a thrown text is reported as "out of stock", caught as out of stock.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts durable-functions@3.5.0
cat > run.cjs <<'JS'
const { DummyEntityContext, DummyOrchestrationContext, EntityId } = require('durable-functions');
const { createEntityFunction, createOrchestrator } = require('durable-functions/lib/src/util/testingUtils');
const [started, turn, turnEnds, sent, raised] = [0, 12, 13, 14, 15];
const event = (second, EventType, more) =>
  ({ EventType, EventId: -1, IsPlayed: false, Timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(), ...more });
const play = async (thrown) => {
  const entity = createEntityFunction(() => {
    throw thrown;
  });
  const operation = { self: { name: 'stock', key: 'k' }, exists: false, state: undefined, batch: [{ id: '1', name: 'take', isSignal: false }] };
  const [{ result, isError }] = (await entity(operation, new DummyEntityContext())).results;
  if (!isError) throw new Error('no error was reported');
  // The extension passes the result on as the text of a response, with the type of the exception.
  const response = JSON.stringify({ result, exceptionType: 'System.Exception' });
  const run = createOrchestrator(function* ({ df }) {
    try {
      return yield df.callEntity(new EntityId('stock', 'k'), 'take');
    } catch (error) {
      return error.message;
    }
  });
  const { output } = await run({
    history: [
      event(0, turn), event(0, started, { Name: 'o' }), event(0, sent, { EventId: 0, Name: 'op', Input: JSON.stringify({ id: 'call-1', op: 'take' }) }),
      event(0, turnEnds), event(1, turn), event(1, raised, { Name: 'call-1', Input: response }),
    ],
    input: null, instanceId: 'i', isReplaying: false, parentInstanceId: null, upperSchemaVersion: 3,
    maximumShortTimerDuration: '6.00:00:00', longRunningTimerIntervalDuration: '3.00:00:00', defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  }, new DummyOrchestrationContext());
  return { result, output };
};
(async () => {
  const [error, text] = [await play(new Error('out of stock')), await play('out of stock')];
  console.log('durable-functions', require('durable-functions/package.json').version);
  console.log('an Error is reported as', error.result + ', caught as', error.output + '; a thrown text is reported as', text.result + ', caught as', text.output);
  process.exit(error.result === '{}' && error.output === '[object Object]' && text.output === 'out of stock' ? 0 : 1);
})();
JS
node run.cjs
