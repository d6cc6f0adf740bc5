// Jest's environment for Node, with a global object that is a plain one, and modules that are compiled once a worker.
//
// Jest puts a Proxy behind the global object of every test file, so that each mention of a global (`Math`, `Promise`,
// `JSON`) is a call into it: a loop over characters takes a hundred times as long as it does outside. Nothing here needs
// what that Proxy is for. A test file still has a context, and with it a global object, of its own.
//
// Every test file loads its modules anew, most of them the same packages: what V8 has made of their source for one file
// serves the next. They still run anew in each.
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

const compiled = Symbol.for('what has been compiled in this worker');
const { compileFunction } = vm;
if (compileFunction[compiled] === undefined) {
  const known = new Map();
  vm.compileFunction = (source, parameters, options) => {
    const before = known.get(options?.filename);
    if (before?.source === source) {
      return compileFunction(source, parameters, { ...options, cachedData: before.cachedData });
    }
    const made = compileFunction(source, parameters, { ...options, produceCachedData: true });
    known.set(options?.filename, { source, cachedData: made.cachedData });
    return made;
  };
  vm.compileFunction[compiled] = known;
}

module.exports = class PlainEnvironment extends TestEnvironment {
  constructor(...args) {
    const { createContext } = vm;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(...args);
    } finally {
      vm.createContext = createContext;
    }
  }
};
