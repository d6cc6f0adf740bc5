import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket, type RawData } from 'ws';
import type { FunctionsHost } from '..';
import { freePort } from '../../stack/ports';
import { ownAccount } from '../../stack/shared-azurite';
import { startFixture } from './support';

let host: FunctionsHost;
let port: number;

beforeAll(async () => {
  port = await freePort();
  host = await startFixture(ownAccount().connectionString, {}, { inspectPort: port });
});
afterAll(async () => {
  await host?.stop();
});

/** A debugger, as editors are one: https://chromedevtools.github.io/devtools-protocol. */
async function attach() {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await once(socket, 'open');
  let lastId = 0;
  /** The message that `fits`, sent from now on. */
  const message = (fits: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve) => {
      const look = (data: RawData) => {
        const received = JSON.parse((data as Buffer).toString()) as Message;
        if (!fits(received)) return;
        socket.off('message', look);
        resolve(received);
      };
      socket.on('message', look);
    });
  return {
    event: (method: string) => message((received) => received.method === method),
    call: (method: string, params: object = {}) => {
      const id = (lastId += 1);
      const answer = message((received) => received.id === id);
      socket.send(JSON.stringify({ id, method, params }));
      return answer;
    },
    detach: () => socket.close(),
  };
}

interface Location {
  readonly scriptId: string;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly callFrames: readonly { readonly location: Location }[] };
  readonly result?: { readonly locations: readonly Location[] };
}

describe('a debugger', () => {
  it("stops the app's code at a breakpoint, and lets it go on", async () => {
    const { event, call, detach } = await attach();
    await call('Debugger.enable');
    const { result } = await call('Debugger.setBreakpointByUrl', { urlRegex: 'http\\.cjs$', lineNumber: 7 });
    expect(result?.locations).toHaveLength(1);

    const paused = event('Debugger.paused');
    const answer = fetch(`${host.url}/api/echo/ann`, { method: 'POST', body: 'x' });
    expect((await paused).params?.callFrames[0]).toMatchObject({
      functionName: 'handler',
      location: { scriptId: result?.locations[0]?.scriptId },
    });

    await call('Debugger.resume');
    expect((await answer).status).toBe(201);
    detach();
  });
});
