import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { readCommandLine, UsageError } from '../../local/stack/command-line';
import { POSTDEPLOY_USAGE, parsePostdeployOptions, type PostdeployOptions } from './options';
import { NotDone, ResourceManager } from './resource-manager';

const POLL_MS = 5_000;
const TOLD_EVERY_MS = 30_000;
const HANDLER_ATTEMPTS = 3;
const GUIDE = 'docs/FIRST-DEPLOYMENT.md';

/** The app, as the outputs of its deployment name it. */
interface App {
  readonly url: string;
  /** In Azure Resource Manager. */
  readonly path: string;
}

/** Says what it does and what comes next. Changes nothing when all is well. @throws NotDone, UsageError */
async function main(options: PostdeployOptions): Promise<void> {
  const [url, name, group, subscription] = given(
    'FUNCTION_APP_URL',
    'FUNCTION_APP_NAME',
    'AZURE_RESOURCE_GROUP',
    'AZURE_SUBSCRIPTION_ID',
  );
  const azure = new ResourceManager(process.env);
  const path = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Web/sites/${name}`;
  await untilHealthy({ url: url!, path }, azure, options);
  if (process.env.EVENT_HANDLER === 'after the code') await setEventHandler(azure, options);
  console.log(`${url} answers. Next: npm run smoke -- --functions ${url} --function-key <key> (${GUIDE})`);
}

async function untilHealthy(app: App, azure: ResourceManager, options: PostdeployOptions): Promise<void> {
  const { limitMs, repairAfterMs } = options;
  const startedAt = Date.now();
  let answer = await healthOf(app);
  if (answer !== 'ok') {
    console.log(`Waiting for ${app.url}/api/health, at most ${limitMs / 60_000} minutes …`);
  }
  let toldAt = startedAt;
  let repairAt = startedAt + repairAfterMs;
  let hasRestarted = false;
  while (answer !== 'ok') {
    const now = Date.now();
    if (now - startedAt >= limitMs) throw new NotDone(notHealthy(app, answer, limitMs));
    if (now >= repairAt) {
      hasRestarted = await repair(app, azure, hasRestarted);
      repairAt = Date.now() + repairAfterMs;
    } else if (now - toldAt >= TOLD_EVERY_MS) {
      console.log(`  ${Math.round((now - startedAt) / 1_000)} s: ${answer}`);
      toldAt = now;
    }
    await delay(Math.min(POLL_MS, repairAfterMs / 4));
    answer = await healthOf(app);
  }
}

/** `ok`, or what came instead. Never throws. */
async function healthOf({ url }: App): Promise<string> {
  try {
    const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(30_000) });
    const body = await response.json().catch(() => ({}));
    if (response.ok && (body as { status?: unknown }).status === 'ok') return 'ok';
    return `it answers ${response.status}`;
  } catch (thrown) {
    const { cause, message } = thrown as Error & { cause?: { code?: string } };
    return `no answer (${cause?.code ?? message})`;
  }
}

const notHealthy = ({ url }: App, answer: string, limitMs: number): string =>
  `${url}/api/health is not healthy after ${limitMs / 60_000} minutes: ${answer}. ` +
  `Look at "Diagnose and solve problems" of the app, and at AppTraces of its workspace: a setting that is missing or malformed is ` +
  `named there. ${GUIDE} has the symptoms; azd hooks run postdeploy waits once more`;

/**
 * The platform reads the vault's secrets for the app. While the app's role has not spread it cannot: the app gets the text of
 * the reference, and refuses to start. It reads them again when it is asked to, not when the app restarts; the app takes
 * them when it starts. If all are resolved, or Azure does not tell, it is done once: the app may have started before they were.
 * Returns whether it has been restarted.
 */
async function repair({ path }: App, azure: ResourceManager, hasRestarted: boolean): Promise<boolean> {
  const references = `${path}/config/configreferences/appsettings`;
  const version = '?api-version=2022-03-01';
  try {
    const unresolved = await unresolvedReferences(azure, `${references}${version}`);
    if (!unresolved && hasRestarted) return true;
    if (unresolved !== '') {
      const named = unresolved ?? 'Azure does not tell which';
      console.log(`  Key Vault references that are not resolved: ${named}. Having them read again …`);
      await azure.post(`${references}/refresh${version}`);
    }
    console.log('  Restarting the app …');
    await azure.post(`${path}/restart${version}`);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof NotDone)) throw thrown;
    console.log(`  Its references to the key vault cannot be seen to: ${thrown.message}`);
    return hasRestarted;
  }
}

/** Their names with what Azure says of them; empty if all are resolved, undefined if Azure does not tell. */
async function unresolvedReferences(azure: ResourceManager, path: string): Promise<string | undefined> {
  try {
    return (await azure.list<Reference>(path))
      .filter(({ properties }) => properties.status !== 'Resolved')
      .map(({ name, properties }) => `${name} (${properties.status})`)
      .join(', ');
  } catch (thrown) {
    if (thrown instanceof NotDone) return undefined;
    throw thrown;
  }
}

interface Reference {
  readonly name: string;
  readonly properties: { readonly status: string };
}

/** As the template does it with the default of `eventHandler`; the address has a reference to the key, not the key. */
async function setEventHandler(azure: ResourceManager, { repairAfterMs }: PostdeployOptions): Promise<void> {
  const [subscription, group, service, hub, urlTemplate, systemEvents, userEventPattern, resource] = given(
    'AZURE_SUBSCRIPTION_ID',
    'WEB_PUBSUB_RESOURCE_GROUP',
    'WEB_PUBSUB_NAME',
    'WEB_PUBSUB_HUB',
    'EVENT_HANDLER_URL',
    'EVENT_HANDLER_SYSTEM_EVENTS',
    'EVENT_HANDLER_USER_EVENTS',
    'EVENT_HANDLER_AUDIENCE',
  );
  const path =
    `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.SignalRService/webPubSub/${service}/hubs/${hub}` +
    '?api-version=2024-03-01';
  const handler = {
    urlTemplate,
    userEventPattern,
    systemEvents: systemEvents!.split(','),
    auth: { type: 'ManagedIdentity', managedIdentity: { resource } },
  };
  for (let attempt = 1; ; attempt++) {
    try {
      const properties = (await azure.find<Hub>(path))?.properties;
      const [first, ...others] = properties?.eventHandlers ?? [];
      if (isDeepStrictEqual({ ...first, ...handler }, first) && others.length === 0) return;
      await azure.put(path, {
        properties: { anonymousConnectPolicy: 'deny', ...properties, eventHandlers: [handler] },
      });
      console.log(`The event handler of the hub ${hub} is set.`);
      return;
    } catch (thrown) {
      if (!(thrown instanceof NotDone)) throw thrown;
      const problem = `The event handler of the hub ${hub} is not set: ${thrown.message}`;
      if (attempt === HANDLER_ATTEMPTS) {
        throw new NotDone(`${problem}. azd hooks run postdeploy tries it again; ${GUIDE} has it by hand`);
      }
      // Web PubSub's role on the key may be as fresh as the app's.
      console.log(`  ${problem}. Once more in ${Math.round(repairAfterMs / 1_000)} s …`);
      await delay(repairAfterMs);
    }
  }
}

interface Hub {
  readonly properties: { readonly eventHandlers?: readonly object[] };
}

/** @throws UsageError */
function given(...names: readonly string[]): string[] {
  return names.map((name) => {
    const value = process.env[name];
    if (value) return value;
    throw new UsageError(`${name} is missing: azd hooks run postdeploy gives what azd knows.`);
  });
}

main(readCommandLine('npm run hook:postdeploy', POSTDEPLOY_USAGE, parsePostdeployOptions)).then(
  () => process.exit(0),
  (thrown: unknown) => {
    if (!(thrown instanceof NotDone || thrown instanceof UsageError)) throw thrown;
    console.error(`${thrown.message.replace(/\.$/, '')}.`);
    process.exit(thrown instanceof UsageError ? 2 : 1);
  },
);
