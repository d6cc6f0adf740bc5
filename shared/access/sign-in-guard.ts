import { createHash, timingSafeEqual } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { AccessDeniedError, DependencyError } from '../app/errors';
import { agentIdField, oneLine } from '../http/fields';
import { bearerOf, type HttpInput, type SignedIn, type SignIn } from '../http/route';
import { ACCESS, type Role } from './authorisation';

/** Who issues the tokens of Entra ID that are accepted, and for whom. */
export interface TokenIssuer {
  readonly tenantId: string;
  /** The application id URI, or the client id, of the app registration or resource that a token is asked for. */
  readonly audience: string;
  /** Base of the token authority; another one serves national clouds. */
  readonly authority: string;
}

/** What every accepted token has. `oid` is the object id of its holder, unique in the tenant and never used again. */
export type Claims = JWTPayload & { readonly oid: string };

/** A registration is named by its client id, in tokens of version 2.0, or by `api://` and that, in those of 1.0. */
const audiencesOf = (audience: string): string[] => {
  const clientId = /^(?:api:\/\/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(audience)?.[1];
  return clientId === undefined ? [audience] : [clientId, `api://${clientId}`];
};

/**
 * The clouds of Entra ID: the hosts of each one's authority, of which the first stands in tokens of version 2.0 whichever was
 * asked, and who issues those of version 1.0 ("National clouds", Microsoft identity platform). A registration whose
 * `requestedAccessTokenVersion` is null gets version 1.0.
 */
const CLOUDS = [
  {
    hosts: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com'],
    version1: 'https://sts.windows.net',
  },
  { hosts: ['login.microsoftonline.us', 'login.usgovcloudapi.net'], version1: 'https://sts.windows.net' },
  {
    hosts: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn'],
    version1: 'https://sts.chinacloudapi.cn',
  },
];

/** Who issues the tokens of a tenant, in either version, by the authority of its cloud. */
export function issuersOf({ authority, tenantId }: Pick<TokenIssuer, 'authority' | 'tenantId'>): string[] {
  const cloud = CLOUDS.find(({ hosts }) => hosts.includes(new URL(authority).host));
  const version2 = cloud === undefined ? authority : `https://${cloud.hosts[0]}`;
  return [`${version2}/${tenantId}/v2.0`, `${(cloud ?? CLOUDS[0]!).version1}/${tenantId}/`];
}

/**
 * Reads the bearer token of a request: signed with a key of the authority, issued by the tenant for the audience, not
 * expired.
 */
export function tokenReader({ tenantId, audience, authority }: TokenIssuer) {
  // A key that is not known is looked for again after five seconds: a 401 during a key rotation loses an event.
  const keys = createRemoteJWKSet(new URL(`${authority}/${tenantId}/discovery/v2.0/keys`), {
    cooldownDuration: 5_000,
  });
  const checks = {
    issuer: issuersOf({ authority, tenantId }),
    audience: audiencesOf(audience),
    algorithms: ['RS256'],
    requiredClaims: ['exp', 'oid'],
    clockTolerance: 60,
  };
  /** @throws AccessDeniedError 401, DependencyError */
  return async (headers: HttpInput['headers']): Promise<Claims> => {
    const token = bearerOf(headers, 'token');
    return verified(() => jwtVerify<{ oid: string }>(token, keys, checks));
  };
}

/** The token's claims. The library's errors may repeat them: they are not kept. */
async function verified(verify: () => Promise<{ payload: Claims }>): Promise<Claims> {
  try {
    return (await verify()).payload;
  } catch (thrown) {
    // Prevents: the keys cannot be fetched for a moment, a 401 is not repeated, and a `disconnected` is lost.
    const isAboutTheToken =
      thrown instanceof errors.JOSEError &&
      !(thrown instanceof errors.JWKSTimeout) &&
      !(thrown instanceof errors.JWKSInvalid) &&
      thrown.code !== errors.JOSEError.code;
    if (isAboutTheToken) throw new AccessDeniedError(401, whatIsWrong(thrown));
    throw new DependencyError('token-authority', 'read keys');
  }
}

/** A genuine token that is meant for something else is what a wrong setting looks like. */
function whatIsWrong(thrown: errors.JOSEError): string {
  const claim = thrown instanceof errors.JWTClaimValidationFailed ? thrown.claim : undefined;
  if (claim === 'iss')
    return 'The bearer token is not valid: another tenant or cloud than the configured one has issued it.';
  if (claim === 'aud')
    return 'The bearer token is not valid: it is for another audience than the configured one.';
  return 'The bearer token is not valid.';
}

/** The app roles of the registration, by their value in the claim `roles`. */
const APP_ROLES: ReadonlyMap<string, Role> = new Map([
  ['Chat.Agent', 'signed-in agent'],
  ['Chat.Operator', 'operator'],
]);
const ROLES_CLAIM = z.array(z.string()).catch([]);
const NAME = oneLine(100);

export interface SignInOptions extends TokenIssuer {
  /** The function keys of desks' backends and of operators, which the host does not check where a token will do. */
  readonly deskKeys: readonly string[];
  readonly operatorKeys: readonly string[];
}

/** Agents and operators by a token of Entra ID, or by a key. A key goes first if both are given: it is what the host went by. */
export function createSignIn({ deskKeys, operatorKeys, ...issuer }: SignInOptions): SignIn {
  const claimsOf = tokenReader(issuer);
  return {
    async callerOf({ headers, query }, access) {
      const key = headers.get('x-functions-key') ?? query.get('code');
      if (key !== null) {
        const roles: Role[] = [
          ...(isOneOf(deskKeys, key) ? (['desk'] as const) : []),
          ...(isOneOf(operatorKeys, key) ? (['operator'] as const) : []),
        ];
        if (roles.some((role) => ACCESS[access][role] === 'yes')) return undefined;
        throw new AccessDeniedError(401, 'The function key is not valid here.');
      }
      const claims = await claimsOf(headers);
      const roles = ROLES_CLAIM.parse(claims['roles']).flatMap((role) => APP_ROLES.get(role) ?? []);
      if (roles.some((role) => ACCESS[access][role] === 'yes')) return signedInBy(claims, roles);
      throw new AccessDeniedError(403, 'The token has no app role that may do this.');
    },
  };
}

/** @throws AccessDeniedError */
function signedInBy({ oid, ...claims }: Claims, roles: readonly Role[]): SignedIn {
  const agentId = agentIdField.safeParse(oid);
  if (!agentId.success) throw new AccessDeniedError(401, 'The bearer token is not valid.');
  // Version 1.0 calls the user name otherwise.
  const names = [claims['name'], claims['preferred_username'], claims['unique_name']];
  const named = names.map((name) => NAME.safeParse(name));
  const agentName = named.find(({ success }) => success)?.data ?? agentId.data;
  // Whoever may negotiate as an agent is one.
  return {
    agentId: agentId.data,
    agentName,
    roles: roles.includes('operator') ? ['agent', 'operator'] : ['agent'],
  };
}

/** Compares digests with every key, so that the time taken tells neither content nor length nor which. */
function isOneOf(keys: readonly string[], given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return keys.map((key) => timingSafeEqual(digest(key), digest(given))).includes(true);
}
