/** Where agents and operators sign in: `signIn` of the site's `settings.json`. */
export interface SignInSettings {
  /** With the tenant. */
  readonly authority: string;
  readonly clientId: string;
  readonly scope: string;
  /** The stand-in on this machine, which asks for no password. */
  readonly standIn: boolean;
}

/** Who is signed in. */
export interface Person {
  /** The same at every sign-in. */
  readonly id: string;
  readonly name: string;
  readonly isAgent: boolean;
  readonly isOperator: boolean;
  /**
   * Never leaves the page.
   *
   * @param again the one before was refused
   * @throws SignInNeeded
   */
  token(again: boolean): Promise<string>;
  signOut(): void;
}

/** Either way of signing in: by Entra ID, or by the stand-in on this machine. */
export interface SignIn {
  /** Who is signed in already, or comes back from signing in. */
  resume(): Promise<Person | undefined>;
  /** Leaves the page. */
  begin(): Promise<void>;
}

/** The library for Entra ID is loaded only if it is needed: it outweighs the console. */
export async function signInBy(settings: SignInSettings): Promise<SignIn> {
  return settings.standIn
    ? (await import('./stand-in')).standIn(settings)
    : (await import('./entra')).entra(settings);
}

interface Claims {
  readonly oid?: string;
  readonly name?: string;
  readonly roles?: readonly string[];
  readonly exp?: number;
}

/** What the token says of its person; the app checks it, this only decides what is shown. */
export function claimsOf(token: string): Claims {
  try {
    const [, payload = ''] = token.split('.');
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
  } catch {
    return {};
  }
}

export function personOf(token: string, more: Pick<Person, 'token' | 'signOut'>): Person {
  const { name = 'Unknown', oid = name, roles = [] } = claimsOf(token);
  const isOperator = roles.includes('Chat.Operator');
  return { id: oid, name, isAgent: isOperator || roles.includes('Chat.Agent'), isOperator, ...more };
}

/** The page without what signing in has put behind it. */
export const pageAddress = (): string => `${location.origin}${location.pathname}`;
