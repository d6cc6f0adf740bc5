import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { composition } from '../shared/app/composition';

app.timer('reconcile', {
  schedule: composition.reconcileSchedule,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    await composition.reconcile({ durable: df.getClient(context), log: context });
  },
});
