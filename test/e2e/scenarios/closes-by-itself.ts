import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';
import { CLOSES_SOON } from '../operators-settings';
import { same } from '../stage';

/** Nobody closes the wrap-up: it is closed at its deadline, and the agent has its capacity back. */
export const closesByItself: Scenario = {
  name: 'closes by itself',
  needs: ['own-settings'],
  expected: {
    state: 'Closed',
    reason: 'agent-ended',
    transcript: ['notice: agent-joined', 'notice: agent-ended-conversation'],
    disconnections: 1,
    pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned', 'conversation-ended', 'conversation-closed'],
  },
  async run(stage) {
    const { patienceMs } = stage.world;
    const tab = await stage.customer('reliable', { workstream: CLOSES_SOON });
    const grace = await stage.colleague('Grace');
    await grace.act('accept', tab.conversationId);
    await grace.act('end', tab.conversationId);
    await stage.ended(tab, 'agent-ended', { state: 'WrapUp' });
    same('units of the agent in wrap-up', 20, await grace.unitsInUse());
    const { autoClosure } = await stage.view(tab.conversationId);
    const { closeReason, at } = await grace.inbox.first(
      'conversation-closed',
      tab.conversationId,
      patienceMs,
    );
    same('why it was closed', 'auto-closed', closeReason);
    same('closed before its deadline', false, Date.parse(at) < Date.parse(autoClosure?.deadline ?? ''));
    await stage.capacityFree(grace);
    const { state } = await stage.view(tab.conversationId);
    stage.tell('agents told: closed by itself', { state });
    return tab.conversationId;
  },
};
