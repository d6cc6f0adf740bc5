import { EventEmitter as Original } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { delay as originalDelay } from '@azure/core-util';
import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import type { SendMessageError, WebPubSubClient } from 'web-pubsub-client-1-0';
import { WebSocket, WebSocketServer } from 'ws';
import { AckManager } from '../../../web/widget/aliases/acks';
import { delay } from '../../../web/widget/aliases/core-util';
import SmallEmitter from '../../../web/widget/aliases/events';
import { WebPubSubJsonReliableProtocol } from '../../../web/widget/aliases/protocol';
import { aliasesIn, smallParts } from '../../../scripts/web/aliases';
import { trimmed } from '../../../scripts/web/client';

const ROOT = join(__dirname, '..', '..', '..');

/** What stands in for parts of the Web PubSub client in a browser, held against the original. */

test('events: listeners hear in their order', () => {
  const heardOf = (emitter: Pick<Original, 'on' | 'emit'>) => {
    const heard: string[] = [];
    emitter.emit('event', 'nobody');
    emitter.on('event', (what: string) => heard.push(`first ${what}`));
    emitter.on('event', (what: string) => heard.push(`second ${what}`));
    emitter.on('other', (what: string) => heard.push(`other ${what}`));
    emitter.emit('event', 'one');
    emitter.emit('other', 'two');
    return heard;
  };
  const expected = heardOf(new Original());
  expect(expected).toEqual(['first one', 'second one', 'other two']);
  expect(heardOf(new SmallEmitter() as unknown as Original)).toEqual(expected);
});

const theirAcks = async () => {
  const path = join(dirname(require.resolve('web-pubsub-client-1-0')), 'ackManager.js');
  return ((await import(path)) as { AckManager: typeof AckManager }).AckManager;
};

test('acks: whoever waits for the word of the service gets it once, or hears why not', async () => {
  const Theirs = await theirAcks();
  const became = async (acks: AckManager) => {
    const ids = Array.from({ length: 6 }, () => acks.registerAck());
    const given = new AbortController();
    const waits = ids.map(({ wait }, index) =>
      wait(index === 5 ? given.signal : undefined).then(
        (result) => ['resolved', result],
        (reason: unknown) => ['rejected', typeof reason === 'object' ? 'an error' : reason],
      ),
    );
    const [one, two, three, four, five] = ids.map(({ ackId }) => ackId) as [
      number,
      number,
      number,
      number,
      number,
    ];
    acks.resolveAck(one, 'yes');
    acks.resolveAck(one, 'again');
    acks.rejectAck(two, 'no');
    acks.resolveAck(99, 'for nobody');
    acks.discard(three);
    acks.rejectAck(three, 'discarded');
    given.abort();
    const reasoned: number[] = [];
    acks.rejectAll((ackId) => (reasoned.push(ackId), `lost ${ackId}`));
    void waits.splice(2, 1);
    return { ids: [one, two, three, four, five], reasoned, waits: await Promise.all(waits) };
  };
  const theirs = await became(new Theirs());
  expect(theirs.waits).toEqual([
    ['resolved', 'yes'],
    ['rejected', 'no'],
    ['rejected', 'lost 4'],
    ['rejected', 'lost 5'],
    ['rejected', 'an error'],
  ]);
  const ours = await became(new AckManager());
  expect({ ...ours, reasoned: ours.reasoned.slice(0, 2) }).toEqual({
    ...theirs,
    reasoned: theirs.reasoned.slice(0, 2),
  });
});

test('acks: whoever has given up before waits for nothing', async () => {
  for (const Acks of [await theirAcks(), AckManager]) {
    const { wait } = new Acks().registerAck();
    await expect(wait(AbortSignal.abort())).rejects.toThrow();
  }
});

test('core-util: a wait is over no sooner than it was to be', async () => {
  for (const wait of [originalDelay, delay]) {
    const order: string[] = [];
    const waits = [40, 10].map((time) => wait(time).then(() => order.push(`after ${time}`)));
    order.push('at once');
    await Promise.all(waits);
    expect(order).toEqual(['at once', 'after 10', 'after 40']);
  }
});

test('protocol: what comes is understood, and what is sent is written, as the original does', async () => {
  const original = await import('web-pubsub-client-1-0');
  const [theirs, ours] = [original.WebPubSubJsonReliableProtocol(), WebPubSubJsonReliableProtocol()];
  expect([ours.name, ours.isReliableSubProtocol]).toEqual([theirs.name, theirs.isReliableSubProtocol]);
  const data = { type: 'message', text: 'Hello', type2: null };
  for (const frame of [
    { type: 'system', event: 'connected', userId: 'u', connectionId: 'c', reconnectionToken: 't' },
    { type: 'system', event: 'disconnected', message: 'gone' },
    { type: 'system', event: 'later' },
    { type: 'message', from: 'group', group: 'g', dataType: 'json', data, sequenceId: 3 },
    { type: 'message', from: 'server', dataType: 'json', data, sequenceId: 4 },
    { type: 'message', from: 'server', dataType: 'text', data: 'text' },
    { type: 'message', from: 'somebody', dataType: 'json', data },
    { type: 'ack', ackId: 1, success: false, error: { name: 'Duplicate', message: '' } },
    { type: 'pong' },
    { type: 'later' },
    {},
  ]) {
    const text = JSON.stringify(frame);
    expect(ours.parseMessages(text)).toEqual(theirs.parseMessages(text));
  }
  for (const broken of ['', '{']) expect(() => ours.parseMessages(broken)).toThrow();
  for (const message of [
    { kind: 'sendEvent', dataType: 'json', data, ackId: 7, event: 'message' },
    { kind: 'sendEvent', dataType: 'json', data: {}, event: 'typing' },
    { kind: 'sequenceAck', sequenceId: 9 },
    { kind: 'ping' },
  ] as const) {
    const written = (text: unknown) => JSON.parse(text as string) as unknown;
    expect(written(ours.writeMessage(message))).toEqual(written(theirs.writeMessage(message)));
  }
});

describe('the client without what the pages do not use', () => {
  // What the package keeps to itself has no types.
  const path = join(dirname(require.resolve('web-pubsub-client-1-0')), '..', 'browser', 'webPubSubClient.js');
  const source = readFileSync(path, 'utf8');

  test('has everything that is left of it speaks of', () => {
    const text = trimmed(source);
    expect(text.length).toBeLessThan(source.length * 0.4);
    const methods = new Set([...text.matchAll(/^ {4}(?:async )?(\w+)\(/gm)].map(([, name]) => name));
    const given = new Set(
      [...text.matchAll(/(?:^ {4}|this\.)(_\w+) \??\??=(?!=)/gm)].map(([, name]) => name),
    );
    const used = [...text.matchAll(/this\.(_\w+)/g)].map(([, name]) => name!);
    expect(used.length).toBeGreaterThan(80);
    expect(used.filter((name) => !methods.has(name) && !given.has(name))).toEqual([]);
    expect(text).not.toMatch(/^ *logger\./m);
  });

  test('has to be looked at again when its text is another one', () => {
    expect(() => trimmed(source.replace('async joinGroup(', 'async enterGroup('))).toThrow(
      /has ".*joinGroup.*" 0 times/,
    );
  });

  /** As the pages have it, or whole. */
  const built = async (isTrimmed: boolean): Promise<Client> => {
    const { outputFiles } = await build({
      stdin: { contents: `export * from 'web-pubsub-client-1-0';`, resolveDir: ROOT },
      ...(isTrimmed && { alias: aliasesIn(ROOT), plugins: [smallParts(ROOT)] }),
      absWorkingDir: ROOT,
      bundle: true,
      format: 'cjs',
      platform: 'browser',
      target: 'es2022',
      write: false,
      logLevel: 'silent',
    });
    const module = { exports: {} as { WebPubSubClient: Client } };
    // What the build has made, and nothing else.
    const run = compileFunction(outputFiles[0]!.text, ['module', 'exports', 'WebSocket']) as (
      ...given: unknown[]
    ) => void;
    run(module, module.exports, WebSocket);
    return module.exports.WebPubSubClient;
  };

  /** What client and service say to each other, from the first handshake to the goodbye. */
  const course = async (OfBuild: Client) => {
    const said: string[] = [];
    const heard: string[] = [];
    const sockets: WebSocket[] = [];
    const server = new WebSocketServer({
      port: 0,
      verifyClient: ({ req }: { req: IncomingMessage }) => !req.url!.includes('refused'),
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/client`;
    const closed = new Promise<number>((resolve) => {
      server.on('connection', (socket, { url: path, headers }) => {
        said.push(`${path} ${headers['sec-websocket-protocol']}`);
        const tell = (frame: object) => socket.send(JSON.stringify(frame));
        const push = (sequenceId: number, from: string) =>
          tell({ type: 'message', from, dataType: 'json', data: sequenceId, sequenceId });
        const isFirst = sockets.push(socket) === 1;
        tell({ type: 'system', event: 'connected', userId: 'u', connectionId: 'c', reconnectionToken: 't' });
        tell({ type: 'unheard of' });
        for (const sequenceId of isFirst ? [1, 1, 2] : [2, 3])
          push(sequenceId, sequenceId % 2 ? 'group' : 'server');
        socket.on('message', (data) => {
          const frame = JSON.parse((data as Buffer).toString()) as {
            type: string;
            ackId?: number;
            data?: string;
          };
          if (!said.includes(JSON.stringify(frame))) said.push(JSON.stringify(frame));
          const { ackId, data: answer } = frame;
          if (answer === 'cut') return socket.terminate();
          if (ackId === undefined) return;
          const error = answer === 'yes' ? undefined : { name: answer, message: '' };
          tell({ type: 'ack', ackId, success: error === undefined, error });
        });
        if (!isFirst) socket.on('close', resolve);
      });
    });
    const client = new OfBuild(
      { getClientAccessUrl: async () => url },
      {
        autoReconnect: false,
        keepAliveIntervalInMs: 100,
        keepAliveTimeoutInMs: 0,
        messageRetryOptions: { maxRetries: 0 },
        protocol: WebPubSubJsonReliableProtocol() as never,
      },
    );
    const stopped = new Promise<void>((resolve) => client.on('stopped', () => resolve()));
    client.on('connected', () => void heard.push('connected'));
    const third = new Promise<void>((resolve) => {
      const receive = ({ message: { kind, data } }: { message: { kind: string; data: unknown } }) => {
        heard.push(`${kind} ${data as number}`);
        if (data === 3) resolve();
      };
      client.on('group-message', receive);
      client.on('server-message', receive);
    });
    await client.start();
    for (const data of ['yes', 'Duplicate', 'Forbidden']) {
      await client.sendEvent('message', data, 'json').then(
        () => heard.push(`${data}: sent`),
        ({ errorDetail }: SendMessageError) => heard.push(`${data}: ${errorDetail?.name}`),
      );
    }
    await client.sendEvent('typing', {}, 'json', { fireAndForget: true });
    await until(
      () => said.some((frame) => frame.includes('sequenceAck')) && said.some((one) => one.includes('ping')),
    );
    await client
      .sendEvent('message', 'cut', 'json')
      .catch(({ errorDetail }: SendMessageError) => heard.push(`cut: ${errorDetail?.name}`));
    await third;
    await until(() => said.some((frame) => frame.includes('"sequenceId":3')));
    client.stop();
    await stopped;
    heard.push(`stopped, closed by ${await closed}`);
    const refused = new OfBuild(
      { getClientAccessUrl: async () => `${url}?refused` },
      {
        protocol: WebPubSubJsonReliableProtocol() as never,
        keepAliveIntervalInMs: 100,
        keepAliveTimeoutInMs: 0,
      },
    );
    await refused.start().catch(() => heard.push('refused'));
    server.close();
    // The whole one tells that it is connected a moment later: it would rejoin its groups first.
    return { said: said.sort(), heard: [...heard.slice(0, 3).sort(), ...heard.slice(3)] };
  };

  test('says and hears what the whole one does', async () => {
    const [whole, ours] = await Promise.all(
      [false, true].map(async (isTrimmed) => course(await built(isTrimmed))),
    );
    expect(ours).toEqual(whole);
    expect(ours!.heard).toEqual([
      'connected',
      'groupData 1',
      'serverData 2',
      'yes: sent',
      'Duplicate: sent',
      'Forbidden: Forbidden',
      'cut: undefined',
      'groupData 3',
      expect.stringMatching(/^stopped, closed by 100\d$/),
      'refused',
    ]);
    expect(ours!.said).toContain(
      '/client?awps_connection_id=c&awps_reconnection_token=t json.reliable.webpubsub.azure.v1',
    );
  });
});

type Client = typeof WebPubSubClient;

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await delay(20);
};
