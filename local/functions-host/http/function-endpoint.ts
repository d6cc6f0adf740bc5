import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../cli/log';
import { toError } from '../cli/to-error';
import type { RegisteredFunction } from '../worker/core-api';
import type { Invoke } from '../worker/invoke';
import { givenKey, isAuthorized, type Keys } from './authorize';
import { mapRequest } from './map-request';
import { sendResponse } from './map-response';
import { bodyLimit, readBody } from './read-body';
import { Router } from './router';

export type Handle = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

export const authLevelOf = (fn: RegisteredFunction): string =>
  (fn.trigger['authLevel'] as string | undefined)?.toLowerCase() ?? 'anonymous';

/** Answers requests for the app's HTTP functions: route, key, body, invocation, response. */
export function createFunctionEndpoint(options: {
  functions: readonly RegisteredFunction[];
  routePrefix: string;
  keys: Keys;
  invoke: Invoke;
  log: Log;
}): Handle {
  const { functions, routePrefix, keys, invoke, log } = options;
  const router = new Router<RegisteredFunction>();
  for (const fn of functions) {
    const methods = (fn.trigger['methods'] as string[] | undefined) ?? ['GET', 'POST'];
    router.add(methods, `${routePrefix}/${(fn.trigger['route'] as string | undefined) ?? fn.name}`, fn);
  }

  return async (request, response, url) => {
    const match = router.find(request.method ?? 'GET', url.pathname);
    if (!match) {
      response.writeHead(404).end();
      return;
    }
    const { target: fn, parameters } = match;
    if (!isAuthorized(authLevelOf(fn), fn.name, givenKey(request.headers, url.searchParams), keys)) {
      log('warning', fn.name, 'Refused with 401: no function key, or a wrong one.');
      response.writeHead(401).end();
      return;
    }
    const sent = await readBody(request, bodyLimit());
    if (!sent) {
      response.writeHead(413, { connection: 'close' }).end();
      return;
    }
    // The host hands on what has a length. A chunked body has none, and is dropped without a word.
    const body = request.headers['content-length'] === undefined ? Buffer.alloc(0) : sent;
    try {
      const { returnValue } = await invoke(fn, { input: mapRequest(request, url, parameters, body) });
      if (!returnValue) log('warning', fn.name, 'The function returned no response; sending 204.');
      sendResponse(response, returnValue);
    } catch (thrown) {
      log('error', fn.name, `Failed: ${toError(thrown).message}`);
      // Nothing of the error goes to the caller, as in Azure. Headers set before the throw must not stay either.
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  };
}
