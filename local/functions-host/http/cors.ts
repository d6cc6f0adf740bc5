import type { Handle } from './function-endpoint';

/**
 * Adds what a browser wants to see from another origin, for the origins of `Host.CORS` in local.settings.json
 * (`*` or a comma-separated list), as Core Tools does. Without that setting nothing is added. A preflight request
 * is answered here; any other OPTIONS request, such as the validation of a webhook, reaches the app.
 */
export function withCors(corsSetting: string | undefined, handle: Handle): Handle {
  const allowed = (corsSetting ?? '').split(',').map((origin) => origin.trim());
  return async (request, response, url) => {
    const { origin } = request.headers;
    if (origin === undefined || !(allowed.includes('*') || allowed.includes(origin))) {
      return handle(request, response, url);
    }
    response.setHeader('access-control-allow-origin', allowed.includes('*') ? '*' : origin);
    response.setHeader('vary', 'origin');
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'];
    if (!isPreflight) return handle(request, response, url);
    response.setHeader('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE, OPTIONS');
    response.setHeader(
      'access-control-allow-headers',
      request.headers['access-control-request-headers'] ?? '*',
    );
    response.writeHead(204).end();
  };
}
