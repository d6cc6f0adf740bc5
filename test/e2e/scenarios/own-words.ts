import { BEFORE_ANY_LOSS, type Scenario } from '../scenario';
import { OWN_WORDS } from '../operators-settings';
import { same } from '../stage';

/** The operators have worded one message for a widget in German, and deactivated another one. */
export const ownWords: Scenario = {
  name: 'own words',
  needs: ['own-settings'],
  expected: {
    state: 'WrapUp',
    reason: 'customer-disconnected',
    transcript: ['notice: customer-disconnected'],
    disconnections: 2,
    pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned', 'connection-lost', 'conversation-ended'],
  },
  async run(stage) {
    const tab = await stage.customerInOwnProcess('reliable', {
      channelInstance: OWN_WORDS,
      locale: 'de-AT',
      context: { FirstName: 'Kim' },
    });
    await stage.agentDoes('accept', tab);
    await stage.kill(tab);
    const { deadline } = await stage.connectionLost(tab);
    await stage.ended(tab, 'customer-disconnected', { deadline, state: 'WrapUp' });
    const { transcript } = await stage.world.agent.read(tab.conversationId);
    const text = transcript.at(-1)?.text;
    same('notice', 'Kim ist fort (e2e, ); Ada hat gewartet.', text);
    stage.tell(`notice: "${text}"`);
    return tab.conversationId;
  },
};
