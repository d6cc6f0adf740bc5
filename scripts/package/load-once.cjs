// A fresh process that loads the files of its arguments as the Functions worker does, and prints how many milliseconds
// that took and which functions there are. `@azure/functions-core` is what the worker would give: something that takes registrations.
const Module = require('node:module');
const { performance } = require('node:perf_hooks');

const functions = [];
const core = {
  version: '4.0.0',
  registerFunction({ name, bindings }) {
    functions.push({ name, bindings });
    return { dispose() {} };
  },
  registerHook: () => ({ dispose() {} }),
  setProgrammingModel() {},
  getProgrammingModel() {},
  log() {},
};
const original = Module.prototype.require;
Module.prototype.require = function (id) {
  return id === '@azure/functions-core' ? core : original.call(this, id);
};

const start = performance.now();
for (const file of process.argv.slice(2)) require(file);
process.stdout.write(JSON.stringify({ milliseconds: performance.now() - start, functions }));
process.exit(0);
