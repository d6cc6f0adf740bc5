import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';
import { untilInstant } from '../waiting';

/** After the deadline: had the timer not been cancelled, it would have fired by then. */
const WELL_AFTER_MS = 1_500;

/** The customer comes back with its ticket, and the conversation goes on past the deadline that was. */
export const returnsInTime: Scenario = {
  name: 'returns in time',
  needs: [],
  expected: {
    state: 'Active',
    transcript: [
      'notice: agent-joined',
      'customer: One moment',
      'customer: Back again',
      'agent: Welcome back',
      'customer: Thanks',
    ],
    disconnections: 2,
    pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned', 'connection-lost', 'customer-back'],
  },
  async run(stage) {
    const before = await stage.customerInOwnProcess('reliable');
    await stage.agentDoes('accept', before);
    await stage.customerSays(before, 'One moment');
    await stage.kill(before);
    const { deadline } = await stage.connectionLost(before);
    const tab = await stage.anotherTab(before);
    await stage.customerBack(tab);
    await stage.customerSays(tab, 'Back again');
    await stage.agentReads(tab, 'Back again');
    await untilInstant(deadline, WELL_AFTER_MS);
    stage.tell('deadline has passed', { state: (await stage.view(tab.conversationId)).state });
    await stage.agentSays(tab, 'Welcome back');
    await stage.customerSays(tab, 'Thanks');
    await stage.agentReads(tab, 'Thanks');
    return tab.conversationId;
  },
};
