import { AuthError, InteractionRequiredAuthError } from '@azure/msal-browser';
import { SignInNeeded } from './sign-in-needed';

/**
 * The token, if it can be had without the person.
 *
 * Prevents: a network that is gone for a moment takes the agent away from the page, and from what is written there. Only an
 * answer of Entra ID that asks for the person needs one; whatever else went wrong is tried again by whoever needs the token.
 *
 * @throws SignInNeeded
 */
export async function withoutPerson(asking: Promise<{ readonly accessToken: string }>): Promise<string> {
  try {
    return (await asking).accessToken;
  } catch (thrown) {
    const isAsked =
      thrown instanceof InteractionRequiredAuthError ||
      // A refresh token of a page is good for a day.
      (thrown instanceof AuthError && thrown.errorCode === 'invalid_grant');
    throw isAsked ? new SignInNeeded() : thrown;
  }
}
