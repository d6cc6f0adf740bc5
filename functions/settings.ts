import { app } from '@azure/functions';
import { composition } from '../shared/app/composition';
import {
  deleteMessage,
  listMessages,
  writeMessage,
} from '../shared/automated-messages/automated-messages-routes';
import { explainPolicies, readPolicies, writePolicies } from '../shared/policies/policies-routes';

// Settings are for operators, who have the function key.

app.http('read-policies', {
  route: 'v1/policies',
  methods: ['GET'],
  authLevel: 'function',
  handler: (request, context) => readPolicies(request, composition.settings(context)),
});

app.http('write-policies', {
  route: 'v1/policies',
  methods: ['PUT'],
  authLevel: 'function',
  handler: (request, context) => writePolicies(request, composition.settings(context)),
});

app.http('list-automated-messages', {
  route: 'v1/automated-messages',
  methods: ['GET'],
  authLevel: 'function',
  handler: (request, context) => listMessages(request, composition.settings(context)),
});

app.http('write-automated-message', {
  route: 'v1/automated-messages/{trigger}',
  methods: ['PUT'],
  authLevel: 'function',
  handler: (request, context) => writeMessage(request, composition.settings(context)),
});

app.http('delete-automated-message', {
  route: 'v1/automated-messages/{trigger}',
  methods: ['DELETE'],
  authLevel: 'function',
  handler: (request, context) => deleteMessage(request, composition.settings(context)),
});

app.http('explain-policies', {
  route: 'v1/conversations/{conversationId}/policies',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => explainPolicies(request, composition.settings(context)),
});
