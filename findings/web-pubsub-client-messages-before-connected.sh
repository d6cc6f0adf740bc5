#!/usr/bin/env bash
# @azure/web-pubsub-client 1.1.0: after a reconnection, `connected` is told only when every group has been joined again and its
# acknowledgement has come. Messages that the service sends to the new connection meanwhile are told before it, although their
# frames came after the frame `connected`. An app that clears its state on `connected`, or asks for what it missed, throws
# away or overwrites what was just sent, such as the state its server pushes on the `connected` event. With `autoRejoinGroups: false`
# the order is the wire's. A server on this machine acknowledges after 300 ms and sends one message after `connected`.
# Seen on Node 20.20.2 with ws 8.23.0, second connection: server-message, connected; without joining again: connected, server-message.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @azure/web-pubsub-client@1.1.0 ws@8.23.0
cat > run.cjs <<'JS'
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const { WebSocketServer } = require('ws');
const { WebPubSubClient, WebPubSubJsonProtocol } = require('@azure/web-pubsub-client');
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const play = async (autoRejoinGroups) => {
  const service = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (offered) => [...offered][0] });
  await once(service, 'listening');
  let connections = 0;
  service.on('connection', async (socket) => {
    const send = (frame) => socket.readyState === 1 && socket.send(JSON.stringify(frame));
    socket.on('message', async (text) => {
      const { ackId } = JSON.parse(text);
      await after(300);
      if (ackId !== undefined) send({ type: 'ack', ackId, success: true });
    });
    connections += 1;
    send({ type: 'system', event: 'connected', userId: 'u', connectionId: 'c' + connections });
    // Well apart: no matter of two frames in one packet.
    await after(50);
    send({ type: 'message', from: 'server', dataType: 'text', data: 'the state as it is' });
  });
  const client = new WebPubSubClient('ws://127.0.0.1:' + service.address().port, { protocol: WebPubSubJsonProtocol(), autoRejoinGroups });
  let told = [];
  for (const name of ['connected', 'server-message']) client.on(name, () => told.push(name));
  await client.start();
  await client.joinGroup('room');
  told = [];
  [...service.clients][0].close(1001);
  for (let waited = 0; told.length < 2 && waited < 10_000; waited += 50) await after(50);
  client.stop();
  service.close();
  return told.join(', ');
};
(async () => {
  const [joining, plain] = [await play(true), await play(false)];
  const { version } = JSON.parse(readFileSync('node_modules/@azure/web-pubsub-client/package.json', 'utf8'));
  console.log('@azure/web-pubsub-client', version + ', second connection:', joining + '; without joining again:', plain);
  process.exit(joining === 'server-message, connected' && plain === 'connected, server-message' ? 0 : 1);
})();
JS
node run.cjs
