import { BrowserAuthError, InteractionRequiredAuthError, ServerError } from '@azure/msal-browser';
import { describe, expect, it } from '@jest/globals';
import { SignInNeeded } from '../../../web/console/sign-in/sign-in-needed';
import { withoutPerson } from '../../../web/console/sign-in/without-person';

const thrownFor = (error: Error): Promise<unknown> =>
  withoutPerson(Promise.reject(error)).catch((thrown: unknown) => thrown);

describe('the next token of somebody who is signed in with Entra ID', () => {
  it('is had without the person', async () => {
    expect(await withoutPerson(Promise.resolve({ accessToken: 'next' }))).toBe('next');
  });

  it.each([
    new InteractionRequiredAuthError('login_required', ''),
    new InteractionRequiredAuthError('refresh_token_expired', ''),
    new ServerError('invalid_grant', '', 'AADSTS700084: The refresh token has expired.'),
  ])('needs the person after $errorCode', async (error) => {
    expect(await thrownFor(error)).toBeInstanceOf(SignInNeeded);
  });

  it.each([
    new BrowserAuthError('no_network_connectivity', ''),
    new BrowserAuthError('post_request_failed', ''),
    new ServerError('temporarily_unavailable', '', '', '', '', 503),
    new TypeError('Failed to fetch'),
  ])('is asked for again after $message', async (error) => {
    expect(await thrownFor(error)).toBe(error);
  });
});
