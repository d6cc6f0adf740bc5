import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';
import { same } from '../stage';

/** A network that fails for a moment: the reliable protocol recovers the connection and nobody notices. */
export const transportCut: Scenario = {
  name: 'transport cut',
  needs: [],
  expected: {
    state: 'Active',
    transcript: [
      'notice: agent-joined',
      'customer: Before the tunnel',
      'agent: Can you hear me?',
      'customer: Loud and clear',
    ],
    disconnections: 1,
    pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned'],
  },
  async run(stage) {
    const tab = await stage.customerInOwnProcess('reliable');
    await stage.agentDoes('accept', tab);
    await stage.customerSays(tab, 'Before the tunnel');
    same('transports cut', 1, await tab.cutTransport());
    stage.tell('TCP connection of the customer is cut');
    await stage.agentSays(tab, 'Can you hear me?');
    await stage.customerSays(tab, 'Loud and clear');
    await stage.agentReads(tab, 'Loud and clear');
    same('connections of the tab', tab.connectionId, (await tab.connectionIds()).join());
    const { state, connected } = await stage.view(tab.conversationId);
    same('connected', true, connected);
    stage.tell('same connection goes on', { state });
    return tab.conversationId;
  },
};
