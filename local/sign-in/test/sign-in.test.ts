import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { PEOPLE, startSignIn, type LocalSignIn } from '..';

let signIn: LocalSignIn;
let configuration: Record<'issuer' | 'jwks_uri' | 'authorization_endpoint' | 'token_endpoint', string>;
beforeAll(async () => {
  signIn = await startSignIn();
  const { ENTRA_AUTHORITY, ENTRA_TENANT_ID } = signIn.settings;
  const found = await fetch(`${ENTRA_AUTHORITY}/${ENTRA_TENANT_ID}/v2.0/.well-known/openid-configuration`);
  configuration = (await found.json()) as typeof configuration;
});
afterAll(() => signIn?.stop());

const ask = (username: string) =>
  fetch(configuration.token_endpoint, { method: 'POST', body: new URLSearchParams({ username }) });

describe('the sign-in stand-in', () => {
  it.each(Object.entries(PEOPLE))('gives %s a token that its key set verifies', async (username, person) => {
    const { access_token: token } = (await (await ask(username)).json()) as { access_token: string };
    const keys = createRemoteJWKSet(new URL(configuration.jwks_uri));
    const { payload } = await jwtVerify(token, keys, {
      issuer: configuration.issuer,
      audience: signIn.settings.ENTRA_AUDIENCE.replace('api://', ''),
      algorithms: ['RS256'],
    });
    expect(payload).toMatchObject(person);
  });

  it.each(['nobody', '', '__proto__'])('knows nobody else: %p', async (username) => {
    const answer = await ask(username);
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'invalid_grant' }]);
  });

  it('shows a page with whom one can be, and leads back with the token of who was chosen', async () => {
    const back = 'http://localhost:8000/desk';
    const query = new URLSearchParams({ redirect_uri: back, state: 's&1"<' });
    const page = await (await fetch(`${configuration.authorization_endpoint}?${query.toString()}`)).text();
    const [, link = ''] = /href="([^"]+)">Anna Agent/.exec(page) ?? [];
    const chosen = new URL(link.replaceAll('&amp;', '&'), signIn.authority);
    const { status, headers } = await fetch(chosen, { redirect: 'manual' });
    const [address, fragment] = headers.get('location')?.split('#') ?? [];
    expect([status, address]).toEqual([302, back]);
    const answered = new URLSearchParams(fragment);
    expect(answered.get('state')).toBe('s&1"<');
    expect(answered.get('access_token')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it.each(['https://evil.example/', 'http://localhost.evil.example/', 'javascript:alert(1)', ''])(
    'leads to no page of another machine: %p',
    async (redirect_uri) => {
      const query = new URLSearchParams({ redirect_uri, login_hint: 'anna' });
      const answer = await fetch(`${configuration.authorization_endpoint}?${query.toString()}`, {
        redirect: 'manual',
      });
      expect(answer.status).toBe(400);
    },
  );

  it('listens on this machine only', () => {
    expect(new URL(signIn.authority).hostname).toBe('127.0.0.1');
  });
});
