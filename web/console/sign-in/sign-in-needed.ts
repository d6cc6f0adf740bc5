/** Nobody but the person can get another token. */
export class SignInNeeded extends Error {
  constructor() {
    super('Your sign-in has expired. Sign in again.');
  }
}
