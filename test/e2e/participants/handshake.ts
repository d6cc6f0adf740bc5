import { WebSocket } from 'ws';

/** Status with which the service answers the handshake: 101 when the socket opens, or the refusal's. */
export function handshakeStatus(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1', { handshakeTimeout: 30_000 });
    socket.once('open', () => {
      socket.close();
      resolve(101);
    });
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.once('error', reject);
  });
}
