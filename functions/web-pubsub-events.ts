import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { composition } from '../shared/composition';
import { handleWebPubSubEvent } from '../shared/handlers/web-pubsub-events';

app.http('web-pubsub-events', {
  route: 'web-pubsub/events',
  methods: ['OPTIONS', 'POST'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: (request, context) =>
    handleWebPubSubEvent(request, composition.webPubSubEvents(df.getClient(context), context)),
});
