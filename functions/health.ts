import { app } from '@azure/functions';
// The import makes health mean something: a process whose configuration is unusable never gets here.
import '../shared/app/composition';

app.http('health', {
  route: 'health',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: () => ({ status: 200, jsonBody: { status: 'ok' } }),
});
