import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A storage that answers as told, for what Azurite never does. */
export interface StubStorage {
  readonly connectionString: string;
  stop(): Promise<void>;
}

export async function startStubStorage(answer: RequestListener): Promise<StubStorage> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=c2VjcmV0;TableEndpoint=http://127.0.0.1:${port}/account`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
