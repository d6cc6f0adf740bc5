import { expect, it } from '@jest/globals';
import { Inbox } from '../e2e/participants/inbox';
import type { Tab } from '../e2e/participants/tab';
import { Stage } from '../e2e/stage';
import type { World } from '../e2e/world';

const tab = { conversationId: 'conversation-0001' } as Tab;
const impatient = () =>
  new Stage(
    { agent: { inbox: new Inbox('agent') }, patienceMs: 10 } as unknown as World,
    'a scene',
    () => undefined,
  );

it('a scene whose patience is shorter than the recovery of a connection says which wait it expects, and why', async () => {
  await expect(impatient().connectionLost(tab)).rejects.toThrow(
    /connection-lost within 0\.0 s, got none \(.* recover its connection for 30 s, .*--patience at least 60 s\)$/,
  );
});

it('a scene whose patience is shorter than reconciliation says so', async () => {
  await expect(impatient().ended(tab, 'customer-disconnected')).rejects.toThrow(
    /conversation-ended within .*reconciliation .* up to 90 s after its deadline: give --patience 90\)$/,
  );
});
