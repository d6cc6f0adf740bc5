import { app } from '@azure/functions';
import {
  negotiateForAgent,
  negotiateForCustomer,
  negotiateForKnownCustomer,
} from '../shared/access/negotiate-routes';
import { composition } from '../shared/app/composition';

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
