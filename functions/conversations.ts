import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { reconnectLink } from '../shared/access/negotiate-routes';
import { composition } from '../shared/app/composition';
import {
  actOnConversation,
  AGENT_ACTIONS,
  listConversations,
  readConversation,
} from '../shared/conversation/conversation-routes';

// Every route here asks for a ticket; a function key would have to be given to every browser.

app.http('list-conversations', {
  route: 'v1/conversations',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => listConversations(request, composition.conversations(context)),
});

app.http('read-conversation', {
  route: 'v1/conversations/{conversationId}',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => readConversation(request, composition.conversations(context)),
});

for (const action of AGENT_ACTIONS) {
  app.http(`${action}-conversation`, {
    route: `v1/conversations/{conversationId}/${action}`,
    methods: ['POST'],
    authLevel: 'anonymous',
    extraInputs: [df.input.durableClient()],
    handler: (request, context) =>
      actOnConversation(action, request, {
        ...composition.conversations(context),
        service: composition.agentActions(df.getClient(context), context),
      }),
  });
}

app.http('reconnect-link', {
  route: 'v1/conversations/{conversationId}/reconnect-link',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => reconnectLink(request, composition.conversations(context)),
});
