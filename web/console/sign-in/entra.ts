import { PublicClientApplication } from '@azure/msal-browser';
import { pageAddress, personOf, type SignIn, type SignInSettings } from './sign-in';

/** Entra ID, by authorization code and PKCE. */
export async function entra({ authority, clientId, scope }: SignInSettings): Promise<SignIn> {
  const scopes = [scope];
  const app = new PublicClientApplication({
    auth: { clientId, authority, redirectUri: pageAddress() },
    cache: { cacheLocation: 'sessionStorage' },
  });
  await app.initialize();
  const begin = () => app.loginRedirect({ scopes });
  return {
    begin,
    async resume() {
      const returned = await app.handleRedirectPromise();
      const account = returned?.account ?? app.getAllAccounts()[0];
      if (account === undefined) return undefined;
      const token = async (again: boolean) => {
        const silent = app.acquireTokenSilent({ scopes, account, forceRefresh: again });
        return (
          await silent.catch(async (error: unknown) => {
            await app.acquireTokenRedirect({ scopes, account });
            throw error;
          })
        ).accessToken;
      };
      return personOf(await token(false), { token, signOut: () => void app.logoutRedirect({ account }) });
    },
  };
}
