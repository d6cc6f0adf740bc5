// The order of the test files of a run. Those of the running system wait most of their time (for a grace period, for a
// host that comes up again): they begin first, so that the others have the processors meanwhile and none of them is
// what everybody waits for in the end. Random input comes next: one of its files computes longer than all of `unit`.
const { default: Sequencer } = require('@jest/test-sequencer');

const FIRST = ['system', 'chaos', 'browser', 'local', 'integration', 'properties'];

module.exports = class WaitingFirst extends Sequencer {
  sort(tests) {
    const rank = ({ context }) => {
      const index = FIRST.indexOf(context.config.displayName?.name);
      return index === -1 ? FIRST.length : index;
    };
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
};
