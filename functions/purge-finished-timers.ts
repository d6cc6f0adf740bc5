import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { purgeFinishedTimers } from '../shared/workflow/purge-finished-timers';

app.timer('purge-finished-timers', {
  schedule: '0 17 3 * * *',
  extraInputs: [df.input.durableClient()],
  handler: (_timer, context) => purgeFinishedTimers(df.getClient(context), Date.now(), context),
});
