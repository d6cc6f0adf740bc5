// Each loss starts an orchestration, which waits for the return or the deadline, and then ends the conversation.
import * as df from 'durable-functions';
import { end, register } from './chat';

interface Loss {
  readonly conversationId: string;
  readonly kind: 'disconnection';
  readonly number: number;
  readonly deadline: string;
}

df.app.orchestration('wait-for-return', function* (context) {
  const loss = context.df.getInput<Loss>();
  const timer = context.df.createTimer(new Date(loss.deadline));
  const winner: unknown = yield context.df.Task.any([timer, context.df.waitForExternalEvent('Back')]);
  if (winner === timer) yield context.df.callActivity('reach-deadline', loss);
  else timer.cancel();
});
df.app.activity('reach-deadline', {
  handler: async ({ conversationId, number }: Loss) => {
    await end(conversationId, number);
  },
});

const instanceOf = (id: string, number: number): string => `${id}.${number}`;

register({
  async lost(conversationId, number, deadline, context) {
    const input: Loss = { conversationId, kind: 'disconnection', number, deadline: deadline.toISOString() };
    await df
      .getClient(context)
      .startNew('wait-for-return', { instanceId: instanceOf(conversationId, number), input });
  },
  async back(conversationId, number, context) {
    await df.getClient(context).raiseEvent(instanceOf(conversationId, number), 'Back', {});
  },
});
