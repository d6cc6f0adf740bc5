import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type CryptoKey, type JWK } from 'jose';

/** Publishes keys as Entra does, on this machine. */
export interface KeyAuthority {
  readonly url: string;
  /** The keys it publishes now. */
  readonly published: JWK[];
  /** How it answers: it may fail, or never answer. */
  mode: 'well' | 'fails' | 'hangs';
  /** The paths it was asked for. */
  readonly asked: readonly string[];
  publish(publicKey: CryptoKey, kid: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startKeyAuthority(): Promise<KeyAuthority> {
  const published: JWK[] = [];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (authority.mode === 'hangs') return;
    if (authority.mode === 'fails') response.statusCode = 500;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const authority: KeyAuthority = {
    mode: 'well',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    published,
    asked,
    // Like those of Entra: they do not say which algorithm they are for.
    publish: async (publicKey, kid) =>
      void published.push({ ...(await exportJWK(publicKey)), kid, use: 'sig' }),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return authority;
}
