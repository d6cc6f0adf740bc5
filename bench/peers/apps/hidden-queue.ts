// A loss sends a message that is hidden until the deadline; a return leaves it, and it finds nothing to end.
import { setTimeout as delay } from 'node:timers/promises';
import { QueueClient } from '@azure/storage-queue';
import { register } from '../../baselines/chat';
import { endCounted, type Loss } from './loss';

const queue = new QueueClient(process.env.CONVERSATION_TABLES_CONNECTION_STRING ?? '', 'deadlines');
const ready = queue.createIfNotExists();

/** As the queue trigger does it: 16 at once, and a pause while there are none. */
async function listen(): Promise<never> {
  await ready;
  for (;;) {
    const { receivedMessageItems: messages } = await queue.receiveMessages({ numberOfMessages: 16 });
    if (messages.length === 0) await delay(100);
    await Promise.all(
      messages.map(async ({ messageId, popReceipt, messageText }) => {
        await endCounted(JSON.parse(messageText) as Loss);
        await queue.deleteMessage(messageId, popReceipt);
      }),
    );
  }
}
void listen();

register({
  ready,
  async lost(id, number, deadline) {
    // Whole seconds: never before the deadline.
    const visibilityTimeout = Math.ceil((deadline.getTime() - Date.now()) / 1_000);
    await queue.sendMessage(JSON.stringify({ id, number } satisfies Loss), { visibilityTimeout });
  },
  back: () => Promise.resolve(),
});
