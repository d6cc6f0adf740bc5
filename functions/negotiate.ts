import { app } from '@azure/functions';
import { composition } from '../shared/composition';
import { negotiateForAgent, negotiateForCustomer } from '../shared/handlers/negotiate';

app.http('negotiate', {
  route: 'negotiate',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: (request, context) => negotiateForCustomer(request, composition.negotiation(context)),
});

app.http('negotiate-agent', {
  route: 'agents/negotiate',
  methods: ['POST'],
  authLevel: 'function',
  handler: (request, context) => negotiateForAgent(request, composition.negotiation(context)),
});
