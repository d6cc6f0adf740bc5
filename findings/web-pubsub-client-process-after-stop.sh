#!/usr/bin/env bash
# @azure/web-pubsub-client 1.1.0: a Node process whose client has told `stopped` lives on for 40 seconds: the checks of the keep-alive
# end with `stop()`, but not the waits between them, whose timers hold the process. A command-line tool seems to hang, and a test
# runner tells of open handles. The wait is a third of `keepAliveTimeoutInMs` (120 s) or all of `keepAliveIntervalInMs` (20 s),
# whichever is longer. Remedy: both options 0, at the price of the checks, or `process.exit`.
# Seen on Node 20.20.2 with ws 8.23.0, seconds from `stopped` to the end of the process: 40 as it comes; here, to be quicker,
# with a timeout of 60 s: 20; with both options 0: 1.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @azure/web-pubsub-client@1.1.0 ws@8.23.0
cat > service.cjs <<'JS'
const { fork } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { WebSocketServer } = require('ws');
const service = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (offered) => [...offered][0] });
service.on('connection', (socket) =>
  socket.send(JSON.stringify({ type: 'system', event: 'connected', userId: 'u', connectionId: 'c', reconnectionToken: 't' })));
const lived = (options) =>
  new Promise((resolve) => {
    const child = fork('client.cjs', [String(service.address().port), JSON.stringify(options)]);
    let stopped = 0;
    // The child closes its channel after this message.
    child.on('message', () => (stopped = Date.now()));
    child.on('exit', () => resolve(Math.round((Date.now() - stopped) / 1000)));
  });
service.on('listening', async () => {
  const [minute, off] = await Promise.all([
    lived({ keepAliveTimeoutInMs: 60_000 }),
    lived({ keepAliveTimeoutInMs: 0, keepAliveIntervalInMs: 0 }),
  ]);
  const { version } = JSON.parse(readFileSync('node_modules/@azure/web-pubsub-client/package.json', 'utf8'));
  console.log('@azure/web-pubsub-client', version + ', seconds from `stopped` to the end: timeout 60 s:', minute + '; both options 0:', off);
  process.exit(minute >= 15 && off <= 5 ? 0 : 1);
});
JS
cat > client.cjs <<'JS'
const [port, options] = process.argv.slice(2);
const { WebPubSubClient } = require('@azure/web-pubsub-client');
const client = new WebPubSubClient('ws://127.0.0.1:' + port, { autoReconnect: false, ...JSON.parse(options) });
client.on('connected', () => client.stop());
client.on('stopped', () => process.send('stopped', () => process.disconnect()));
client.start();
JS
node service.cjs
