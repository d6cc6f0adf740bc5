#!/usr/bin/env bash
# @azure/web-pubsub-client 1.1.0: a message whose JSON data is `null` is dropped: no event, no warning. 0, false and "" arrive, and so does
# an object that has a null. Whoever publishes a value to a group ("the agent in charge: null") tells nobody that there is none.
# With the reliable protocol it is not acknowledged either, when it is the last one: the client asks for nothing and the
# service keeps it. A server on this machine sends what the protocol describes. Remedy: publish an object.
# Seen on Node 20.20.2 with ws 8.23.0: sent 0, null, false, "", {"agent":null}; got 0, false, "", {"agent":null};
# a reliable client that was sent 1 to 3, where 3 is null, acknowledges up to 2.
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
const { WebPubSubClient, WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } = require('@azure/web-pubsub-client');
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const play = async (protocol, values) => {
  const service = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (offered) => [...offered][0] });
  await once(service, 'listening');
  let acknowledged = 0;
  service.on('connection', (socket) => {
    const send = (frame) => socket.send(JSON.stringify(frame));
    socket.on('message', (text) => {
      const frame = JSON.parse(text);
      if (frame.type === 'sequenceAck') acknowledged = frame.sequenceId;
    });
    send({ type: 'system', event: 'connected', userId: 'u', connectionId: 'c', reconnectionToken: 't' });
    values.forEach((data, at) => send({ type: 'message', from: 'group', group: 'g', dataType: 'json', data, sequenceId: at + 1 }));
  });
  const client = new WebPubSubClient('ws://127.0.0.1:' + service.address().port, { autoReconnect: false, protocol });
  const got = [];
  client.on('group-message', ({ message }) => got.push(message.data));
  await client.start();
  // Acknowledgements are sent once a second.
  await after(2_500);
  client.stop();
  service.close();
  return { got: got.map((one) => JSON.stringify(one)).join(', '), acknowledged };
};
(async () => {
  const { got } = await play(WebPubSubJsonProtocol(), [0, null, false, '', { agent: null }]);
  const { acknowledged } = await play(WebPubSubJsonReliableProtocol(), ['a', 'b', null]);
  const { version } = JSON.parse(readFileSync('node_modules/@azure/web-pubsub-client/package.json', 'utf8'));
  console.log('@azure/web-pubsub-client', version + ': sent 0, null, false, "", {"agent":null}; got', got + '; sent 1 to 3, where 3 is null: acknowledged up to', acknowledged);
  process.exit(got === '0, false, "", {"agent":null}' && acknowledged === 2 ? 0 : 1);
})();
JS
node run.cjs
