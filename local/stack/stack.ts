import { join } from 'node:path';
import { startFunctionsHost, type FunctionsHostOptions } from '../functions-host';
import { startSignIn, type LocalSignIn } from '../sign-in';
import { startWebPubSub, type LocalWebPubSub, type WebPubSubOptions } from '../web-pubsub';
import { startAzurite } from './azurite';
import { freePort, withoutAdvice } from './ports';
import { hubInForce, localSettingsFile } from './settings';

/** The repository's root: where package.json, host.json and the compiled app are. */
export const ROOT = join(__dirname, '..', '..');

/** Fixed keys of the local host; they protect nothing. */
export const LOCAL_FUNCTION_KEY = 'local-function-key';
export const LOCAL_MASTER_KEY = 'local-master-key';

/** The webhook of the app, as Web PubSub is told to call it. */
export const webhookUrl = (functionsUrl: string): string =>
  `${functionsUrl}/api/web-pubsub/events?code=${LOCAL_FUNCTION_KEY}`;

/** What the app is told, to take the tokens of the stand-in, and the key as before. */
export const signInSettings = ({ settings }: LocalSignIn): Readonly<Record<string, string>> => ({
  ...settings,
  DESK_KEYS: LOCAL_FUNCTION_KEY,
  OPERATOR_KEYS: LOCAL_FUNCTION_KEY,
});

export interface StackOptions {
  /** What is run: a folder with package.json and host.json. The compiled app of this repository unless said otherwise. */
  readonly appDirectory?: string;
  /** Where Azurite keeps its data; in memory unless given. */
  readonly dataDirectory?: string | undefined;
  /** What to do when another stack has that folder. */
  readonly wayOut?: string;
  /** The storage, where one runs already; then none is started. */
  readonly storageConnectionString?: string | undefined;
  /** Fixed ports; whatever is left out takes a free one. */
  readonly ports?: { functions?: number; webPubSub?: number; blob?: number; queue?: number; table?: number };
  /** Starts the sign-in stand-in on this port (0 takes a free one), and has the app take its tokens, besides the key. */
  readonly signInPort?: number | undefined;
  /** Where the host's process, which the app runs in, listens for a debugger; nowhere unless given. */
  readonly inspectPort?: number;
  /** Settings that replace those of local.settings.json, for example DISCONNECT_GRACE. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly webPubSub?: Partial<WebPubSubOptions>;
  /** What the host does by itself, and how long things stay as they are after it was killed. */
  readonly hostBehavior?: Pick<FunctionsHostOptions, 'invisibility' | 'timerLease' | 'deferredStarts'>;
  /** Called as each part is up: its name and its address. */
  readonly onUp?: (part: string, address: string) => void;
  readonly onHostOutput?: (line: string) => void;
}

export interface Stack {
  readonly functionsUrl: string;
  readonly functionKey: string;
  readonly storageConnectionString: string;
  readonly webPubSub: LocalWebPubSub;
  readonly signIn: LocalSignIn | undefined;
  readonly host: {
    /** SIGKILL: the host gets no chance to save anything. Resolves when the process is gone. */
    kill(): Promise<void>;
    /** Starts it again on the same port and the same storage. */
    start(): Promise<void>;
    /** Its worker dies with what it is doing, and is back after so many milliseconds. */
    restartWorker(awayMs?: number): Promise<void>;
    /** The machine has no time for it, or has again: SIGSTOP, SIGCONT. */
    freeze(isFrozen: boolean): void;
  };
  stop(): Promise<void>;
}

type Host = Awaited<ReturnType<typeof startFunctionsHost>>;

/**
 * Brings up the whole system on this machine: Azurite, the Web PubSub stand-in and the compiled app in the
 * Functions host stand-in. When one part cannot start, those that did are stopped.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    return await bringUp(options, stops, stopAll);
  } catch (error) {
    await stopAll();
    throw withoutAdvice(error);
  }
}

async function bringUp(
  options: StackOptions,
  stops: (() => Promise<void>)[],
  stopAll: () => Promise<void>,
): Promise<Stack> {
  const { ports = {}, onUp = () => undefined } = options;
  const storage = options.storageConnectionString ?? (await startStorage(options, stops));
  onUp('Azurite', /TableEndpoint=([^;]+)/.exec(storage)?.[1] ?? '');

  const functionsPort = ports.functions ?? (await freePort());
  const functionsUrl = `http://localhost:${functionsPort}`;
  const settings = localSettingsFile(ROOT);
  const hub = options.settings?.['WEB_PUBSUB_HUB'] ?? hubInForce(ROOT);
  const webPubSub = await startWebPubSub({
    port: ports.webPubSub ?? 0,
    hub,
    handlerUrl: webhookUrl(functionsUrl),
    ...options.webPubSub,
  });
  stops.push(() => webPubSub.stop());
  onUp('Web PubSub', webPubSub.endpoint);

  const signIn =
    options.signInPort === undefined ? undefined : await startSignIn({ port: options.signInPort });
  if (signIn !== undefined) {
    stops.push(() => signIn.stop());
    onUp('Sign-in', signIn.authority);
  }

  const env = {
    AzureWebJobsStorage: storage,
    CONVERSATION_TABLES_CONNECTION_STRING: storage,
    WEB_PUBSUB_CONNECTION_STRING: webPubSub.connectionString,
    WEB_PUBSUB_HUB: hub,
    ...(signIn && signInSettings(signIn)),
    ...options.settings,
    LOCAL_FUNCTION_KEY,
    LOCAL_MASTER_KEY,
  };
  const startHost = (): Promise<Host> =>
    startFunctionsHost({
      appDirectory: options.appDirectory ?? ROOT,
      port: functionsPort,
      env,
      settings,
      ...options.hostBehavior,
      ...(options.inspectPort !== undefined && { inspectPort: options.inspectPort }),
      ...(options.onHostOutput && { onOutput: options.onHostOutput }),
    });
  let host = await startHost();
  stops.push(async () => void (await host.stop()));
  onUp('Functions', functionsUrl);
  if (options.inspectPort !== undefined) onUp('Debugger', `127.0.0.1:${options.inspectPort}`);

  return {
    functionsUrl,
    functionKey: LOCAL_FUNCTION_KEY,
    storageConnectionString: storage,
    webPubSub,
    signIn,
    host: {
      kill: () => host.kill(),
      start: async () => {
        host = await startHost();
      },
      restartWorker: (awayMs) => host.restartWorker(awayMs),
      freeze: (isFrozen) => host.freeze(isFrozen),
    },
    stop: stopAll,
  };
}

async function startStorage(
  { ports = {}, dataDirectory, wayOut }: StackOptions,
  stops: (() => Promise<void>)[],
): Promise<string> {
  const azurite = await startAzurite({
    ports,
    ...(dataDirectory !== undefined && { dataDirectory }),
    ...(wayOut !== undefined && { wayOut }),
  });
  stops.push(() => azurite.stop());
  return azurite.connectionString;
}
