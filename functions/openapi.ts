import { app } from '@azure/functions';
import { openApiDocument } from '../shared/app/openapi';

app.http('openapi', {
  route: 'v1/openapi.json',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: () => ({ status: 200, jsonBody: openApiDocument() }),
});
