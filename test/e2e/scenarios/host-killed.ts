import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';

/**
 * The timer is durable: a host that dies while it is pending finds it again, and the deadline stands. The engine hides the
 * message that a host had in hand for 5 minutes, so a host that dies just after it has ordered the timer leaves the end to
 * reconciliation.
 */
export const hostKilled: Scenario = {
  name: 'host killed',
  needs: ['host-control'],
  runsAlone: true,
  expected: {
    state: 'Closed',
    reason: 'customer-disconnected',
    transcript: ['notice: customer-disconnected'],
    disconnections: 2,
    afterOutage: true,
    pushes: [...BEFORE_ANY_LOSS, 'connection-lost', 'conversation-ended'],
  },
  async run(stage) {
    const { host } = stage.world;
    const tab = await stage.customerInOwnProcess('json');
    await stage.kill(tab);
    const { deadline } = await stage.connectionLost(tab);
    await host?.kill();
    stage.tell('Functions host is killed');
    await host?.start();
    stage.tell('Functions host is up again');
    await stage.ended(tab, 'customer-disconnected', { deadline });
    return tab.conversationId;
  },
};
