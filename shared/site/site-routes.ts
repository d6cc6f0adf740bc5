import { z } from 'zod';
import type { Call } from '../app/call';
import { named } from '../http/fields';
import { problemOf, refuse } from '../http/problems';
import {
  answer,
  type HttpInput,
  type HttpOutput,
  identified,
  problemAnswer,
  PROOFS,
  type Route,
  route,
} from '../http/route';
import type { RouteServices } from '../http/route';
import {
  bodyHeadersOf,
  encodingFor,
  headersOf,
  isKnown,
  type SiteFiles,
  type SiteOrigins,
  type SitePart,
} from './site';

/** What pages are told of how agents sign in. */
export interface SiteSignIn {
  readonly authority: string;
  readonly tenantId: string;
  readonly audience: string;
}

export interface SiteServices {
  readonly site: {
    readonly files: SiteFiles;
    readonly serves: SitePart;
    readonly origins: SiteOrigins;
    readonly signIn: SiteSignIn | undefined;
  };
}

const SITE_SETTINGS = named(
  'SiteSettings',
  z.object({
    api: z.string().describe('Where the API is, on the origin of the page.'),
    signIn: z
      .object({
        authority: z.url().describe('With the tenant, as a client library is given it.'),
        clientId: z.string().describe('The app registration of the console.'),
        scope: z.string().describe('What a token is asked for.'),
        standIn: z.boolean().describe('Whether it is the local stand-in, which asks for no password.'),
      })
      .optional()
      .describe(
        'Where agents and operators sign in with Entra ID; left out where `ENTRA_AUDIENCE` does not name the client id.',
      ),
  }),
);

/** On this machine, over plain HTTP: only the stand-in is. */
const isStandIn = ({ authority }: SiteSignIn): boolean => authority.startsWith('http:');

/** The client id of `api://<client id>`, or itself. Of another application id URI nobody knows the registration. */
const clientIdOf = ({ audience }: SiteSignIn): string | undefined =>
  /^(?:api:\/\/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(audience)?.[1];

function viewOf(signIn: SiteSignIn) {
  const clientId = clientIdOf(signIn);
  if (clientId === undefined) return undefined;
  return {
    authority: `${signIn.authority}/${signIn.tenantId}`,
    clientId,
    scope: `${signIn.audience}/.default`,
    standIn: isStandIn(signIn),
  };
}

/** What the pages have to know; part of the API's document. */
export const SITE_SETTINGS_ROUTE = route({
  id: 'site-settings',
  method: 'GET',
  path: '/site/settings.json',
  tag: 'Service',
  summary: 'What the pages of the app have to know of this deployment',
  access: 'anyone',
  answer: answer('Nothing that is secret.', SITE_SETTINGS, {
    api: '/api',
    signIn: {
      authority: 'https://login.microsoftonline.com/7e57ab1e-0000-4000-8000-000000000000',
      clientId: '7e57ab1e-0000-4000-8000-00000000c4a7',
      scope: 'api://7e57ab1e-0000-4000-8000-00000000c4a7/.default',
      standIn: false,
    },
  }),
  problems: 'never',
  run: async (_input, { site: { serves, signIn } }: SiteServices) => ({
    api: '/api',
    signIn: serves === 'all' && signIn !== undefined ? viewOf(signIn) : undefined,
  }),
});

/** The files of the pages and of the widget: no part of the API, so the document does not have them. */
type FileRoute = Omit<Route<never, false>, 'handle'> & {
  readonly handle: (
    request: HttpInput,
    services: SiteServices & RouteServices,
    call: Call,
  ) => Promise<HttpOutput<string | Uint8Array>>;
};

const fileRoute = (id: string, method: 'GET' | 'HEAD'): FileRoute => ({
  id,
  functionName: 'site',
  method,
  path: '/site/{*path}',
  tag: 'Service',
  summary: 'A file of the pages or of the widget',
  access: 'anyone',
  authLevel: PROOFS['anyone'].authLevel,
  durable: false,
  inputs: {},
  answers: [],
  handle: async (request, services, call) => {
    try {
      const answered = identified(await fileFor(request, services, call), call);
      return method === 'HEAD' ? { status: answered.status, headers: answered.headers ?? {} } : answered;
    } catch (thrown) {
      return identified(problemAnswer(problemOf(thrown, id, services.loggerOf(call)), call), call);
    }
  },
});

export const SITE_FILE_ROUTES: readonly FileRoute[] = [
  fileRoute('site', 'GET'),
  fileRoute('site-head', 'HEAD'),
];

async function fileFor(
  { params, url, headers }: HttpInput,
  { site: { files, serves, origins } }: SiteServices,
  call: Call,
): Promise<HttpOutput<string | Uint8Array>> {
  const path = (params['path'] ?? '').replace(/\/$/, '');
  const { pathname, search } = new URL(url ?? 'http://localhost/');
  // Prevents: everybody who finds the page to try it chats in the queue of a deployment. Only the local stand-in has `ws:`.
  const isLocal = origins.sockets.every((origin) => origin.startsWith('ws:'));
  const isServed = (name: string) =>
    serves === 'all'
      ? isLocal || files.find(name)?.demo !== true
      : serves === 'widget' && files.find(name)?.shared === true;
  const page = `${path}/index.html`;
  const isFolder = files.find(page) !== undefined;
  const name = isFolder ? page : path;
  const file = isServed(name) ? files.find(name) : undefined;
  if (file === undefined) {
    // Prevents: a page that was open before a deployment, or was half loaded during one, asks for what is gone, and stays broken.
    const other = files.standInFor(path);
    if (other === undefined || !isServed(other)) return problemAnswer(refuse('page-not-found'), call);
    const { vary: _, etag: _etag, ...headers } = headersOf(files.find(other)!, undefined, origins);
    const location = other.slice(other.lastIndexOf('/') + 1);
    return { status: 307, headers: { ...headers, location, 'cache-control': 'no-cache' } };
  }
  // What a page loads is named from its folder on.
  if (isFolder && !pathname.endsWith('/')) {
    const folder = path.slice(path.lastIndexOf('/') + 1);
    return { status: 308, headers: { location: `${folder}/${search}`, 'cache-control': 'no-cache' } };
  }
  const encoding = encodingFor(headers.get('accept-encoding'), file);
  const of304 = headersOf(file, encoding, origins);
  if (isKnown(headers.get('if-none-match'), of304['etag']!)) return { status: 304, headers: of304 };
  return {
    status: 200,
    headers: { ...of304, ...bodyHeadersOf(file, encoding) },
    body: await files.read(name, encoding),
  };
}
