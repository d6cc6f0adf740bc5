import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';
import { same } from '../stage';
import { untilInstant } from '../waiting';

/** After the first deadline: had the extension not counted, the conversation would be over by then. */
const WELL_AFTER_MS = 1_500;

/** The agent has the wait in hand: extends it past its deadline, and then does not wait any longer. */
export const waitInHand: Scenario = {
  name: 'wait in hand',
  needs: [],
  expected: {
    state: 'WrapUp',
    reason: 'customer-disconnected',
    transcript: ['notice: agent-joined', 'notice: customer-disconnected'],
    disconnections: 2,
    endedByAgent: true,
    pushes: [
      ...BEFORE_ANY_LOSS,
      'conversation-assigned',
      'connection-lost',
      'wait-extended',
      'conversation-ended',
    ],
  },
  async run(stage) {
    const tab = await stage.customerInOwnProcess('reliable');
    await stage.agentDoes('accept', tab);
    await stage.kill(tab);
    const { deadline } = await stage.connectionLost(tab);
    const extended = await stage.waitExtended(tab, 'PT5M');
    same('added to the wait', 5 * 60_000, Date.parse(extended) - Date.parse(deadline));
    await untilInstant(deadline, WELL_AFTER_MS);
    const { state } = await stage.view(tab.conversationId);
    same('state after the first deadline', 'Active', state);
    stage.tell('first deadline has passed', { state });
    await stage.agentDoes('end-wait', tab);
    await stage.ended(tab, 'customer-disconnected', { state: 'WrapUp' });
    return tab.conversationId;
  },
};
