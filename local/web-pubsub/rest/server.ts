import type { IncomingMessage, ServerResponse } from 'node:http';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import type { Log } from '../log';
import { tokenOf } from '../tokens';
import { connectionRoutes } from './connections';
import { groupListingRoutes } from './group-listing';
import { groupRoutes } from './groups';
import { permissionRoutes } from './permissions';
import { RestError, type RestParts, type RestReply, type Route } from './route';
import { sendRoutes } from './send';
import { tokenRoutes } from './token';

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const API_VERSIONS = ['2021-10-01', '2022-11-01', '2023-07-01', '2024-01-01', '2024-12-01'];
const HUB_NAME = /^[A-Za-z][A-Za-z0-9_`,.[\]]{0,127}$/;

/** The REST API, version 2024-12-01: older ones are answered in the same way. */
export class RestServer {
  /** False: every call is answered 503, to play a service that is not there. */
  available = true;
  private readonly router = findMyWay({ maxParamLength: 4096, querystringParser: () => ({}) });

  constructor(
    private readonly parts: RestParts,
    private readonly log: Log,
  ) {
    const families = [
      sendRoutes,
      connectionRoutes,
      groupRoutes,
      groupListingRoutes,
      permissionRoutes,
      tokenRoutes,
    ];
    for (const route of families.flatMap((routes) => routes(parts))) {
      this.router.on(route.method, `/api/hubs/:hub${route.path}`, () => undefined, route);
    }
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      answer(response, await this.reply(request));
    } catch (error) {
      const known = error instanceof RestError;
      if (!known) this.log('error', `${request.method} ${pathOf(request)}: ${String(error)}`);
      const { status, code } = known ? error : { status: 500, code: 'InternalServerError' };
      const message = error instanceof Error ? error.message : String(error);
      answer(response, { status, body: { code, message } });
    }
  }

  private async reply(request: IncomingMessage): Promise<RestReply> {
    if (!this.available) throw new RestError(503, 'ServiceUnavailable', 'The REST API is switched off.');
    if (pathOf(request) === '/api/health') return { status: 200 };
    const url = await this.authorised(request);
    const found = this.router.find(request.method as HTTPMethod, url.pathname);
    if (!found) {
      throw new RestError(
        501,
        'NotImplemented',
        `The local stand-in has no operation ${request.method} ${url.pathname}.`,
      );
    }
    const version = url.searchParams.get('api-version');
    if (version !== null && !API_VERSIONS.includes(version))
      throw new RestError(400, 'BadRequest', `The API version "${version}" is not supported.`);
    const { hub: hubName = '' } = found.params;
    if (!HUB_NAME.test(hubName)) throw new RestError(400, 'BadRequest', `"${hubName}" is not a hub name.`);
    const hub = this.parts.hubs.named(hubName);
    const body = await bodyOf(request);
    const contentType = request.headers['content-type'];
    const route = found.store as Route;
    return route.run({ hub, params: found.params, query: url.searchParams, contentType, body, url });
  }

  /** A token is good for one address: its audience is the full URL of the request. */
  private async authorised(request: IncomingMessage): Promise<URL> {
    const here = new URL(request.url ?? '/', this.parts.endpoint);
    const asAddressed = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const token = tokenOf(here, request.headers.authorization);
    const check = await this.parts.tokens.check(token, [here.href, asAddressed.href]);
    if (!check.ok) throw new RestError(401, 'Unauthorized', `Unauthorized: ${check.reason}.`);
    return asAddressed;
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?')[0] ?? '/';

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RestError(413, 'PayloadTooLarge', 'The body is longer than 16 MiB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, { status, body }: RestReply): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(body), 'utf8');
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
  });
  response.end(bytes);
}
