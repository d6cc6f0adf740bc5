#!/usr/bin/env bash
# @azure/data-tables 13.3.2: `getEntity` gives an entity with its `etag`, and `updateEntity` takes that entity with the `etag` in it and
# does not look at it: without `{ etag }` among the OPTIONS any version is overwritten, so that read, change, write loses what
# another wrote in between. The same holds for an action of a transaction. With the ETag in the options: 412.
# Seen on Node 20.20.2 with Azurite 3.37.0, a stale entity: updateEntity: stored; in a transaction: stored; with the ETag in the
# options: status 412, in a transaction too.
set -euo pipefail
folder="$(mktemp -d)"
trap 'kill "${azurite:-}" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --prefer-offline --no-audit --no-fund --ignore-scripts azurite@3.37.0 @azure/data-tables@13.3.2
port=10996
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
  'Seats', { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } });
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
const said = (doing) => doing.then(() => 'stored', (error) => 'status ' + error.statusCode);
(async () => {
  await created();
  await table.createEntity({ partitionKey: 'p', rowKey: 'r', taken: 0 });
  const read = await table.getEntity('p', 'r');
  await table.updateEntity({ partitionKey: 'p', rowKey: 'r', taken: 1 });
  const changed = { ...read, taken: 2 };
  const guarded = await said(table.updateEntity(changed, 'Merge', { etag: changed.etag }));
  const guardedTogether = await said(table.submitTransaction([['update', changed, 'Merge', { etag: changed.etag }]]));
  const alone = await said(table.updateEntity(changed, 'Merge'));
  const together = await said(table.submitTransaction([['update', changed, 'Merge']]));
  console.log(versions + ', a stale entity: updateEntity:', alone + '; in a transaction:', together +
    '; with the ETag in the options:', guarded + ', in a transaction', guardedTogether);
  process.exit(read.etag && alone === 'stored' && together === 'stored' && guarded === 'status 412' && guardedTogether === 'status 412' ? 0 : 1);
})();
JS
node run.cjs "$port"
