// Jest's environment for Node, with a global object that is a plain one.
//
// Jest puts a Proxy behind the global object of every test file, so that each mention of a global (`Math`, `Promise`,
// `JSON`) is a call into it: a loop over characters takes a hundred times as long as it does outside. Nothing here needs
// what that Proxy is for. A test file still has a context, and with it a global object, of its own.
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

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
