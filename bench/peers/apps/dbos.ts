// A loss starts a workflow, which waits for the return or the deadline, and then ends the conversation.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { register } from '../../baselines/chat';
import { endCounted, nameOf } from './loss';

DBOS.setConfig({
  name: 'chat',
  systemDatabaseUrl: process.env.PEER_URL ?? '',
  logLevel: 'error',
  runAdminServer: false,
});
const waitForReturn = DBOS.registerWorkflow(
  async (id: string, number: number, seconds: number) => {
    if ((await DBOS.recv('back', seconds)) === null)
      await DBOS.runStep(() => endCounted({ id, number }), { name: 'end' });
  },
  { name: 'wait-for-return' },
);

register({
  ready: DBOS.launch(),
  async lost(id, number, deadline) {
    const seconds = (deadline.getTime() - Date.now()) / 1_000;
    await DBOS.startWorkflow(waitForReturn, { workflowID: nameOf({ id, number }) })(id, number, seconds);
  },
  back: (id, number) => DBOS.send(nameOf({ id, number }), 'back', 'back'),
});
