import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';

/** Open: nobody has taken the conversation when its customer is lost. */
export const dropsInQueue: Scenario = {
  name: 'drops in queue',
  needs: [],
  expected: {
    state: 'Closed',
    reason: 'customer-disconnected',
    transcript: ['customer: Is anybody there?', 'notice: customer-disconnected'],
    disconnections: 2,
    pushes: [...BEFORE_ANY_LOSS, 'connection-lost', 'conversation-ended'],
  },
  async run(stage) {
    const tab = await stage.customerInOwnProcess('json');
    await stage.customerSays(tab, 'Is anybody there?');
    await stage.kill(tab);
    const { deadline } = await stage.connectionLost(tab);
    await stage.ended(tab, 'customer-disconnected', { deadline });
    return tab.conversationId;
  },
};
