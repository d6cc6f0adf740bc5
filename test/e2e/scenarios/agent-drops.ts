import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';
import { same } from '../stage';
import { untilInstant } from '../waiting';

/** The agent's connection is lost: after the agent's grace the queue has the conversation again, another takes it. */
export const agentDrops: Scenario = {
  name: 'agent drops',
  needs: [],
  expected: {
    state: 'Closed',
    reason: 'agent-ended',
    transcript: [
      'notice: agent-joined',
      'agent: I am looking into it',
      'notice: agent-disconnected',
      'notice: agent-joined',
      'agent: I take over',
      'notice: agent-ended-conversation',
      'notice: session-ended',
    ],
    disconnections: 1,
    pushes: [
      ...BEFORE_ANY_LOSS,
      'conversation-assigned',
      'agent-connection-lost',
      'conversation-queued',
      'conversation-assigned',
      'conversation-ended',
      'conversation-closed',
    ],
  },
  async run(stage) {
    const { agent, patienceMs } = stage.world;
    const tab = await stage.customer('reliable');
    const grace = await stage.colleague('Grace');
    await grace.act('accept', tab.conversationId);
    await grace.say(tab.conversationId, 'I am looking into it');
    stage.tell('Grace accepts and writes', { state: (await stage.view(tab.conversationId)).state });
    await grace.close();
    stage.tell("Grace's connection is lost");
    const { deadline } = await agent.inbox.first('agent-connection-lost', tab.conversationId, patienceMs);
    await untilInstant(deadline, 0);
    await stage.queuedAgain(tab, 'agent-disconnected');
    await tab.inbox.first('conversation-queued', tab.conversationId, patienceMs);
    await stage.capacityFree(grace);
    await stage.agentDoes('accept', tab);
    await stage.agentSays(tab, 'I take over');
    await stage.agentDoes('end', tab);
    await stage.ended(tab, 'agent-ended', { state: 'WrapUp' });
    await stage.agentDoes('close', tab);
    same('state', 'Closed', (await stage.view(tab.conversationId)).state);
    return tab.conversationId;
  },
};
