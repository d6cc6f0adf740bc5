import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';
import { same } from '../stage';
import { handshakeStatus } from '../participants/handshake';

/** The agent ends it: the customer is told, shown out and kept out, even with a socket URL from before. */
export const agentEnds: Scenario = {
  name: 'agent ends',
  needs: [],
  expected: {
    state: 'WrapUp',
    reason: 'agent-ended',
    transcript: ['notice: agent-joined', 'agent: All done, good bye', 'notice: agent-ended-conversation'],
    disconnections: 1,
    pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned', 'conversation-ended'],
  },
  async run(stage) {
    const tab = await stage.customer('reliable');
    await stage.agentDoes('accept', tab);
    await stage.agentSays(tab, 'All done, good bye');
    const urlFromBefore = await stage.socketUrl(tab);
    await stage.agentDoes('end', tab);
    await stage.ended(tab, 'agent-ended', { state: 'WrapUp' });
    await stage.customerShownOut(tab, 'agent-ended');
    same('answer to a handshake after the end', 409, await handshakeStatus(urlFromBefore));
    return tab.conversationId;
  },
};
