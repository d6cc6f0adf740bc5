import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { composition } from '../shared/app/composition';

app.timer('purge-finished-timers', {
  // Every ten minutes of four hours of the night: a run is bounded, and goes on where the last one ended.
  schedule: '0 7,17,27,37,47,57 1-4 * * *',
  extraInputs: [df.input.durableClient()],
  handler: (_timer, context) => composition.purge({ durable: df.getClient(context), log: context }),
});

app.timer('finish-erasures', {
  schedule: '30 */5 * * * *',
  extraInputs: [df.input.durableClient()],
  handler: (_timer, context) => composition.finishErasures({ durable: df.getClient(context), log: context }),
});
