#!/usr/bin/env bash
# zod 4.6.7: `z.iso.duration()` takes decimal seconds, "PT0.5S", also with the comma of ISO 8601. The JSON Schema that zod writes for it says
# `format: "duration"`, which JSON Schema takes from RFC 3339, where a duration has whole numbers only. A client that checks its
# request against the published schema (ajv 8.20.0 with ajv-formats 3.0.1) is told that a value the server accepts is wrong. The other
# way round zod refuses "PT0.5M", which ISO 8601, luxon and Temporal take. Remedy: an `override` that drops the format.
# Seen on Node 20.20.2: PT0.5S: zod true, its schema false; PT1,5S: true, false; PT5S: true, true; PT0.5M: false, false.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts zod@4.6.7 ajv@8.20.0 ajv-formats@3.0.1
cat > run.cjs <<'JS'
const { z } = require('zod');
const { default: Ajv } = require('ajv/dist/2020');
const { default: addFormats } = require('ajv-formats');
const duration = z.iso.duration();
const schema = z.toJSONSchema(duration);
const check = addFormats(new Ajv()).compile(schema);
const seen = ['PT0.5S', 'PT1,5S', 'PT5S', 'PT0.5M'].map((text) => text + ': ' + duration.safeParse(text).success + ', ' + check(text)).join('; ');
const isPattern = new RegExp(schema.pattern).test('PT0.5S');
console.log('zod', require('zod/package.json').version + ', ajv', require('ajv/package.json').version + ': format', schema.format + '; zod, its schema:', seen + '; its pattern takes PT0.5S:', isPattern);
process.exit(seen === 'PT0.5S: true, false; PT1,5S: true, false; PT5S: true, true; PT0.5M: false, false' && isPattern ? 0 : 1);
JS
node run.cjs
