#!/usr/bin/env bash
# @azure/data-tables 13.3.2: the answer to a transaction has `getResponseForEntity(rowKey)`. For a row that the transaction
# created it finds the ETag; for one that it updated it finds nothing, although the answer has it: `subResponses`, in the order of
# the actions. Who saves under an ETag and wants the new one looks there. Seen on Node 20.20.2 with Azurite 3.37.0:
# create: found, etag; update Replace: not found; update Merge: not found; upsert: not found; subResponses with an ETag: 4 of 4.
set -euo pipefail
folder="$(mktemp -d)"
trap 'kill "${azurite:-}" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts azurite@3.37.0 @azure/data-tables@13.3.2
port=10993
node node_modules/azurite/dist/src/table/main.js --inMemoryPersistence --silent --skipApiVersionCheck --disableTelemetry \
  --tablePort "$port" > azurite.log 2>&1 &
azurite=$!
node -e "
const { TableClient } = require('@azure/data-tables');
const account = 'devstoreaccount1';
// The key that every installation of Azurite has.
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const endpoint = 'http://127.0.0.1:$port/' + account;
const table = TableClient.fromConnectionString(
  'DefaultEndpointsProtocol=http;AccountName=' + account + ';AccountKey=' + key + ';TableEndpoint=' + endpoint,
  'Rows', { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } });
const row = (rowKey, n) => ({ partitionKey: 'p', rowKey, n });
(async () => {
  for (let tries = 0; ; tries += 1) {
    try { await table.createTable(); break; } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  for (const name of ['replaced', 'merged', 'upserted']) await table.createEntity(row(name, 1));
  const answer = await table.submitTransaction([
    ['create', row('created', 1)],
    ['update', row('replaced', 2), 'Replace'],
    ['update', row('merged', 2), 'Merge'],
    ['upsert', row('upserted', 2), 'Replace'],
  ]);
  const seen = ['created', 'replaced', 'merged', 'upserted'].map((name) => {
    const found = answer.getResponseForEntity(name);
    return found === undefined ? 'not found' : found.etag === undefined ? 'found, no etag' : 'found, etag';
  });
  const tags = answer.subResponses.filter(({ etag }) => etag !== undefined).length;
  console.log(seen.join('; ') + '; subResponses with an ETag: ' + tags + ' of ' + answer.subResponses.length);
  process.exit(seen.join() === 'found, etag,not found,not found,not found' && tags === 4 ? 0 : 1);
})();
"
