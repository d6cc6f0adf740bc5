import { app } from '@azure/functions';
import { composition } from '../shared/composition';
import {
  negotiateForAgent,
  negotiateForCustomer,
  negotiateForKnownCustomer,
} from '../shared/handlers/negotiate';

app.http('negotiate', {
  route: 'v1/negotiate',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: (request, context) => negotiateForCustomer(request, composition.negotiation(context)),
});

app.http('negotiate-agent', {
  route: 'v1/agents/negotiate',
  methods: ['POST'],
  authLevel: 'function',
  handler: (request, context) => negotiateForAgent(request, composition.negotiation(context)),
});

app.http('negotiate-customer', {
  route: 'v1/customers/negotiate',
  methods: ['POST'],
  authLevel: 'function',
  handler: (request, context) => negotiateForKnownCustomer(request, composition.negotiation(context)),
});
