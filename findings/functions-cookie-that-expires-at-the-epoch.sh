#!/usr/bin/env bash
# @azure/functions 4.16.5: a cookie of the response that expires at `new Date(0)`, the usual way to delete one, reaches the host without
# an expiry, because the moment 0 counts as none: the browser gets a session cookie with the new value instead of dropping the
# old one, and who signed out keeps a cookie. One second later is passed on. Remedy: `maxAge: 0`, or `new Date(1000)`.
# An object stands for the worker's module here; what is looked at is the message that the library hands it for the host.
# Seen on Node 20.20.2: new Date(0): no expiry; new Date(1000): 1 s after the epoch; maxAge 0: passed on.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @azure/functions@4.16.5
cat > run.cjs <<'JS'
const Module = require('node:module');
// What the worker offers the library under the name of @azure/functions-core: as much of it as one HTTP function needs.
const registered = {};
let model;
const worker = {
  version: '1.0.0', hostVersion: '4.0.0', Disposable: class {},
  registerFunction: (metadata, callback) => (registered[metadata.name] = { metadata, callback }),
  registerHook: () => ({ dispose: () => undefined }),
  setProgrammingModel: (given) => (model = given), getProgrammingModel: () => model,
};
const load = Module._load;
Module._load = (name, ...rest) => (name === '@azure/functions-core' ? worker : load(name, ...rest));
const { app } = require('@azure/functions');

const sent = async (name, cookie) => {
  app.http(name, { handler: () => ({ cookies: [{ name: 'session', value: '', ...cookie }] }) });
  const { metadata, callback } = registered[name];
  const http = { method: 'GET', url: 'http://localhost/api/' + name, headers: {}, query: {}, params: {} };
  const call = model.getInvocationModel({
    invocationId: '1', metadata, log: () => undefined,
    request: { inputData: [{ name: Object.keys(metadata.bindings)[0], data: { http } }], triggerMetadata: {}, traceContext: {} },
  });
  const { context, inputs } = await call.getArguments();
  return (await call.getResponse(context, await call.invokeFunction(context, inputs, callback))).returnValue.http.cookies[0];
};
(async () => {
  const epoch = await sent('epoch', { expires: new Date(0) });
  const later = await sent('later', { expires: new Date(1_000) });
  const age = await sent('age', { maxAge: 0 });
  console.log('@azure/functions', require('@azure/functions/package.json').version);
  console.log('new Date(0):', JSON.stringify(epoch.expires) + '; new Date(1000):', JSON.stringify(later.expires) + '; maxAge 0:', JSON.stringify(age.maxAge));
  process.exit(epoch.expires === undefined && later.expires?.value.seconds === 1 && age.maxAge?.value === 0 ? 0 : 1);
})();
JS
node run.cjs
