import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';

/** Active and accepted: the agent keeps it for notes (WrapUp) and closes it. */
export const dropsWhenActive: Scenario = {
  name: 'drops when active',
  needs: [],
  expected: {
    state: 'Closed',
    reason: 'customer-disconnected',
    transcript: [
      'notice: agent-joined',
      'agent: How can I help?',
      'customer: My order …',
      'notice: customer-disconnected',
    ],
    disconnections: 2,
    pushes: [
      ...BEFORE_ANY_LOSS,
      'conversation-assigned',
      'connection-lost',
      'conversation-ended',
      'conversation-closed',
    ],
  },
  async run(stage) {
    const tab = await stage.customerInOwnProcess('reliable');
    await stage.agentDoes('accept', tab);
    await stage.agentSays(tab, 'How can I help?');
    await stage.customerSays(tab, 'My order …');
    await stage.agentReads(tab, 'My order …');
    await stage.kill(tab);
    const { deadline } = await stage.connectionLost(tab);
    await stage.ended(tab, 'customer-disconnected', { deadline, state: 'WrapUp' });
    await stage.agentDoes('close', tab);
    return tab.conversationId;
  },
};
