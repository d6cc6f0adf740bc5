import type { Api } from './api';

/** Workstreams and a chat widget of the scenes that show what operators can change. */
export const CLOSES_SOON = 'e2e-closes-soon';
export const RECONNECTS = 'e2e-reconnects';
export const OWN_WORDS = 'e2e-own-words';
/** A chat widget whose customers are waited for a few seconds only. */
export const SHORT_GRACE = 'e2e-short-grace';

/** What the scenes rely on. They touch nothing but those workstreams and those widgets. */
const POLICIES = {
  rules: [
    { id: 'short-grace', when: { channelInstance: [SHORT_GRACE] }, set: { grace: 'PT5S' } },
    { id: 'closes-soon', when: { workstream: [CLOSES_SOON] }, set: { wrapUpAutoClose: 'PT10S' } },
    {
      id: 'reconnects',
      when: { workstream: [RECONNECTS] },
      set: { reconnect: true, reconnectTimeLimit: 'PT1M', reconnectPortalUrl: 'https://shop.example/chat' },
    },
  ],
};

/** Does what operators do, with the function key, on a system that is the run's own. */
export async function writeOperatorsSettings(api: Api): Promise<void> {
  await api.operate('policies', POLICIES);
  await api.operate('automated-messages/customer-disconnected', {
    channelInstance: OWN_WORDS,
    locale: 'de',
    text: '{$FirstName$} ist fort ({QueueName}, {$Unbekannt$}); {AgentName} hat gewartet.',
  });
  await api.operate('automated-messages/agent-joined', { channelInstance: OWN_WORDS, active: false });
}
