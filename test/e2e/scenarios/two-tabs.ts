import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';
import { same } from '../stage';
import { until } from '../waiting';

/** Only the last connection counts. Had closing the first tab begun a disconnection, there would be three. */
export const twoTabs: Scenario = {
  name: 'two tabs',
  needs: ['service'],
  expected: {
    state: 'Closed',
    reason: 'customer-disconnected',
    transcript: ['customer: From my other tab', 'customer: Still here', 'notice: customer-disconnected'],
    disconnections: 2,
    pushes: [...BEFORE_ANY_LOSS, 'connection-lost', 'conversation-ended'],
  },
  async run(stage) {
    const { service, patienceMs } = stage.world;
    const first = await stage.customer('json');
    const second = await stage.anotherTab(first, 'reliable');
    // The app has handled a message of the second tab, so it knows that tab before the first one goes.
    await stage.customerSays(second, 'From my other tab');
    await first.close();
    await until('the first tab is gone', patienceMs, async () => {
      return (await service?.connectionExists(first.connectionId)) === false;
    });
    stage.tell('customer closes the first tab');
    await stage.customerSays(second, 'Still here');
    const { connected, disconnections } = await stage.view(first.conversationId);
    same('connected with one tab left', true, connected);
    same('disconnections with one tab left', 1, disconnections);
    await second.close();
    stage.tell('customer closes the second tab');
    const { deadline, number } = await stage.connectionLost(first);
    same('number of the disconnection', 2, number);
    await stage.ended(first, 'customer-disconnected', { deadline });
    return first.conversationId;
  },
};
