import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { programArguments } from '../../local/programs';
import { freePort } from '../../local/stack/ports';
import { ROOT } from './functions-app';
import { matches, read } from './text';

const TOKEN = 'the-token-of-whoever-deploys';
const SITE = '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/sites/func-chat';
const REFERENCES = `${SITE}/config/configreferences/appsettings`;
const HUB =
  '/subscriptions/sub/resourceGroups/company/providers/Microsoft.SignalRService/webPubSub/wps/hubs/chat';
const ROLES = '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments';

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** An HTTP server that answers as the test says, and keeps what it was asked. */
class Answering {
  readonly calls: string[] = [];
  readonly bodies: unknown[] = [];
  readonly tokens = new Set<string | undefined>();
  answer: (call: string) => Answer = () => ({ status: 404, body: {} });
  private readonly server: Server = createServer((request, response) => {
    void this.serve(request).then(({ status = 200, headers = {}, body = {} }) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(typeof body === 'string' ? body : JSON.stringify(body)),
    );
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => void this.server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = `${request.method} ${request.url?.split('?')[0]}`;
    this.calls.push(call);
    this.tokens.add(request.headers.authorization);
    if (chunks.length > 0) this.bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
    return this.answer(call);
  }
}

let folder: string;
let app: Answering;
let azure: Answering;
let log: string;

/** A program of this name on the PATH, which notes how it was called. */
function standIn(name: 'azd' | 'az', script: string): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> '${log}'\n${script}\n`);
  chmodSync(path, 0o755);
}
const expiresOn = '2099-01-01T00:00:00Z';
const signedIn = {
  azd: `echo '${JSON.stringify({ token: TOKEN, expiresOn })}'`,
  az: `echo '${JSON.stringify({ accessToken: TOKEN, expiresOn, expires_on: 4_070_908_800, tokenType: 'Bearer' })}'`,
};
const signedOut = 'echo "ERROR: not logged in, run \\`azd auth login\\` to login" >&2; exit 1';
const asked = () => {
  try {
    return readFileSync(log, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
};

async function run(hook: 'postdeploy' | 'predeploy', args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const program = await programArguments(join(ROOT, 'scripts', 'azure', `${hook}.ts`));
  const outputs = {
    FUNCTION_APP_URL: app.url,
    FUNCTION_APP_NAME: 'func-chat',
    AZURE_RESOURCE_GROUP: 'rg',
    AZURE_SUBSCRIPTION_ID: 'sub',
    EVENT_HANDLER: 'with the template',
    WEB_PUBSUB_RESOURCE_GROUP: 'company',
    WEB_PUBSUB_NAME: 'wps',
    WEB_PUBSUB_HUB: 'chat',
    EVENT_HANDLER_URL:
      'https://func-chat/api/web-pubsub/events?code={@Microsoft.KeyVault(SecretUri=https://kv/secrets/key)}',
    EVENT_HANDLER_SYSTEM_EVENTS: 'connect,connected,disconnected',
    EVENT_HANDLER_USER_EVENTS: 'message,leave,typing',
    EVENT_HANDLER_AUDIENCE: 'https://webpubsub.azure.com',
    ARM_ENDPOINT: azure.url,
    PATH: [folder, dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
  };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve, reject) => {
    execFile(
      process.execPath,
      [...program, ...args],
      { cwd: ROOT, env: { ...outputs, ...env }, timeout: 60_000 },
      (error, stdout, stderr) => {
        // Whatever happens, no token is on the screen.
        if (`${stdout}${stderr}`.includes(TOKEN)) reject(new Error('the token was printed'));
        else if (error !== null && typeof error.code !== 'number') reject(new Error(stderr || error.message));
        else resolve({ code: (error?.code as number | undefined) ?? 0, stdout, stderr });
      },
    );
  });
}

const SOON = ['--repair-after', '0.4', '--limit', '20'];
const afterDeploy = (env: NodeJS.ProcessEnv = {}, args = SOON) => run('postdeploy', args, env);
const healthy = { body: { status: 'ok' } };
const unresolved = { name: 'TICKET_SIGNING_KEY', properties: { status: 'AccessToKeyVaultDenied' } };
const resolved = { name: 'CUSTOMER_INDEX_KEYS', properties: { status: 'Resolved' } };
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

beforeAll(async () => {
  app = new Answering();
  azure = new Answering();
  await Promise.all([app.start(), azure.start()]);
});
afterAll(() => Promise.all([app.stop(), azure.stop()]));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'azure-hooks-'));
  log = join(folder, 'log');
  standIn('azd', signedIn.azd);
  standIn('az', signedIn.az);
  for (const { calls, bodies, tokens } of [app, azure]) {
    calls.length = 0;
    bodies.length = 0;
    tokens.clear();
  }
  app.answer = () => healthy;
  azure.answer = () => ({ status: 404, body: {} });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('after the code was deployed', () => {
  it('an app that answers is left alone, and the next step is named', async () => {
    const { code, stdout } = await afterDeploy();
    expect(stdout).toBe(
      `${app.url} answers. Next: npm run smoke -- --functions ${app.url} --function-key <key> (docs/FIRST-DEPLOYMENT.md)\n`,
    );
    expect({ code, asked: asked(), calls: azure.calls }).toEqual({ code: 0, asked: [], calls: [] });
  });

  it('waits for an app that is starting, and takes no other answer for its own', async () => {
    const answers: Answer[] = [{ status: 503 }, { body: { hello: 'another program' } }, healthy];
    app.answer = () => answers.shift() ?? healthy;
    const { code, stdout } = await afterDeploy({}, ['--repair-after', '2']);
    expect(stdout).toMatch(/^Waiting for \S+\/api\/health, at most 15 minutes …\n/);
    expect({ code, calls: app.calls.length }).toEqual({ code: 0, calls: 3 });
    expect(azure.calls).toEqual([]);
  });

  it('has references read again that are not resolved, then restarts the app; a second run changes nothing', async () => {
    let isRestarted = false;
    app.answer = () => (isRestarted ? healthy : { status: 503 });
    azure.answer = (call) => {
      isRestarted ||= call === `POST ${SITE}/restart`;
      return { body: { value: [unresolved, resolved] } };
    };
    const { code, stdout } = await afterDeploy();
    expect(stdout).toContain('not resolved: TICKET_SIGNING_KEY (AccessToKeyVaultDenied).');
    expect(stdout).not.toContain('CUSTOMER_INDEX_KEYS');
    const repair = [`GET ${REFERENCES}`, `POST ${REFERENCES}/refresh`, `POST ${SITE}/restart`];
    expect({ code, calls: azure.calls }).toEqual({ code: 0, calls: repair });
    expect([...azure.tokens]).toEqual([`Bearer ${TOKEN}`]);
    expect(asked()).toEqual([expect.stringMatching(/^azd auth token .*--no-prompt/)]);

    expect((await afterDeploy()).code).toBe(0);
    expect(azure.calls).toEqual(repair);
  });

  it('does so until the role has spread', async () => {
    let restarts = 0;
    app.answer = () => (restarts >= 2 ? healthy : { status: 503 });
    azure.answer = (call) => {
      if (call === `POST ${SITE}/restart`) restarts++;
      return { body: { value: [unresolved] } };
    };
    expect((await afterDeploy()).code).toBe(0);
    expect(
      azure.calls.filter((call) => call.startsWith('POST')).map((call) => call.replace(SITE, '')),
    ).toEqual([1, 2].flatMap(() => ['POST /config/configreferences/appsettings/refresh', 'POST /restart']));
  });

  /** The app comes up when its references have been looked at so often, however long that takes here. */
  const healthyAfterLooks = (looks: number) => {
    app.answer = () =>
      azure.calls.filter((call) => call === `GET ${REFERENCES}`).length < looks ? { status: 503 } : healthy;
  };
  const PATIENT = ['--repair-after', '0.2', '--limit', '55'];

  it('restarts once an app that started before its references were resolved', async () => {
    healthyAfterLooks(3);
    azure.answer = () => ({ body: { value: [resolved] } });
    expect((await afterDeploy({}, PATIENT)).code).toBe(0);
    expect(azure.calls.filter((call) => call !== `GET ${REFERENCES}`)).toEqual([`POST ${SITE}/restart`]);
  });

  it('has them read again once if Azure does not tell of them', async () => {
    healthyAfterLooks(3);
    azure.answer = (call) => (call.startsWith('GET') ? { status: 404 } : {});
    const { code, stdout } = await afterDeploy({}, PATIENT);
    expect(stdout).toContain('not resolved: Azure does not tell which.');
    expect(code).toBe(0);
    expect(azure.calls.filter((call) => call.startsWith('POST'))).toEqual([
      `POST ${REFERENCES}/refresh`,
      `POST ${SITE}/restart`,
    ]);
  });

  it('gives up in time, and says what to look at', async () => {
    app.answer = () => ({ status: 500 });
    const { code, stderr } = await afterDeploy({}, ['--repair-after', '0.4', '--limit', '1.2']);
    expect(stderr).toMatch(
      /^\S+\/api\/health is not healthy after 0\.02 minutes: it answers 500\. Look at [^\n]*AppTraces[^\n]*docs\/FIRST-DEPLOYMENT\.md[^\n]*\.\n$/,
    );
    expect(code).toBe(1);
  });

  it('says that nobody answers at the address', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await afterDeploy({ FUNCTION_APP_URL: nobody }, [
      '--repair-after',
      '5',
      '--limit',
      '0.5',
    ]);
    expect(stderr).toContain(`${nobody}/api/health is not healthy after `);
    expect(stderr).toContain(': no answer (ECONNREFUSED). Look at ');
    expect(code).toBe(1);
  });

  it.each([
    [
      'not signed in',
      () => (standIn('azd', signedOut), standIn('az', 'echo "Please run az login" >&2; exit 1')),
    ],
    ['not installed', () => (rmSync(join(folder, 'azd')), rmSync(join(folder, 'az')))],
  ])('without azd and az (%s) it says so and waits on', async (_why, takeAway) => {
    takeAway();
    app.answer = () => ({ status: 503 });
    const { code, stdout } = await afterDeploy({}, ['--repair-after', '0.4', '--limit', '3']);
    expect(stdout).toContain('neither azd nor az is signed in here (azd auth login)');
    expect({ code, calls: azure.calls }).toEqual({ code: 1, calls: [] });
  });

  it("goes by the Azure CLI's sign-in if azd has none", async () => {
    standIn('azd', signedOut);
    app.answer = () => (azure.calls.length === 0 ? { status: 503 } : healthy);
    azure.answer = () => ({ body: { value: [unresolved] } });
    expect((await afterDeploy()).code).toBe(0);
    expect(azure.calls).toContain(`POST ${REFERENCES}/refresh`);
    expect(asked().at(-1)).toMatch(/^az account get-access-token/);
  });

  it('says what Azure refuses, in its words', async () => {
    app.answer = () => (azure.calls.length === 0 ? { status: 503 } : healthy);
    azure.answer = () => ({
      status: 403,
      body: { error: { code: 'AuthorizationFailed', message: 'No right.' } },
    });
    const { code, stdout } = await afterDeploy();
    expect(stdout).toMatch(/Microsoft\.Web\/sites\/func-chat\/\S+: 403 AuthorizationFailed No right\.$/m);
    expect(code).toBe(0);
  });

  it('says that it was not run by azd', async () => {
    const { code, stderr } = await afterDeploy({ FUNCTION_APP_NAME: '' });
    expect(stderr).toMatch(/^FUNCTION_APP_NAME is missing: azd hooks run postdeploy [^\n]*\.\n$/);
    expect(code).toBe(2);
  });
});

describe('the event handler, when it is set after the code', () => {
  const AFTER = { EVENT_HANDLER: 'after the code' };
  const handler = {
    urlTemplate:
      'https://func-chat/api/web-pubsub/events?code={@Microsoft.KeyVault(SecretUri=https://kv/secrets/key)}',
    userEventPattern: 'message,leave,typing',
    systemEvents: ['connect', 'connected', 'disconnected'],
    auth: { type: 'ManagedIdentity', managedIdentity: { resource: 'https://webpubsub.azure.com' } },
  };
  const puts = () => azure.calls.filter((call) => call.startsWith('PUT'));

  it('is set once the app answers; what else the hub has stays, and a second run changes nothing', async () => {
    let hub: { properties: object } = { properties: { anonymousConnectPolicy: 'deny', eventListeners: [1] } };
    let polls = 0;
    app.answer = () => (app.calls.length < 3 ? { status: 503 } : healthy);
    azure.answer = (call) => {
      if (call === `PUT ${HUB}`) {
        hub = azure.bodies.at(-1) as typeof hub;
        return { status: 202, headers: { 'azure-asyncoperation': `${azure.url}/operations/1?v=1` } };
      }
      if (call === 'GET /operations/1') {
        return { body: { status: polls++ === 0 ? 'InProgress' : 'Succeeded' } };
      }
      return call === `GET ${HUB}` ? { body: hub } : { status: 404 };
    };
    const { code, stdout } = await afterDeploy(AFTER, ['--repair-after', '2']);
    expect(stdout).toContain('The event handler of the hub chat is set.\n');
    expect(lastLine(stdout)).toContain('Next: npm run smoke');
    expect({ code, polls, puts: puts() }).toEqual({ code: 0, polls: 2, puts: [`PUT ${HUB}`] });
    expect(azure.bodies).toEqual([
      { properties: { anonymousConnectPolicy: 'deny', eventListeners: [1], eventHandlers: [handler] } },
    ]);

    const again = await afterDeploy(AFTER);
    expect({ code: again.code, puts: puts() }).toEqual({ code: 0, puts: [`PUT ${HUB}`] });
    expect(again.stdout).not.toContain('event handler');
  });

  it('is tried again while Web PubSub refuses it, and then Azure is quoted', async () => {
    azure.answer = (call) => {
      if (call === `PUT ${HUB}`) return { headers: { 'azure-asyncoperation': `${azure.url}/operations/1` } };
      if (call === `GET ${HUB}`) return { body: { properties: {} } };
      return {
        body: { status: 'Failed', error: { code: 'WebhookValidation', message: 'No answer to OPTIONS' } },
      };
    };
    const { code, stderr } = await afterDeploy(AFTER);
    expect(stderr).toMatch(
      /^The event handler of the hub chat is not set: .*Failed WebhookValidation No answer to OPTIONS/,
    );
    expect(stderr).toMatch(/azd hooks run postdeploy [^\n]*docs\/FIRST-DEPLOYMENT\.md[^\n]*\.\n$/);
    expect({ code, puts: puts().length }).toEqual({ code: 1, puts: 3 });
  });

  it('takes its token nowhere but to Azure', async () => {
    azure.answer = (call) =>
      call === `PUT ${HUB}`
        ? { headers: { 'azure-asyncoperation': `${app.url.replace('127.0.0.1', 'localhost')}/operations/1` } }
        : { body: { properties: {} } };
    expect((await afterDeploy(AFTER)).code).toBe(1);
    expect([...app.tokens]).toEqual([undefined]);
  });
});

describe('before the code is deployed', () => {
  const assigned = (scope: string, secondsAgo: number) => ({
    properties: { scope, createdOn: new Date(Date.now() - secondsAgo * 1_000).toISOString() },
  });
  const HOST = '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/sthostabc';
  /** What is assigned, as of the moment at which it is asked for: a busy machine may take seconds to come that far. */
  const timed = async (list: () => object[]) => {
    azure.answer = () => ({ body: { value: list() } });
    const startedAt = Date.now();
    const { code, stdout } = await run('predeploy', ['--age', '4']);
    return { code, stdout, ms: Date.now() - startedAt };
  };

  it("waits until the youngest of the app's roles on its storage is old enough", async () => {
    const { code, stdout, ms } = await timed(() => [assigned(HOST, 600), assigned(HOST, 1)]);
    expect(stdout).toMatch(/^The app's roles on its storage are fresh, .* waiting [123] s, [^\n]+\n$/);
    expect({ code, waited: ms > 1_000 }).toEqual({ code: 0, waited: true });
    expect(azure.calls).toEqual([`GET ${ROLES}`]);
  });

  it('waits for none that is old, and for no role on anything else', async () => {
    expect(await timed(() => [assigned(HOST, 5), assigned('/subscriptions/sub', 0)])).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(await timed(() => [])).toMatchObject({ code: 0, stdout: '' });
  });

  it('reads every page of a long list', async () => {
    azure.answer = () =>
      azure.calls.length === 1
        ? { body: { value: [assigned(HOST, 600)], nextLink: `${azure.url}${ROLES}?page=2` } }
        : { body: { value: [assigned(HOST, 1)] } };
    expect((await run('predeploy', ['--age', '4'])).stdout).toMatch(/fresh/);
  });

  it('keeps nobody from deploying if it cannot find out', async () => {
    rmSync(join(folder, 'azd'));
    rmSync(join(folder, 'az'));
    const { code, stdout } = await run('predeploy');
    expect(stdout).toMatch(
      /^The age of the app's roles is not known \(neither azd nor az is signed in[^\n]+going on\.\n$/,
    );
    expect(code).toBe(0);
    expect(await run('predeploy', [], { AZURE_RESOURCE_GROUP: '' })).toMatchObject({
      code: 0,
      stdout: '',
    });
  });

  it.each<[string, unknown]>([
    ['a page of a proxy', 'Please sign in to the network.'],
    ['nothing', null],
    ['no list', {}],
    ['pages without end', { value: [], nextLink: `${ROLES}?page=2` }],
  ])('keeps nobody from deploying if it is answered with %s', async (_what, body) => {
    azure.answer = () => ({ body });
    const { code, stdout } = await run('predeploy');
    expect(stdout).toMatch(/^The age of the app's roles is not known \([^\n]+going on\.\n$/);
    expect(code).toBe(0);
  });
});

describe('azure.yaml', () => {
  const yaml = read('azure.yaml');

  it('runs each hook by the same command in both shells, on the terminal, and azd ends where one fails', () => {
    const hooks = [...yaml.matchAll(/^ {2}(\w+):\n((?: {4}(?:posix|windows): .+\n)+)/gm)].map(
      ([, name, text = '']) => [
        name,
        matches(text, /(posix|windows): \{ shell: (?:sh|pwsh), /g),
        [...new Set(matches(text, /run: (.+?) \}/g))],
      ],
    );
    expect(hooks).toEqual([
      ['predeploy', ['posix', 'windows'], ['npm run --silent hook:predeploy, interactive: true']],
      ['postdeploy', ['posix', 'windows'], ['npm run --silent hook:postdeploy, interactive: true']],
    ]);
    expect(yaml).not.toContain('continueOnError');
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const name of ['hook:predeploy', 'hook:postdeploy']) {
      expect(scripts[name]).toBe(
        `node scripts/with-packages.mjs tsx scripts/azure/${name.replace('hook:', '')}.ts`,
      );
    }
  });

  it('runs them as they stand there: what they say and how they end reaches azd', async () => {
    const [line = ''] = matches(yaml, /^ {2}postdeploy:\n {4}posix: \{ shell: sh, run: (.+?), interactive/gm);
    const env = { ...process.env, FUNCTION_APP_URL: app.url, FUNCTION_APP_NAME: '' };
    const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile('/bin/sh', ['-ec', line], { cwd: ROOT, env, timeout: 60_000 }, (error, _stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stderr }),
      );
    });
    expect(ended).toEqual({
      code: 2,
      stderr: 'FUNCTION_APP_NAME is missing: azd hooks run postdeploy gives what azd knows.\n',
    });
  });

  it('has hooks that read outputs of the template, and know the value by which the handler is left to them', () => {
    const main = read('infra/main.bicep');
    const known = [
      ...matches(main, /^output (\w+) /gm),
      'AZURE_SUBSCRIPTION_ID',
      'AZURE_TENANT_ID',
      'ARM_ENDPOINT',
    ];
    const sources = ['predeploy', 'postdeploy', 'resource-manager']
      .map((name) => read(`scripts/azure/${name}.ts`))
      .join('\n');
    const named = matches(sources, /\b([A-Z]+(?:_[A-Z]+)+)\b/g).filter(
      (name) => !/_(MS|USAGE|ATTEMPTS)$/.test(name),
    );
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    expect(matches(sources, /EVENT_HANDLER === '([^']+)'/g)).toEqual(['after the code']);
    expect(main).toMatch(/@allowed\(\['with the template', 'after the code'\]\)\nparam eventHandler string/);
  });

  it('is refused by an azd that would take down the group of a Web PubSub that was there, or build in Azure', () => {
    expect(yaml).toMatch(/^requiredVersions:\n {2}azd: '>= 1\.25\.0'$/m);
  });
});

describe('docs/FIRST-DEPLOYMENT.md', () => {
  /** Of azd and Azure; the rest is said by programs of this repository. */
  const WORDS_OF_OTHERS = [
    'this project requires a version of azd within the range',
    'quota of 0 instances',
    'another operation is in progress',
    'Key Vault changed from the point the operation began',
    'deleted but recoverable',
  ];

  it('quotes what the programs say', () => {
    const sources = [
      ...['predeploy', 'postdeploy', 'resource-manager'].map((name) => `scripts/azure/${name}.ts`),
      ...['world.ts', 'report/table.ts', 'participants/separate-tab.ts'].map((name) => `test/e2e/${name}`),
    ]
      .map(read)
      .join('\n');
    // Without code, whose quotes are those of the shell.
    const page = read('docs/FIRST-DEPLOYMENT.md').replaceAll(/^```\w*\n.*?^```|`[^`\n]+`/gms, '');
    const quotes = matches(page, /"([^"\n]+)"/g);
    expect(quotes.length).toBeGreaterThan(10);
    const ours = quotes.filter((quote) => !WORDS_OF_OTHERS.includes(quote));
    const pieces = ours.flatMap((quote) => quote.split(/…|https:\/\/|N s|\d+ minutes/));
    const unsaid = pieces.map((piece) => piece.trim()).filter((piece) => !sources.includes(piece));
    expect(unsaid).toEqual([]);
  });
});
