import { CacheLookupPolicy, PublicClientApplication } from '@azure/msal-browser';
import { pageAddress, personOf, type SignIn, type SignInSettings } from './sign-in';
import { SignInNeeded } from './sign-in-needed';
import { withoutPerson } from './without-person';

/** Entra ID, by authorization code and PKCE. */
export async function entra({ authority, clientId, scope }: SignInSettings): Promise<SignIn> {
  const scopes = [scope];
  const app = new PublicClientApplication({
    auth: { clientId, authority, redirectUri: pageAddress() },
    cache: { cacheLocation: 'sessionStorage' },
  });
  await app.initialize();
  return {
    begin: () => app.loginRedirect({ scopes }),
    async resume() {
      const returned = await app.handleRedirectPromise();
      const account = returned?.account ?? app.getAllAccounts()[0];
      if (account === undefined) return undefined;
      const token = (again: boolean) =>
        withoutPerson(
          app.acquireTokenSilent({
            scopes,
            account,
            forceRefresh: again,
            // The page answers nothing in a hidden frame: the library would wait for it in vain.
            cacheLookupPolicy: CacheLookupPolicy.AccessTokenAndRefreshToken,
          }),
        );
      try {
        return personOf(await token(false), { token, signOut: () => void app.logoutRedirect({ account }) });
      } catch (thrown) {
        if (thrown instanceof SignInNeeded) return undefined;
        throw thrown;
      }
    },
  };
}
