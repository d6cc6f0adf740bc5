// A loss sends a job that starts after the deadline; a return cancels it.
import { createHash } from 'node:crypto';
import PgBoss from 'pg-boss';
import { register } from '../../baselines/chat';
import { endCounted, type Loss, nameOf } from './loss';

const QUEUE = 'deadlines';
const boss = new PgBoss(process.env.PEER_URL ?? '').on('error', (error) => console.error(error));
const ready = start();

async function start(): Promise<void> {
  await boss.start();
  await boss.createQueue(QUEUE);
  const options = { batchSize: 16, pollingIntervalSeconds: 0.5 };
  await boss.work<Loss>(QUEUE, options, async (jobs) => {
    await Promise.all(jobs.map(({ data }) => endCounted(data)));
  });
}

/** Jobs have UUIDs: one that the loss has, so that its return finds it. */
function idOf(loss: Loss): string {
  const hex = createHash('sha256').update(nameOf(loss)).digest('hex');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => hex.slice(from, to))
    .join('-');
}

register({
  ready,
  async lost(id, number, deadline) {
    const loss = { id, number };
    await boss.send(QUEUE, loss, { id: idOf(loss), startAfter: deadline });
  },
  back: (id, number) => boss.cancel(QUEUE, idOf({ id, number })),
});
