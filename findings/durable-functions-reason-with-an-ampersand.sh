#!/usr/bin/env bash
# durable-functions 3.5.0 puts the reason of `terminate`, `suspend` and `resume` into the query of a URL as it is. A reason that a
# person typed is cut at the first "&" or "#"; the call succeeds and the history keeps the shortened
# sentence. The library does encode the `version` of `startNew`. Who encodes the reason beforehand gets it whole.
# A server on this machine stands for the extension. Seen on Node 20.20.2, reason sent: Asked by R&D, ticket #12, C++ team:
# arrives as "Asked by R"; encoded beforehand: whole.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts durable-functions@3.5.0
cat > run.cjs <<'JS'
const { createServer } = require('node:http');
const { DurableClient } = require('durable-functions/lib/src/durableClient/DurableClient');
const arrived = [];
const server = createServer((request, response) => {
  arrived.push(new URL(request.url, 'http://host').searchParams.get('reason'));
  response.writeHead(202).end();
});
const reason = 'Asked by R&D, ticket #12, C++ team';
server.listen(0, '127.0.0.1', async () => {
  const rpcBaseUrl = 'http://127.0.0.1:' + server.address().port + '/runtime/webhooks/durabletask/';
  const client = new DurableClient({ taskHubName: 'Hub', creationUrls: {}, managementUrls: { id: 'INSTANCEID' }, rpcBaseUrl });
  for (const way of ['terminate', 'suspend', 'resume']) await client[way]('one', reason);
  await client.terminate('one', encodeURIComponent(reason));
  server.close();
  const [first, second, third, encoded] = arrived;
  console.log('durable-functions', require('durable-functions/package.json').version + ': sent:', reason);
  console.log('terminate:', first + '; suspend:', second + '; resume:', third + '; encoded beforehand:', encoded);
  process.exit([first, second, third].every((one) => one === 'Asked by R') && encoded === reason ? 0 : 1);
});
JS
node run.cjs
