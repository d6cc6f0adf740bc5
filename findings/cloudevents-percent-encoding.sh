#!/usr/bin/env bash
# cloudevents 10.0.0: the HTTP binding of CloudEvents 1.0 (3.1.3.2) has attributes percent-encoded in headers: everything beyond printable
# ASCII, the space, the quote and the percent sign; a receiver has to decode. The SDK does neither. A subject in Japanese makes an
# event that its own `HTTP.binary` wrote impossible to send with Node, and a subject from an SDK that encodes arrives as "Euro%20...".
# Structured mode is not concerned. Remedy: encodeURI and decodeURIComponent around it, or structured mode.
# Seen on Node 20.20.2: header written: as it is, refused by Node with ERR_INVALID_CHAR; read: Euro%20%E2%82%AC; structured: kept.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0
cat > run.cjs <<'JS'
const { readFileSync } = require('node:fs');
const { validateHeaderValue } = require('node:http');
const { CloudEvent, HTTP } = require('cloudevents');
const subject = '\u6771\u4eac';
const event = new CloudEvent({ id: '1', source: '/orders', type: 'created', subject, data: { a: 1 } });
const written = HTTP.binary(event).headers['ce-subject'];
const refusal = (() => {
  try {
    validateHeaderValue('ce-subject', written);
    return 'accepted';
  } catch ({ code }) {
    return 'refused by Node with ' + code;
  }
})();
const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/orders', 'ce-type': 'created', 'content-type': 'application/json' };
const read = HTTP.toEvent({ headers: { ...headers, 'ce-subject': 'Euro%20%E2%82%AC' }, body: '{}' }).subject;
const structured = HTTP.toEvent(HTTP.structured(event)).subject === subject ? 'kept' : 'changed';
console.log('cloudevents', JSON.parse(readFileSync('node_modules/cloudevents/package.json', 'utf8')).version);
console.log('header written:', (written === subject ? 'as it is, ' : written + ', ') + refusal + '; read:', read + '; structured:', structured);
process.exit(written === subject && refusal.endsWith('ERR_INVALID_CHAR') && read === 'Euro%20%E2%82%AC' && structured === 'kept' ? 0 : 1);
JS
node run.cjs
