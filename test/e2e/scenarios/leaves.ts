import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';

/** Leaving is not a disconnection: the end is immediate, and the closing sockets begin no episode. */
export const leaves: Scenario = {
  name: 'leaves',
  needs: [],
  expected: {
    state: 'Closed',
    reason: 'customer-ended',
    transcript: ['customer: Never mind', 'notice: customer-ended-conversation'],
    disconnections: 1,
    pushes: [...BEFORE_ANY_LOSS, 'conversation-ended'],
  },
  async run(stage) {
    const tab = await stage.customer('reliable');
    await stage.customerSays(tab, 'Never mind');
    await tab.leave();
    stage.tell('customer leaves');
    await stage.ended(tab, 'customer-ended');
    await stage.customerShownOut(tab, 'customer-ended');
    return tab.conversationId;
  },
};
