import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { composition } from '../shared/app/composition';
import { handleWebPubSubEvent } from '../shared/web-pubsub/webhook-routes';

app.http('web-pubsub-events', {
  route: 'web-pubsub/events',
  methods: ['OPTIONS', 'POST'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: (request, context) =>
    handleWebPubSubEvent(request, composition.webPubSubEvents(df.getClient(context), context)),
});
