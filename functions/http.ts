import { app, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { composition } from '../shared/app/composition';
import { ALL_ROUTES, levelOf } from '../shared/app/routes';

/** The client is made when a timer is called: most requests call none, and to make one costs more than to refuse a request. */
function durableCall(context: InvocationContext) {
  let client: df.DurableClient | undefined;
  return {
    get durable() {
      return (client ??= df.getClient(context));
    },
    log: context,
  };
}

// Every route, one function each; the two methods of the webhook are one function, and those of a file.
for (const name of new Set(ALL_ROUTES.map(({ functionName }) => functionName))) {
  const routes = ALL_ROUTES.filter(({ functionName }) => functionName === name);
  const [first] = routes as [(typeof ALL_ROUTES)[number]];
  const { path, durable } = first;
  app.http(name, {
    route: path.slice(1),
    methods: routes.map(({ method }) => method),
    authLevel: levelOf(first, composition.services),
    ...(durable && { extraInputs: [df.input.durableClient()] }),
    handler: (request, context) => {
      const route = routes.find(({ method }) => method === request.method) ?? routes[0]!;
      return route.durable
        ? route.handle(request, composition.services, durableCall(context))
        : route.handle(request, composition.services, { log: context });
    },
  });
}
