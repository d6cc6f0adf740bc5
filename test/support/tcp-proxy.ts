import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A TCP proxy in front of one port, to play networks that fail. */
export interface TcpProxy {
  readonly port: number;
  /**
   * `refuse` cuts every connection, `swallow` takes requests and never answers, `silent` lets nothing through in either
   * direction and closes nothing, `slowMs` holds every answer back for a while.
   */
  mode: 'forward' | 'refuse' | 'swallow' | 'silent' | { readonly slowMs: number };
  /** The answer to the next request that matches gets lost: it is cut off, but the request has been carried out. */
  loseAnswerTo: RegExp | undefined;
  /** Called when that answer is there, right before it is cut off. */
  onAnswerLost: (() => void) | undefined;
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
    let loseAnswer: (() => void) | undefined;
    let answers = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      if (proxy.mode === 'refuse') client.destroy();
      if (proxy.mode === 'refuse' || proxy.mode === 'swallow' || proxy.mode === 'silent') return;
      if (proxy.loseAnswerTo?.test(chunk.toString('latin1'))) {
        loseAnswer = proxy.onAnswerLost ?? (() => undefined);
        proxy.loseAnswerTo = undefined;
        proxy.onAnswerLost = undefined;
      }
      target.write(chunk);
    });
    target.on('data', (chunk: Buffer) => {
      if (proxy.mode === 'silent') return;
      if (loseAnswer !== undefined) {
        loseAnswer();
        loseAnswer = undefined;
        client.destroy();
        return;
      }
      const { mode } = proxy;
      // One after the other: an answer of many chunks must not arrive in another order.
      if (typeof mode === 'object') answers = answers.then(() => delay(mode.slowMs));
      answers = answers.then(() => void (client.destroyed || client.write(chunk)));
    });
    client.on('close', () => target.end());
    target.on('close', () => void answers.then(() => client.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    mode: 'forward',
    loseAnswerTo: undefined,
    onAnswerLost: undefined,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
