import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { createLog } from '../../functions-host/cli/log';
import { startWebPubSub } from '../../web-pubsub';
import { parseStartArguments, parseStartFuncArguments } from '../arguments';
import { startAzurite } from '../azurite';
import { buildApp } from '../build-app';
import { takeDataFolder } from '../data-folder';
import { refuseTakenPorts, withoutAdvice } from '../ports';
import { hubInForce } from '../settings';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stack-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The id of a process that is gone. */
async function goneProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  return child.pid ?? 0;
}

describe('a folder of data', () => {
  const rows = (connectionString: string) =>
    TableClient.fromConnectionString(connectionString, 'kept', { allowInsecureConnection: true });

  it('is refused to a second one, with the way out, and loses nothing', async () => {
    const first = await startAzurite({ dataDirectory: folder });
    try {
      const table = rows(first.connectionString);
      await table.createTable();
      await table.createEntity({ partitionKey: 'a', rowKey: 'b' });
      await expect(startAzurite({ dataDirectory: folder, wayOut: 'go elsewhere.' })).rejects.toThrow(
        `The data in ${folder} is in use by process ${first.pid}: go elsewhere.`,
      );
    } finally {
      await first.stop();
    }
    const second = await startAzurite({ dataDirectory: folder });
    try {
      expect(await rows(second.connectionString).getEntity('a', 'b')).toMatchObject({ rowKey: 'b' });
    } finally {
      await second.stop();
    }
  });

  it('of one that was killed is free', async () => {
    writeFileSync(join(folder, 'in-use-by'), String(await goneProcess()));
    takeDataFolder(folder, 'x').release();
    expect(existsSync(join(folder, 'in-use-by'))).toBe(false);
  });

  it('of which nobody knows who has it, because it was killed at its start, is free', () => {
    writeFileSync(join(folder, 'in-use-by'), '');
    expect(() => takeDataFolder(folder, 'x')).not.toThrow();
  });

  it('is not given back by one that has lost it', async () => {
    const lost = takeDataFolder(folder, 'x');
    lost.belongsTo(await goneProcess());
    const owner = takeDataFolder(folder, 'x');
    lost.release();
    expect(() => takeDataFolder(folder, 'x')).toThrow(`is in use by process ${process.pid}: x`);
    owner.release();
    takeDataFolder(folder, 'x').release();
  });

  it('that cannot be written is refused in one sentence', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => takeDataFolder(join(file, 'data'), 'take another.')).toThrow(
      /^The data folder \S+ cannot be written \(ENOTDIR\): take another\.$/,
    );
  });
});

describe('the arguments of npm start', () => {
  it.each([
    [['--functions-port', '8080'], '--functions-port and --web-pubsub-port are both 8080'],
    [['--blob-port', '7', '--table-port', '7'], '--blob-port and --table-port are both 7'],
    [['--inspect-port', '7071'], '--functions-port and --inspect-port are both 7071'],
  ])('%j give two parts one port', (argv, problem) => {
    expect(() => parseStartArguments(argv)).toThrow(problem);
  });

  it('name the folder of the data, from the root of the project', () => {
    const root = join(__dirname, '..', '..', '..');
    expect(parseStartArguments([]).dataDirectory).toBe(join(root, '.local', 'azurite'));
    expect(parseStartFuncArguments(['--data', 'x/y']).dataDirectory).toBe(join(root, 'x', 'y'));
    expect(parseStartFuncArguments(['--data', folder]).dataDirectory).toBe(folder);
  });
});

describe('a port', () => {
  it.each(['127.0.0.1', '::1'])(
    'that is in use at %s is refused, with an option that there is',
    async (host) => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, host, resolve);
      });
      const { port } = server.address() as AddressInfo;
      try {
        await expect(refuseTakenPorts({ 'web-pubsub': port }, 'npm start')).rejects.toThrow(
          `Port ${port} (web-pubsub) is in use. Stop the program that uses it, or choose another port: ` +
            'npm start -- --web-pubsub-port N',
        );
      } finally {
        server.close();
      }
    },
  );

  it.each([
    'Port 80 is in use. Choose another with --port (0 takes a free one).',
    'Port 80 is in use. Choose another one with --port (0 takes any free one).',
  ])('that was taken in the last moment is refused without the advice of another command: %s', (message) => {
    expect(withoutAdvice(new Error(message))).toEqual(new Error('Port 80 is in use.'));
  });
});

describe('a folder in which nothing can be written', () => {
  it('is told in one sentence, not as an app that does not compile', () => {
    mkdirSync(join(folder, 'app'));
    writeFileSync(join(folder, 'app', 'one.ts'), 'export const one = 1;');
    writeFileSync(
      join(folder, 'tsconfig.build.json'),
      JSON.stringify({
        compilerOptions: { outDir: 'dist', types: [], lib: ['es5'], module: 'esnext' },
        files: ['app/one.ts'],
      }),
    );
    writeFileSync(join(folder, 'dist'), 'a file where the folder has to be');
    const words = (() => {
      try {
        buildApp(folder);
        return 'built';
      } catch (thrown) {
        return (thrown as Error).message;
      }
    })();
    expect(words).toMatch(/^The app cannot be built in \S+: Could not write file [^\n]*$/);
    expect(readFileSync(join(folder, 'dist'), 'utf8')).toContain('a file');
  });
});

describe('the hub', () => {
  const before = process.env['WEB_PUBSUB_HUB'];
  afterEach(() => {
    if (before === undefined) delete process.env['WEB_PUBSUB_HUB'];
    else process.env['WEB_PUBSUB_HUB'] = before;
  });
  const settings = (hub: string) =>
    writeFileSync(join(folder, 'local.settings.json'), JSON.stringify({ Values: { WEB_PUBSUB_HUB: hub } }));

  it.each([
    ['other', 'mine', 'other'],
    [undefined, 'mine', 'mine'],
    [' ', 'mine', 'chat'],
  ])('of the environment (%j) wins over that of the file (%j): %s', (environment, file, hub) => {
    settings(file);
    if (environment === undefined) delete process.env['WEB_PUBSUB_HUB'];
    else process.env['WEB_PUBSUB_HUB'] = environment;
    expect(hubInForce(folder)).toBe(hub);
  });
});

describe('what a stand-in refuses', () => {
  it('is in the log, with why and without a token', async () => {
    const lines: string[] = [];
    const service = await startWebPubSub({
      hub: 'chat',
      handlerUrl: 'http://localhost:1',
      log: (level, line) => lines.push(`${level}: ${line}`),
    });
    try {
      const socket = new WebSocket(`ws://localhost:${service.port}/client/hubs/chat?access_token=SECRET`);
      await once(socket, 'unexpected-response').catch(() => undefined);
      await fetch(`${service.endpoint}/api/hubs/chat/:send?token=SECRET`, { method: 'POST' });
      socket.on('error', () => undefined);
      socket.terminate();
    } finally {
      await service.stop();
    }
    expect(lines).toEqual([
      expect.stringMatching(/^warning: refused a client with 401: Unauthorized/),
      'warning: refused POST /api/hubs/chat/:send with 401',
    ]);
    expect(lines.join('\n')).not.toContain('SECRET');
  });
});

it('a line of the log has the name of its function once', () => {
  const written: string[] = [];
  const stderr = process.stderr.write.bind(process.stderr);
  process.stderr.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  try {
    const log = createLog('warning');
    log('warning', 'negotiate', 'negotiate: refused');
    log('warning', 'negotiate', 'something else');
  } finally {
    process.stderr.write = stderr;
  }
  expect(written).toEqual(['[warning] negotiate: refused\n', '[warning] negotiate: something else\n']);
});
