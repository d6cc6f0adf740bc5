import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';
import { RECONNECTS } from '../operators-settings';
import { same } from '../stage';
import { untilInstant } from '../waiting';

/** Long after the grace period, but within the time limit of reconnection, the agent's link leads back. */
export const reconnects: Scenario = {
  name: 'reconnects',
  needs: ['own-settings'],
  expected: {
    state: 'Active',
    transcript: [
      'notice: agent-joined',
      'agent: Should we be cut off: {ReconnectUrl}',
      'customer: I am back',
      'agent: Welcome back',
    ],
    disconnections: 2,
    pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned', 'connection-lost', 'customer-back'],
  },
  async run(stage) {
    const tab = await stage.customerInOwnProcess('reliable', { workstream: RECONNECTS });
    await stage.agentDoes('accept', tab);
    const { searchParams, origin } = await stage.linkSent(tab);
    same('page of the link', 'https://shop.example', origin);
    await stage.kill(tab);
    const { since, deadline } = await stage.connectionLost(tab);
    same('time limit', 60_000, Date.parse(deadline) - Date.parse(since));
    await untilInstant(since, 6_000);
    const { state } = await stage.view(tab.conversationId);
    stage.tell('grace would be over by now', { state });
    const again = await stage.byLink(tab, searchParams.get('oc.reconnectid') ?? '');
    await stage.customerBack(tab);
    same('agent', 'Ada', (await stage.view(tab.conversationId)).agent?.name);
    await stage.customerSays(again, 'I am back');
    await stage.agentSays(again, 'Welcome back');
    return tab.conversationId;
  },
};
