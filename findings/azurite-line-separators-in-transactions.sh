#!/usr/bin/env bash
# Azurite 3.37.0: an entity whose text has U+2028 is stored by itself, and a transaction with the same entity is answered
# with an error. The same transaction with a plain text is stored. Texts from office programs and some phones have U+2028.
# Seen on Node 20.20.2 with @azure/data-tables 13.3.2: alone stored, the transaction with a plain text stored, the one with
# U+2028 answered with status 500.
set -euo pipefail
folder="$(mktemp -d)"
trap 'kill "${azurite:-}" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts azurite@3.37.0 @azure/data-tables@13.3.2
port=10992
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
  'Texts', { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } });
const said = (doing) => doing.then(() => 'stored', (error) => 'status ' + error.statusCode);
const row = (rowKey, text) => ({ partitionKey: 'p', rowKey, text });
const pair = (name, text) => [['create', row(name + '1', text)], ['create', row(name + '2', text)]];
(async () => {
  for (let tries = 0; ; tries += 1) {
    try { await table.createTable(); break; } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  const alone = await said(table.createEntity(row('alone', 'a\u2028b')));
  const plain = await said(table.submitTransaction(pair('plain', 'ab')));
  const together = await said(table.submitTransaction(pair('together', 'a\u2028b')));
  console.log('alone:', alone + '; transaction with a plain text:', plain + '; transaction with U+2028:', together);
  process.exit(alone === 'stored' && plain === 'stored' && together.startsWith('status ') ? 0 : 1);
})();
"
