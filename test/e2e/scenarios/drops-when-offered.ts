import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';

/** Active, but only offered: there is nothing for the agent to wrap up. */
export const dropsWhenOffered: Scenario = {
  name: 'drops when offered',
  needs: [],
  expected: {
    state: 'Closed',
    reason: 'customer-disconnected',
    transcript: ['notice: agent-assigned', 'notice: customer-disconnected'],
    disconnections: 2,
    pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned', 'connection-lost', 'conversation-ended'],
  },
  async run(stage) {
    const tab = await stage.customerInOwnProcess('reliable');
    await stage.agentDoes('offer', tab);
    await stage.kill(tab);
    const { deadline } = await stage.connectionLost(tab);
    await stage.ended(tab, 'customer-disconnected', { deadline });
    return tab.conversationId;
  },
};
