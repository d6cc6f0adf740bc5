import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The wire between the host and its storage. */
export interface Wire {
  readonly port: number;
  /** `slow` holds every answer back for a while. */
  mode: 'forward' | 'refuse' | { readonly slowMs: number };
  /** The next answer to a request that matches never arrives, although it was carried out; this is called instead. */
  insteadOfAnswer: { readonly to: RegExp; readonly call: () => void } | undefined;
  stop(): Promise<void>;
}

export async function startWire(targetPort: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  const kept = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  };
  const server = createServer((client) => {
    kept(client);
    if (wire.mode === 'refuse') {
      client.destroy();
      return;
    }
    const target = kept(connect(targetPort, '127.0.0.1'));
    let stolen: (() => void) | undefined;
    let answers = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      if (wire.mode === 'refuse') {
        client.destroy();
        return;
      }
      const { insteadOfAnswer } = wire;
      if (insteadOfAnswer?.to.test(chunk.toString('latin1'))) {
        wire.insteadOfAnswer = undefined;
        stolen = insteadOfAnswer.call;
      }
      target.write(chunk);
    });
    target.on('data', (chunk: Buffer) => {
      if (stolen !== undefined) {
        stolen();
        stolen = undefined;
        client.destroy();
        return;
      }
      const { mode } = wire;
      // One after the other: an answer of many chunks must not arrive in another order.
      if (typeof mode === 'object') answers = answers.then(() => delay(mode.slowMs));
      answers = answers.then(() => void (client.destroyed || client.write(chunk)));
    });
    client.on('close', () => target.end());
    target.on('close', () => void answers.then(() => client.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wire: Wire = {
    port: (server.address() as AddressInfo).port,
    mode: 'forward',
    insteadOfAnswer: undefined,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return wire;
}
