import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { composition } from '../shared/composition';
import { actOnConversation, listConversations, readConversation } from '../shared/handlers/conversations';

// Every route here asks for a ticket; a function key would have to be given to every browser.

app.http('list-conversations', {
  route: 'conversations',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => listConversations(request, composition.conversations(context)),
});

app.http('read-conversation', {
  route: 'conversations/{conversationId}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => readConversation(request, composition.conversations(context)),
});

for (const action of ['offer', 'accept', 'end', 'close'] as const) {
  app.http(`${action}-conversation`, {
    route: `conversations/{conversationId}/${action}`,
    methods: ['POST'],
    authLevel: 'anonymous',
    extraInputs: [df.input.durableClient()],
    handler: (request, context) =>
      actOnConversation(action, request, {
        ...composition.conversations(context),
        service: composition.conversationService(df.getClient(context)),
      }),
  });
}
