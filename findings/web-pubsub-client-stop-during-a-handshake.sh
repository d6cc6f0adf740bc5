#!/usr/bin/env bash
# @azure/web-pubsub-client 1.1.0: `stop()` while the handshake of `start()` is under way stops nothing. When the service
# answers a moment later, the client tells `connected` and keeps its socket; a customer who has closed the chat is still there.
# After it is connected the same call closes the socket. Seen on Node 20.20.2 with ws 8.23.0 as the service:
# stopped during the handshake: connected later, socket open a second later; stopped afterwards: socket closed.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @azure/web-pubsub-client@1.1.0 ws@8.23.0
node -e "
const { createServer } = require('node:http');
const { WebSocketServer } = require('ws');
const { WebPubSubClient, WebPubSubJsonProtocol } = require('@azure/web-pubsub-client');
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] });
const server = createServer();
// Half a second for a handshake: the app's answer to 'connect', for one.
server.on('upgrade', async (request, socket, head) => {
  await after(500);
  sockets.handleUpgrade(request, socket, head, (open) =>
    open.send(JSON.stringify({ type: 'system', event: 'connected', userId: 'u', connectionId: 'c', reconnectionToken: 't' })));
});
server.listen(0, '127.0.0.1', async () => {
  const url = 'ws://127.0.0.1:' + server.address().port;
  const play = async (stopAfter) => {
    const client = new WebPubSubClient(url, { autoReconnect: false, protocol: WebPubSubJsonProtocol() });
    let connected = false;
    client.on('connected', () => (connected = true));
    client.start().catch(() => undefined);
    await after(stopAfter);
    client.stop();
    await after(1_500 - stopAfter);
    const open = [...sockets.clients].filter((one) => one.readyState === 1).length;
    sockets.clients.forEach((one) => one.terminate());
    await after(100);
    return (connected ? 'connected' : 'never connected') + ', ' + (open > 0 ? 'socket open' : 'socket closed');
  };
  const during = await play(100);
  const afterwards = await play(900);
  console.log('stopped during the handshake:', during + '; stopped afterwards:', afterwards);
  process.exit(during === 'connected, socket open' && afterwards === 'connected, socket closed' ? 0 : 1);
});
"
