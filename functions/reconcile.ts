import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { reconcile } from '../shared/application/reconcile';
import { composition } from '../shared/composition';

app.timer('reconcile', {
  schedule: '0 * * * * *',
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    await reconcile(composition.reconciliation(df.getClient(context), context));
  },
});
