import { app } from '@azure/functions';
import { composition } from '../shared/app/composition';
import { readCapacity, readMyCapacity, setCapacity } from '../shared/capacity/capacity-routes';

app.http('read-capacity', {
  route: 'v1/agents/{agentId}/capacity',
  methods: ['GET'],
  authLevel: 'function',
  handler: (request, context) => readCapacity(request, composition.agents(context)),
});

app.http('set-capacity', {
  route: 'v1/agents/{agentId}/capacity',
  methods: ['PUT'],
  authLevel: 'function',
  handler: (request, context) => setCapacity(request, composition.agents(context)),
});

app.http('my-capacity', {
  route: 'v1/my-capacity',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: (request, context) => readMyCapacity(request, composition.agents(context)),
});
