// A loss is only written down; every second somebody looks for those whose deadline has passed.
import { odata } from '@azure/data-tables';
import * as df from 'durable-functions';
import { end, register, table } from './chat';

// An activity, so that it is called as the deadline of the product is; a timer trigger calls it in an app.
df.app.activity('reach-deadline', {
  handler: async () => {
    const filter = odata`deadline lt ${new Date()}`;
    for await (const row of table.listEntities<{ partitionKey: string; losses: number }>({
      queryOptions: { filter },
    })) {
      await end(row.partitionKey, row.losses);
    }
  },
});

register({ lost: () => Promise.resolve(), back: () => Promise.resolve() });
