import { claimsOf, pageAddress, personOf, type SignIn, type SignInSettings } from './sign-in';
import { SignInNeeded } from './sign-in-needed';

const TOKEN = 'console-token';
const STATE = 'console-state';

/** The stand-in for Entra ID on this machine (`npm start`): one page to choose whom to be, one redirect back. */
export function standIn({ authority, clientId }: SignInSettings): SignIn {
  // Of the page where customer and agent stand side by side: nobody is asked.
  const account = new URLSearchParams(location.search).get('account');
  const begin = async () => {
    const state = crypto.randomUUID();
    sessionStorage.setItem(STATE, state);
    sessionStorage.removeItem(TOKEN);
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: 'token',
      redirect_uri: pageAddress(),
      state,
      ...(account !== null && { login_hint: account }),
    });
    location.assign(`${authority}/oauth2/v2.0/authorize?${query.toString()}`);
  };
  const isValid = (token: string | null): token is string =>
    token !== null && (claimsOf(token).exp ?? 0) * 1_000 > Date.now();
  return {
    begin,
    async resume() {
      const answered = new URLSearchParams(location.hash.slice(1));
      const given = answered.get('access_token');
      if (given !== null) {
        const expected = sessionStorage.getItem(STATE);
        sessionStorage.removeItem(STATE);
        // Prevents: a link of somebody else signs this person in as another one, also who has asked for none.
        if (expected !== null && answered.get('state') === expected) sessionStorage.setItem(TOKEN, given);
        history.replaceState(null, '', pageAddress());
      }
      const token = sessionStorage.getItem(TOKEN);
      if (!isValid(token)) {
        if (account === null) return undefined;
        await begin();
        return new Promise(() => {});
      }
      return personOf(token, {
        token: async (again) => {
          if (again) throw new SignInNeeded();
          return token;
        },
        signOut: () => {
          sessionStorage.removeItem(TOKEN);
          location.assign(pageAddress());
        },
      });
    },
  };
}
