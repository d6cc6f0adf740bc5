#!/usr/bin/env bash
# @azure/data-tables 13.3.2 stores a bigint as Edm.Int64 and reads it as a bigint, but its own `odata` helper writes a bigint into a filter
# without the "L" that marks an Int64 literal in this format: odata`n eq ${5n}` is "n eq 5". Azurite 3.37.0 compares by type and
# finds nothing, without an error. Dates do get their "datetime'...'" from the helper. Remedy: the L by hand after the parameter.
# Seen on Node 20.20.2: the helper gives "n eq 9007199254740993"; rows found: 0; with the L: 1; the column is a bigint: true.
set -euo pipefail
folder="$(mktemp -d)"
trap 'kill "${azurite:-}" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --prefer-offline --no-audit --no-fund --ignore-scripts azurite@3.37.0 @azure/data-tables@13.3.2
port=10995
node node_modules/azurite/dist/src/table/main.js --inMemoryPersistence --silent --skipApiVersionCheck --disableTelemetry \
  --tablePort "$port" > azurite.log 2>&1 &
azurite=$!
cat > run.cjs <<'JS'
const { readFileSync } = require('node:fs');
const { TableClient, odata } = require('@azure/data-tables');
const account = 'devstoreaccount1';
// The key that every installation of Azurite has.
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const endpoint = 'http://127.0.0.1:' + process.argv[2] + '/' + account;
const table = TableClient.fromConnectionString(
  'DefaultEndpointsProtocol=http;AccountName=' + account + ';AccountKey=' + key + ';TableEndpoint=' + endpoint,
  'Counters', { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } });
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
  const n = 9_007_199_254_740_993n;
  await table.createEntity({ partitionKey: 'p', rowKey: 'r', n });
  const found = async (filter) => {
    let rows = 0;
    for await (const _ of table.listEntities({ queryOptions: { filter } })) rows += 1;
    return rows;
  };
  const filter = odata`n eq ${n}`;
  const [plain, marked] = [await found(filter), await found(odata`n eq ${n}L`)];
  const isBigint = (await table.getEntity('p', 'r')).n === n;
  console.log(versions + ': the helper gives "' + filter + '"; rows found:', plain + '; with the L:', marked + '; the column is a bigint:', isBigint);
  process.exit(filter === 'n eq ' + n && plain === 0 && marked === 1 && isBigint ? 0 : 1);
})();
JS
node run.cjs "$port"
