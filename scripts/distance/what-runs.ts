// Which files of shared/ run for one event, told by the engine itself: a file runs when one of its functions is called.
// The compiled app runs, for a loader that compiles on the fly would add functions of its own.
import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpRequest, InvocationContext } from '@azure/functions';
import { recordedFunctions } from '../../test/support/functions-core';
import { replaceClients } from './fake-clients';

const ROOT = join(__dirname, '..', '..');
const ACCESS_KEY = 'an-access-key-of-the-measurement-0000';
const SETTINGS = {
  WEB_PUBSUB_CONNECTION_STRING: `Endpoint=http://localhost;Port=1;AccessKey=${ACCESS_KEY};Version=1.0;`,
  WEBHOOK_GUARD: 'signature',
  CONVERSATION_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true',
  TICKET_SIGNING_KEY: 'a-signing-key-of-the-measurement-00000',
};

interface Answer {
  readonly status: number;
  readonly body?: string;
}

/** Calls the function that serves a route, with what the Functions host would hand to it. */
async function call(
  method: string,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly body?: unknown } = {},
): Promise<Answer> {
  const fits = (route: string) =>
    new RegExp(`^${route.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(path);
  const found = recordedFunctions().find(
    ({ trigger }) =>
      (trigger['methods'] as string[] | undefined)?.includes(method) === true &&
      fits(String(trigger['route'])) !== null,
  );
  if (found === undefined) throw new Error(`nothing serves ${method} ${path}`);
  const params = { ...fits(String(found.trigger['route']))?.groups };
  const request = new HttpRequest({
    method,
    url: `http://localhost/api/${path}`,
    headers: options.headers ?? {},
    params,
    ...(options.body !== undefined && { body: { string: JSON.stringify(options.body) } }),
  });
  const log = () => undefined;
  const context = new InvocationContext({ functionName: found.name, invocationId: '1', logHandler: log });
  const answer = (await found.handler(request as never, context as never)) as Answer;
  if (answer.status >= 400)
    throw new Error(`${method} ${path} was answered ${answer.status} ${answer.body ?? ''}`);
  return answer;
}

const json = (answer: Answer) => JSON.parse(answer.body ?? '{}') as Record<string, string>;

/** What Web PubSub sends for one socket of a customer. */
const event = (name: string, conversationId: string, body?: unknown) =>
  call('POST', 'web-pubsub/events', {
    headers: {
      'content-type': 'application/json',
      'ce-type': `azure.webpubsub.sys.${name}`,
      'ce-eventName': name,
      'ce-id': '1',
      'ce-time': new Date().toISOString(),
      'ce-hub': 'chat',
      'ce-userId': `customer.${conversationId}`,
      'ce-connectionId': 'connection-1',
      'ce-signature': `sha256=${createHmac('sha256', ACCESS_KEY).update('connection-1').digest('hex')}`,
    },
    body,
  });

/** The files whose functions are called meanwhile, below the root and with `/`. */
async function runningDuring(session: Session, run: () => Promise<unknown>): Promise<string[]> {
  await session.post('Profiler.takePreciseCoverage');
  await run();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const files = result
    .filter(({ functions }) => functions.some(({ ranges }) => ranges.some(({ count }) => count > 0)))
    .map(({ url }) => (url.startsWith('file:') ? fileURLToPath(url) : url))
    .map((path) => relative(join(ROOT, 'dist'), path).split(sep).join('/').replace(/\.js$/, '.ts'));
  return [...new Set(files.filter((path) => path.startsWith('shared/')))].sort();
}

/** Files and folders that run for the two events that are measured. */
export async function whatRuns() {
  replaceClients();
  Object.assign(process.env, SETTINGS);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const functions = join(ROOT, 'dist', 'functions');
  for (const name of readdirSync(functions).filter((one) => one.endsWith('.js')))
    await import(join(functions, name));

  const { conversationId = '' } = json(await call('POST', 'v1/negotiate', { body: { name: 'Ann' } }));
  const { ticket = '' } = json(await call('POST', 'v1/agents/negotiate', { body: { agentId: 'bob' } }));
  const headers = { authorization: `Bearer ${ticket}` };
  const act = (action: string, body?: unknown) =>
    call('POST', `v1/conversations/${conversationId}/${action}`, { headers, body });
  await event('connect', conversationId, {});
  await event('connected', conversationId);
  await act('accept');

  const disconnected = await runningDuring(session, () => event('disconnected', conversationId));
  const extendWait = await runningDuring(session, () => act('extend-wait', { by: 'PT1M' }));
  session.disconnect();
  const withFolders = (files: string[]) => ({ files, folders: [...new Set(files.map(dirname))] });
  return { disconnected: withFolders(disconnected), extendWait: withFolders(extendWait) };
}
