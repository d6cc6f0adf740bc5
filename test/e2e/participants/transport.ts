import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

const open = new Set<Socket>();

/** Remembers the TCP (or TLS) connection below every WebSocket that this process opens from now on. */
export function watchTransports(): void {
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { request: ClientRequest };
    request.once('upgrade', (_response, socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    });
  });
}

/** Cuts them all without any goodbye, as a network that fails does. Returns how many there were. */
export function cutTransports(): number {
  const count = open.size;
  for (const socket of open) socket.destroy();
  return count;
}
