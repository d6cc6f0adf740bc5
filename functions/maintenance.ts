import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { composition } from '../shared/app/composition';

app.timer('purge-finished-timers', {
  schedule: '0 17 3 * * *',
  extraInputs: [df.input.durableClient()],
  handler: (_timer, context) => composition.purge({ durable: df.getClient(context), log: context }),
});

app.timer('finish-erasures', {
  schedule: '30 */5 * * * *',
  extraInputs: [df.input.durableClient()],
  handler: (_timer, context) => composition.finishErasures({ durable: df.getClient(context), log: context }),
});
