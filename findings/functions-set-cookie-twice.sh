#!/usr/bin/env bash
# @azure/functions 4.16.5: a response whose `headers` have Set-Cookie twice (an array of pairs, or a `Headers` object with two
# `append`s) reaches the host with the last one only. Fetch keeps both, the types allow both, and Link twice arrives joined
# by a comma; of a session cookie and a CSRF cookie one is gone without a word. Two `cookies` of the response do arrive.
# An object stands for the worker's module here; what is looked at is the message that the library hands it for the host.
# Seen on Node 20.20.2: set-cookie: b=2; link: </a>, </b>; by `cookies`: a=1, b=2; `getSetCookie()` of the same headers: 2.
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

const answer = async (name, response) => {
  app.http(name, { handler: () => response });
  const { metadata, callback } = registered[name];
  const http = { method: 'GET', url: 'http://localhost/api/' + name, headers: {}, query: {}, params: {} };
  const call = model.getInvocationModel({
    invocationId: '1', metadata, log: () => undefined,
    request: { inputData: [{ name: Object.keys(metadata.bindings)[0], data: { http } }], triggerMetadata: {}, traceContext: {} },
  });
  const { context, inputs } = await call.getArguments();
  return (await call.getResponse(context, await call.invokeFunction(context, inputs, callback))).returnValue.http;
};
(async () => {
  const pairs = [['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['link', '</a>'], ['link', '</b>']];
  const { headers } = await answer('pairs', { headers: pairs });
  const appended = (await answer('appended', { headers: new Headers(pairs) })).headers;
  const { cookies } = await answer('cookies', { cookies: [{ name: 'a', value: '1' }, { name: 'b', value: '2' }] });
  const both = cookies.map(({ name, value }) => name + '=' + value).join(', ');
  const kept = new Headers(pairs).getSetCookie().length;
  console.log('@azure/functions', require('@azure/functions/package.json').version);
  console.log('set-cookie:', headers['set-cookie'] + '; link:', headers.link + '; by `cookies`:', both + '; getSetCookie():', kept);
  const isLast = [headers, appended].every((one) => one['set-cookie'] === 'b=2' && one.link === '</a>, </b>');
  process.exit(isLast && both === 'a=1, b=2' && kept === 2 ? 0 : 1);
})();
JS
node run.cjs
