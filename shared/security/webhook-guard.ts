import { createRemoteJWKSet, jwtVerify } from 'jose';
import { AccessDeniedError } from '../errors';
import { connectionIdOf } from '../inbound/cloud-event';
import type { HttpInput } from '../inbound/http';
import { isSignedWith } from './signature';

/** Lets the service's events pass and nobody else's. @throws AccessDeniedError, InvalidInputError */
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
  /** Base of the token authority; another one serves national clouds. */
  readonly authority: string;
}

/**
 * The guard for a service without access keys (local auth disabled): a bearer token of the service's managed
 * identity, issued by the tenant for the audience.
 */
export function entraGuard({ tenantId, audience, authority }: EntraGuardOptions): WebhookGuard {
  const keys = createRemoteJWKSet(new URL(`${authority}/${tenantId}/discovery/v2.0/keys`));
  const issuer = [`${authority}/${tenantId}/v2.0`, `https://sts.windows.net/${tenantId}/`];
  return async (headers) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers.get('authorization') ?? '')?.[1];
    if (token === undefined) throw new AccessDeniedError(401, 'a bearer token is missing');
    try {
      await jwtVerify(token, keys, { issuer, audience, algorithms: ['RS256'], clockTolerance: 60 });
    } catch {
      // The library's error may repeat claims of the token: it is not kept.
      throw new AccessDeniedError(401, 'the bearer token is not valid');
    }
  };
}
