// A loss adds a job that is delayed until the deadline; a return removes it.
import { Queue, Worker } from 'bullmq';
import { register } from '../../baselines/chat';
import { endCounted, type Loss, nameOf } from './loss';

const connection = { host: '127.0.0.1', port: Number(process.env.PEER_PORT) };
const queue = new Queue<Loss>('deadlines', { connection });
new Worker<Loss>('deadlines', ({ data }) => endCounted(data), { connection, concurrency: 16 });

register({
  async lost(id, number, deadline) {
    const loss = { id, number };
    const delay = deadline.getTime() - Date.now();
    await queue.add('deadline', loss, { jobId: nameOf(loss), delay, removeOnComplete: true });
  },
  async back(id, number) {
    await queue.remove(nameOf({ id, number }));
  },
});
