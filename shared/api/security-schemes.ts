import type { Json } from './json-schema';
import type { Access } from './operation';

export const SECURITY_SCHEMES = {
  ticket: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `ticket` of `negotiate`: good for one conversation or one agent.',
  },
  functionKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-functions-key',
    description: 'The function key of the route, or the host key. For backends, never for browsers.',
  },
  functionKeyInQuery: {
    type: 'apiKey',
    in: 'query',
    name: 'code',
    description: 'The same, where no header can be set: the webhook URL of Web PubSub.',
  },
} as const satisfies Json;

/** One of these is enough; an empty one asks for nothing. */
export const SECURITY: Readonly<Record<Access, readonly Json[]>> = {
  anyone: [],
  ticket: [{ ticket: [] }],
  'anyone-or-ticket': [{}, { ticket: [] }],
  'function-key': [{ functionKey: [] }, { functionKeyInQuery: [] }],
};
