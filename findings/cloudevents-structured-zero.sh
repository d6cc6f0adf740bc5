#!/usr/bin/env bash
# cloudevents 10.0.0, the SDK of the format for JavaScript: an event in structured mode whose data is 0, false or "" is read without data,
# although the same SDK writes it into the body. In binary mode 0 and false come back as the texts "0" and "false", because a body
# is parsed as JSON only when it looks like an object, an array or a quoted text. A reading of 0 and no reading are the same to
# the receiver, in one mode, and `if (event.data)` is true for a false one in the other. Remedy: an object as data.
# Seen on Node 20.20.2: structured: 0 -> none, false -> none, "" -> none, 1 -> 1, true -> true; binary: 0 -> "0", false -> "false".
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat > run.cjs <<'JS'
const { readFileSync } = require('node:fs');
const { CloudEvent, HTTP } = require('cloudevents');
const event = (data) => new CloudEvent({ id: '1', source: '/meter', type: 'reading', datacontenttype: 'application/json', data });
const told = (data, back) => JSON.stringify(data) + ' -> ' + (back === undefined ? 'none' : JSON.stringify(back));
const values = [0, false, '', 1, true];
const structured = values.map((data) => {
  const message = HTTP.structured(event(data));
  if (JSON.stringify(JSON.parse(message.body).data) !== JSON.stringify(data)) throw new Error('not in the body');
  return told(data, HTTP.toEvent(message).data);
}).join(', ');
// A body goes over the wire as text.
const binary = [0, false].map((data) => {
  const { headers, body } = HTTP.binary(event(data));
  return told(data, HTTP.toEvent({ headers, body: String(body) }).data);
}).join(', ');
console.log('cloudevents', JSON.parse(readFileSync('node_modules/cloudevents/package.json', 'utf8')).version);
console.log('structured:', structured + '; binary:', binary);
process.exit(structured === '0 -> none, false -> none, "" -> none, 1 -> 1, true -> true' && binary === '0 -> "0", false -> "false"' ? 0 : 1);
JS
node run.cjs
