#!/usr/bin/env bash
# durable-functions 3.5.0: `getStatus(id)` gives `createdTime` and `lastUpdatedTime` as Dates; `getStatusBy` and `getStatusAll` give the
# same instance with texts, although all three declare DurableOrchestrationStatus, whose fields are Dates. TypeScript lets
# `status.createdTime.getTime()` pass, which throws; a comparison with a Date is false, so that a clean-up by age finds nothing.
# Remedy: `new Date(status.createdTime)`, which takes both. A server on this machine answers as the extension's HTTP API does.
# Seen on Node 20.20.2: getStatus: Date, older than now: true; getStatusBy: string, older than now: false; getStatusAll: string,
# older than now: false.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts durable-functions@3.5.0
cat > run.cjs <<'JS'
const { createServer } = require('node:http');
const { DurableClient } = require('durable-functions/lib/src/durableClient/DurableClient');
const instance = {
  name: 'order', instanceId: 'one', runtimeStatus: 'Completed', input: null, output: 'done', customStatus: null,
  createdTime: '2026-01-01T00:00:00Z', lastUpdatedTime: '2026-01-01T00:00:05Z',
};
const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(request.url.includes('/instances/one') ? instance : [instance]));
});
server.listen(0, '127.0.0.1', async () => {
  const rpcBaseUrl = 'http://127.0.0.1:' + server.address().port + '/runtime/webhooks/durabletask/';
  const client = new DurableClient({ taskHubName: 'Hub', creationUrls: {}, managementUrls: { id: 'INSTANCEID' }, rpcBaseUrl });
  const told = ({ createdTime }) => (createdTime instanceof Date ? 'Date' : typeof createdTime) + ', older than now: ' + (createdTime < new Date());
  const one = told(await client.getStatus('one'));
  const [some] = (await client.getStatusBy({ runtimeStatus: ['Completed'] })).map(told);
  const [all] = (await client.getStatusAll()).map(told);
  server.close();
  console.log('durable-functions', require('durable-functions/package.json').version + ': getStatus:', one + '; getStatusBy:', some + '; getStatusAll:', all);
  const isText = (text) => text === 'string, older than now: false';
  process.exit(one === 'Date, older than now: true' && isText(some) && isText(all) ? 0 : 1);
});
JS
node run.cjs
