// The order of the test files of a run. Those of the running system wait most of their time (for a grace period, for a
// host that comes up again): they begin first, so that the others have the processors meanwhile and none of them is
// what everybody waits for in the end. Random input comes next: one of its files computes longer than all of `unit`. A
// browser draws with both processors, in threads that have precedence: it comes when nothing waits for a deadline any more.
const { default: Sequencer } = require('@jest/test-sequencer');

const FIRST = ['system', 'chaos', 'local', 'integration', 'properties'];
const LAST = 'browser';

module.exports = class WaitingFirst extends Sequencer {
  sort(tests) {
    const rank = ({ context }) => {
      const name = context.config.displayName?.name;
      if (name === LAST) return FIRST.length + 1;
      const index = FIRST.indexOf(name);
      return index === -1 ? FIRST.length : index;
    };
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
};
