import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';

/** The page of the API: Swagger UI over the document that the app serves. It asks nobody else for anything. */
SwaggerUI({
  url: '../../v1/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  docExpansion: 'none',
  validatorUrl: null,
});
