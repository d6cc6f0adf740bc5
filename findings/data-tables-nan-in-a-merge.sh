#!/usr/bin/env bash
# @azure/data-tables 13.3.2: a number that is NaN or Infinity is sent as null, so a Merge leaves the OLD value in place and the call
# succeeds: the average of no samples stays the average of the last ones. A Replace loses the column. Edm.Double has these values
# and `{ type: 'Double', value: 'NaN' }` stores one, but it is read back as the text "NaN", which the next write makes a String.
# Seen on Node 20.20.2 with Azurite 3.37.0: merged NaN over 2.5: 2.5; replaced by NaN: no column; spelt out: string NaN, Double;
# read and written again: String.
set -euo pipefail
folder="$(mktemp -d)"
trap 'kill "${azurite:-}" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --prefer-offline --no-audit --no-fund --ignore-scripts azurite@3.37.0 @azure/data-tables@13.3.2
port=10994
node node_modules/azurite/dist/src/table/main.js --inMemoryPersistence --silent --skipApiVersionCheck --disableTelemetry \
  --tablePort "$port" > azurite.log 2>&1 &
azurite=$!
cat > run.cjs <<'JS'
const { readFileSync } = require('node:fs');
const { TableClient } = require('@azure/data-tables');
const account = 'devstoreaccount1';
// The key that every installation of Azurite has.
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const endpoint = 'http://127.0.0.1:' + process.argv[2] + '/' + account;
const table = TableClient.fromConnectionString(
  'DefaultEndpointsProtocol=http;AccountName=' + account + ';AccountKey=' + key + ';TableEndpoint=' + endpoint,
  'Averages', { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } });
const versions = ['@azure/data-tables', 'azurite']
  .map((name) => name + ' ' + JSON.parse(readFileSync('node_modules/' + name + '/package.json', 'utf8')).version).join(', ');
const created = async () => {
  for (let tries = 0; ; tries += 1) {
    try { return await table.createTable(); } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
};
(async () => {
  await created();
  const row = { partitionKey: 'p', rowKey: 'r' };
  const stored = async () => (await table.getEntity('p', 'r')).average;
  await table.createEntity({ ...row, average: 2.5 });
  await table.updateEntity({ ...row, average: 0 / 0 }, 'Merge');
  const merged = await stored();
  await table.updateEntity({ ...row, average: 0 / 0 }, 'Replace');
  const replaced = await stored();
  await table.updateEntity({ ...row, average: { type: 'Double', value: 'NaN' } }, 'Merge');
  const spelt = await stored();
  const type = async () => (await table.getEntity('p', 'r', { disableTypeConversion: true })).average.type;
  const first = await type();
  await table.updateEntity(await table.getEntity('p', 'r'), 'Replace');
  const second = await type();
  console.log(versions + ': merged NaN over 2.5:', merged + '; replaced by NaN:', (replaced === undefined ? 'no column' : replaced) +
    '; spelt out:', typeof spelt, spelt + ', ' + first + '; read and written again:', second);
  process.exit(merged === 2.5 && replaced === undefined && spelt === 'NaN' && first === 'Double' && second === 'String' ? 0 : 1);
})();
JS
node run.cjs "$port"
