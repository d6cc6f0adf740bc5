// Jest's environment for Node, without what computes most and serves no test here.
//
// - Jest puts a Proxy behind the global object of every test file, so that each mention of a global (`Math`, `Promise`,
//   `JSON`) is a call into it: a loop over characters takes a hundred times as long as it does outside. A test file still
//   has a context, and with it a global object, of its own.
// - Every test file loads its modules anew, most of them the same packages: what V8 has made of their source for one file
//   serves the next in its worker. They still run anew in each.
// - Jest asks an AsyncLocalStorage which test is running, and before Node 24 one of those makes every promise of the
//   process a tenth to a quarter slower. The tests of a file run one at a time: a variable knows as much.
const hooks = require('node:async_hooks');
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

const STORAGE = 'AsyncLocalStorage';
const real = Object.getOwnPropertyDescriptor(hooks, STORAGE);

/** What Jest needs of an AsyncLocalStorage, for one at a time. */
class OneAtATime {
  getStore() {
    return this.store;
  }
  async run(store, callback) {
    const before = this.store;
    this.store = store;
    try {
      return await callback();
    } finally {
      this.store = before;
    }
  }
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

  /** The last that is called before Jest's own modules are loaded; its first event comes before all others. */
  async setup() {
    await super.setup();
    Object.defineProperty(hooks, STORAGE, { configurable: true, enumerable: true, value: OneAtATime });
  }

  handleTestEvent() {
    Object.defineProperty(hooks, STORAGE, real);
  }
};
