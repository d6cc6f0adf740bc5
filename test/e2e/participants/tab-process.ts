import { Api } from '../api';
import { messageOf } from '../failures';
import { LocalTab } from './tab';
import type { FromTab, ToTab } from './tab-protocol';
import { cutTransports, watchTransports } from './transport';

/**
 * A customer's tab in a process of its own: killing it takes the customer away as a crash or an empty battery
 * does, without a closing frame, on any deployment. Started by `SeparateTab`.
 */
watchTransports();
let tab: LocalTab | undefined;

const tell = (message: FromTab): void => void process.send?.(message);

async function open({ functionsUrl, options }: Extract<ToTab, { type: 'open' }>): Promise<void> {
  // A tab has no function key: customers never do.
  tab = await LocalTab.open(new Api(functionsUrl, undefined), options);
  tab.inbox.forwardTo((data) => tell({ type: 'data', data }));
  const { conversationId, ticket, connectionId } = tab;
  tell({ type: 'opened', conversationId, ticket, connectionId });
}

async function perform(order: Exclude<ToTab, { type: 'open' }>): Promise<unknown> {
  switch (order.type) {
    case 'say':
      return tab?.say(order.text);
    case 'cut-transport':
      return cutTransports();
    case 'connection-ids':
      return tab?.connectionIds;
  }
}

process.on('message', (order: ToTab) => {
  const call = order.type === 'open' ? undefined : order.call;
  const performed = order.type === 'open' ? open(order) : perform(order);
  performed.then(
    (result) => call !== undefined && tell({ type: 'done', call, result }),
    (thrown: unknown) => tell({ type: 'failed', call, message: messageOf(thrown) }),
  );
});
// Never outlives the run that started it.
process.on('disconnect', () => process.exit(0));
