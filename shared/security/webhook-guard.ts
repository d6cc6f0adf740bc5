import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import { AccessDeniedError, DependencyError } from '../errors';
import { connectionIdOf } from '../inbound/cloud-event';
import type { HttpInput } from '../inbound/http';
import { isSignedWith } from './signature';

/** Lets the service's events pass and nobody else's. @throws AccessDeniedError, InvalidInputError, DependencyError */
export type WebhookGuard = (headers: HttpInput['headers']) => Promise<void>;

/** The guard for a service with access keys: `ce-signature`. Every configured key is valid, for rotation. */
export const signatureGuard =
  (accessKeys: readonly string[]): WebhookGuard =>
  async (headers) => {
    const signature = headers.get('ce-signature');
    if (signature === null) throw new AccessDeniedError(401, 'ce-signature is missing');
    if (!isSignedWith(accessKeys, connectionIdOf(headers), signature)) {
      throw new AccessDeniedError(401, 'ce-signature is not valid');
    }
  };

export interface EntraGuardOptions {
  readonly tenantId: string;
  /** The application id URI or client id that the event handler asks its token for. */
  readonly audience: string;
  /** Object id of the service's managed identity: others of the tenant can get a token for the audience, too. */
  readonly callerObjectId: string;
  /** Base of the token authority; another one serves national clouds. */
  readonly authority: string;
}

/**
 * The guard for a service without access keys (local auth disabled): a bearer token of the service's managed
 * identity, issued by the tenant for the audience.
 */
export function entraGuard(options: EntraGuardOptions): WebhookGuard {
  const { tenantId, audience, callerObjectId, authority } = options;
  // A key that is not known is looked for again after five seconds: a 401 during a key rotation loses the event.
  const keys = createRemoteJWKSet(new URL(`${authority}/${tenantId}/discovery/v2.0/keys`), {
    cooldownDuration: 5_000,
  });
  const checks = {
    issuer: [`${authority}/${tenantId}/v2.0`, `https://sts.windows.net/${tenantId}/`],
    audience,
    algorithms: ['RS256'],
    requiredClaims: ['exp', 'oid'],
    clockTolerance: 60,
  };
  return async (headers) => {
    const token = headers.get('authorization')?.match(/^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i)?.[1];
    if (token === undefined) throw new AccessDeniedError(401, 'a bearer token is missing');
    const payload = await verified(() => jwtVerify(token, keys, checks));
    if (payload['oid'] !== callerObjectId) {
      throw new AccessDeniedError(401, 'the bearer token is not that of the configured service');
    }
  };
}

/** The token's claims. The library's errors may repeat them: they are not kept. */
async function verified(verify: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verify()).payload;
  } catch (thrown) {
    // Prevents: the keys cannot be fetched for a moment, a 401 is not repeated, and a `disconnected` is lost.
    const isAboutTheToken =
      thrown instanceof errors.JOSEError &&
      !(thrown instanceof errors.JWKSTimeout) &&
      thrown.code !== errors.JOSEError.code;
    if (isAboutTheToken) throw new AccessDeniedError(401, 'the bearer token is not valid');
    throw new DependencyError('token-authority', 'read keys');
  }
}
