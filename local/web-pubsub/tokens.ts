import { jwtVerify, SignJWT, type JWTPayload } from 'jose';

/** Seconds by which the clock of who has signed a token may differ: it is allowed for in `exp` and `nbf`. */
const CLOCK_SKEW_S = 300;

export type TokenCheck = { ok: true; claims: JWTPayload } | { ok: false; reason: string };

export interface ClientTokenRequest {
  userId?: string;
  roles: string[];
  groups: string[];
  minutesToExpire: number;
}

/** Checks and mints the HS256 tokens that the access keys sign, for clients and for the REST API alike. */
export class Tokens {
  private readonly keys: readonly Uint8Array[];

  /** @param accessKeys primary first; the text itself is the key, it is not decoded. */
  constructor(accessKeys: readonly string[]) {
    this.keys = accessKeys.map((key) => new TextEncoder().encode(key));
  }

  /** @param audiences the URLs the token may be made for; one of them must be its `aud`. */
  async check(token: string | undefined, audiences: readonly string[]): Promise<TokenCheck> {
    if (!token) return { ok: false, reason: 'no token' };
    let reason = 'the token is not valid';
    for (const key of this.keys) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          requiredClaims: ['exp', 'aud'],
          clockTolerance: CLOCK_SKEW_S,
        });
        const wanted = audiences.map(normalised);
        if ([payload.aud].flat().some((audience) => wanted.includes(normalised(audience)))) {
          return { ok: true, claims: payload };
        }
        return { ok: false, reason: 'the token is for another audience' };
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
    return { ok: false, reason };
  }

  async mintForClient(audience: string, request: ClientTokenRequest): Promise<string> {
    const claims = { role: request.roles, 'webpubsub.group': request.groups };
    const token = new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt()
      .setAudience(audience);
    if (request.userId) token.setSubject(request.userId);
    return token.setExpirationTime(`${request.minutesToExpire}m`).sign(this.keys[0] as Uint8Array);
  }
}

/** From `?access_token=` or `Authorization: Bearer`, in that order. */
export function tokenOf(url: URL, authorization: string | undefined): string | undefined {
  return url.searchParams.get('access_token') ?? /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
}

/** Two spellings of one URL (`'` or `%27`, a default port) are one audience. */
function normalised(audience: string | undefined): string {
  return audience !== undefined && URL.canParse(audience) ? new URL(audience).href : '';
}
