import type { Stack } from '../../../local/stack/stack';

/** The headers of a call by somebody whom the sign-in stand-in knows. */
export async function tokenOf({ signIn }: Pick<Stack, 'signIn'>, username: string) {
  if (signIn === undefined) throw new Error('the stack was started without sign-in');
  const url = `${signIn.authority}/${signIn.settings.ENTRA_TENANT_ID}/oauth2/v2.0/token`;
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ username }) });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`the sign-in answered ${answer.status}`);
  return { authorization: `Bearer ${token}` };
}
