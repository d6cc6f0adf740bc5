#!/usr/bin/env bash
# durable-functions 3.5.0: an entity that signals another with 0 or false sends nothing: the receiver's `getInput()` gives undefined,
# and a counter that was to be set to 0 keeps its value or becomes undefined. 1 and true arrive. The client's and the orchestration's
# `signalEntity` do send 0 and false. Remedy: an object, `{ value: 0 }`. Both entities are run here by the library's own class; what the
# first one sends is what the second one gets. Seen on Node 20.20.2: 0 and false arrive as undefined, 1 as 1, {"value":0} as it is.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts durable-functions@3.5.0
cat > run.cjs <<'JS'
const { DummyEntityContext, EntityId } = require('durable-functions');
const { createEntityFunction } = require('durable-functions/lib/src/util/testingUtils');
const sent = [0, false, 1, { value: 0 }];
const batch = (name, inputs) => ({
  self: { name, key: 'k' }, exists: false, state: undefined,
  batch: inputs.map((input, at) => ({ id: String(at), name: 'set', isSignal: true, input })),
});
(async () => {
  const sender = createEntityFunction(({ df }) => sent.forEach((value) => df.signalEntity(new EntityId('receiver', 'k'), 'set', value)));
  const { signals } = await sender(batch('sender', ['null']), new DummyEntityContext());
  const got = [];
  const receiver = createEntityFunction(({ df }) => void got.push(df.getInput()));
  await receiver(batch('receiver', signals.map(({ input }) => input)), new DummyEntityContext());
  const told = sent.map((value, at) => JSON.stringify(value) + ' arrives as ' + (got[at] === undefined ? 'undefined' : JSON.stringify(got[at])));
  console.log('durable-functions', require('durable-functions/package.json').version + ':', told.join('; '));
  process.exit(got[0] === undefined && got[1] === undefined && got[2] === 1 && got[3].value === 0 ? 0 : 1);
})();
JS
node run.cjs
