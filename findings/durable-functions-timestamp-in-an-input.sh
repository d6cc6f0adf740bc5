#!/usr/bin/env bash
# durable-functions 3.5.0 turns every text named `Timestamp` in an orchestration's INPUT into a Date, at any depth, whatever the text
# says: the walk that is meant for the history's events goes over the whole trigger. A row of Table Storage as REST gives it has such
# a column, and loses its last four digits; "yesterday evening" becomes an invalid Date, which is null in JSON. The same object as
# an activity's result stays as it is, and so does `timestamp`. Remedy: another name, or the input as JSON text.
# Seen on Node 20.20.2: input: 2026-01-01T00:00:00.123Z, null, lower case kept; activity's result: 2026-01-01T00:00:00.1234567Z,
# yesterday evening, lower case kept.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts durable-functions@3.5.0
cat > run.cjs <<'JS'
const { DummyOrchestrationContext } = require('durable-functions');
const { createOrchestrator } = require('durable-functions/lib/src/util/testingUtils');
const value = {
  rows: [{ RowKey: '1', Timestamp: '2026-01-01T00:00:00.1234567Z', timestamp: '2026-01-01T00:00:00.1234567Z' }],
  note: { Timestamp: 'yesterday evening' },
};
const event = (second, EventType, more) =>
  ({ EventType, EventId: -1, IsPlayed: false, Timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(), ...more });
const [started, scheduled, completed, turn, turnEnds] = [0, 4, 5, 12, 13];
const run = createOrchestrator(function* ({ df }) {
  return [df.getInput(), yield df.callActivity('read')];
});
(async () => {
  // As the host hands it over: JSON.
  const trigger = JSON.parse(JSON.stringify({
    history: [
      event(0, turn), event(0, started, { Name: 'o', Input: JSON.stringify(value) }), event(1, scheduled, { EventId: 0 }), event(1, turnEnds),
      event(2, turn), event(2, completed, { TaskScheduledId: 0, Result: JSON.stringify(value) }),
    ],
    input: value, instanceId: 'i', isReplaying: false, parentInstanceId: null, upperSchemaVersion: 3,
    maximumShortTimerDuration: '6.00:00:00', longRunningTimerIntervalDuration: '3.00:00:00', defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
  }));
  const { output } = await run(trigger, new DummyOrchestrationContext());
  const told = JSON.parse(JSON.stringify(output)).map(({ rows: [row], note }) =>
    [row.Timestamp, note.Timestamp, 'lower case ' + (row.timestamp === value.rows[0].timestamp ? 'kept' : 'changed')].map(String).join(', '));
  console.log('durable-functions', require('durable-functions/package.json').version);
  console.log('input:', told[0] + "; activity's result:", told[1]);
  process.exit(told[0] === '2026-01-01T00:00:00.123Z, null, lower case kept' &&
    told[1] === '2026-01-01T00:00:00.1234567Z, yesterday evening, lower case kept' ? 0 : 1);
})();
JS
node run.cjs
