import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A TCP proxy in front of one port, to play networks that fail. */
export interface TcpProxy {
  readonly port: number;
  /** `refuse` cuts every connection, `swallow` takes requests and never answers. */
  mode: 'forward' | 'refuse' | 'swallow';
  /** The answer to the next request that matches gets lost: it is cut off, but the request has been carried out. */
  loseAnswerTo: RegExp | undefined;
  stop(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const kept = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  };
  const server = createServer((client) => {
    kept(client);
    if (proxy.mode === 'refuse') {
      client.destroy();
      return;
    }
    const target = kept(connect(targetPort, '127.0.0.1'));
    let answerIsLost = false;
    client.on('data', (chunk: Buffer) => {
      if (proxy.mode === 'refuse') client.destroy();
      if (proxy.mode !== 'forward') return;
      if (proxy.loseAnswerTo?.test(chunk.toString('latin1'))) {
        proxy.loseAnswerTo = undefined;
        answerIsLost = true;
      }
      target.write(chunk);
    });
    target.on('data', (chunk: Buffer) => {
      if (answerIsLost) client.destroy();
      else client.write(chunk);
    });
    client.on('close', () => target.end());
    target.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    mode: 'forward',
    loseAnswerTo: undefined,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
