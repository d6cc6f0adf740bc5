import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/**
 * A stand-in for Entra ID: a tenant with a key set, a page to choose whom to be, and tokens as the real one issues them. Nobody is
 * asked for a password, so it listens on the loopback interface only.
 */
export interface LocalSignIn {
  /** The base of its URLs, as a client library is given it. */
  readonly authority: string;
  /** What the app has to be told, to take its tokens. */
  readonly settings: Readonly<Record<'ENTRA_TENANT_ID' | 'ENTRA_AUDIENCE' | 'ENTRA_AUTHORITY', string>>;
  stop(): Promise<void>;
}

const TENANT = '7e57ab1e-0000-4000-8000-000000000000';
const CLIENT = '7e57ab1e-0000-4000-8000-00000000c4a7';

interface Person {
  /** The object id, by which the app knows an agent. */
  readonly oid: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** Who can sign in, by user name. */
export const PEOPLE: Readonly<Record<string, Person>> = {
  anna: { oid: '7e57ab1e-0000-4000-8000-0000000000a1', name: 'Anna Agent', roles: ['Chat.Agent'] },
  ben: { oid: '7e57ab1e-0000-4000-8000-0000000000a2', name: 'Ben Agent', roles: ['Chat.Agent'] },
  olga: { oid: '7e57ab1e-0000-4000-8000-0000000000b1', name: 'Olga Operator', roles: ['Chat.Operator'] },
  carl: { oid: '7e57ab1e-0000-4000-8000-0000000000c1', name: 'Carl Colleague', roles: [] },
};

const LIFETIME_SECONDS = 3_600;

/** @param port 0 takes a free one */
export async function startSignIn({ port = 0 }: { readonly port?: number } = {}): Promise<LocalSignIn> {
  const kid = randomUUID();
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const keys = [{ ...(await exportJWK(publicKey)), kid, use: 'sig' }];
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end());
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const authority = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${authority}/${TENANT}/v2.0`;
  const endpoint = (name: string) => `${authority}/${TENANT}/oauth2/v2.0/${name}`;

  const tokenFor = (username: string, { oid, name, roles }: Person) =>
    new SignJWT({ oid, name, preferred_username: `${username}@localhost`, roles, tid: TENANT, ver: '2.0' })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(CLIENT)
      .setSubject(oid)
      .setIssuedAt()
      .setNotBefore('0s')
      .setExpirationTime(`${LIFETIME_SECONDS}s`)
      .sign(privateKey);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', authority);
    const { origin } = request.headers;
    if (origin !== undefined && isLocal(origin)) response.setHeader('access-control-allow-origin', origin);
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    switch (`${request.method} ${url.pathname}`) {
      case `GET /${TENANT}/v2.0/.well-known/openid-configuration`:
        return void json(200, {
          issuer,
          jwks_uri: `${authority}/${TENANT}/discovery/v2.0/keys`,
          authorization_endpoint: endpoint('authorize'),
          token_endpoint: endpoint('token'),
        });
      case `GET /${TENANT}/discovery/v2.0/keys`:
        return void json(200, { keys });
      case `POST /${TENANT}/oauth2/v2.0/token`: {
        const username = new URLSearchParams(await textOf(request)).get('username') ?? '';
        const person = personOf(username);
        if (person === undefined) return void json(400, { error: 'invalid_grant' });
        const access_token = await tokenFor(username, person);
        return void json(200, { token_type: 'Bearer', expires_in: LIFETIME_SECONDS, access_token });
      }
      case `GET /${TENANT}/oauth2/v2.0/authorize`: {
        const { redirect_uri: back = '', login_hint: username = '', state } = queryOf(url);
        if (!isLocal(back)) return void json(400, { error: 'invalid_request' });
        const person = personOf(username);
        if (person === undefined)
          return void response.setHeader('content-type', 'text/html').end(pageAt(url));
        const answered = new URLSearchParams({
          access_token: await tokenFor(username, person),
          token_type: 'Bearer',
          expires_in: String(LIFETIME_SECONDS),
          ...(state !== undefined && { state }),
        });
        return void response.writeHead(302, { location: `${back}#${answered.toString()}` }).end();
      }
      default:
        return void json(404, { error: 'not_found' });
    }
  }

  return {
    authority,
    settings: { ENTRA_TENANT_ID: TENANT, ENTRA_AUDIENCE: `api://${CLIENT}`, ENTRA_AUTHORITY: authority },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const personOf = (username: string): Person | undefined =>
  Object.hasOwn(PEOPLE, username) ? PEOPLE[username] : undefined;

const queryOf = (url: URL): Readonly<Record<string, string>> => Object.fromEntries(url.searchParams);

/** Tokens are handed to pages of this machine only. */
const isLocal = (text: string): boolean =>
  URL.canParse(text) && /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(new URL(text).origin);

/** Whom to be: a link each. */
function pageAt(url: URL): string {
  const links = Object.entries(PEOPLE).map(([username, { name, roles }]) => {
    const chosen = new URL(url);
    chosen.searchParams.set('login_hint', username);
    const href = `${chosen.pathname}${chosen.search}`.replaceAll('&', '&amp;').replaceAll('"', '%22');
    return `<li><a href="${href}">${name}</a> (${roles.join(', ') || 'no role'})</li>`;
  });
  return `<!doctype html><title>Sign in (stand-in)</title><link rel="icon" href="data:,"><h1>Who are you?</h1><ul>${links.join('')}</ul>`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
