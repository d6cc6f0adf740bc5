// The process of one build under measurement: the stand-in's worker with the compiled app, and nothing of the host besides. It
// does what its parent tells it, one event after the other, and says what that has cost this process.
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { CoreApi } from '../local/functions-host/worker/core-api';
import { createInvoke } from '../local/functions-host/worker/invoke';
import { loadApp } from '../local/functions-host/worker/load-app';
import type { TypedData } from '../local/functions-host/worker/typed-data';
import type { Answer, Calls, Order, Requests } from './protocol';

const { BENCH_APP = '', BENCH_TARGETS = '{}', BENCH_DURABLE_CLIENT = '{}', PEER_PORT } = process.env;
/** The port of each service that is called. */
const targets = Object.entries(JSON.parse(BENCH_TARGETS) as Record<keyof Requests, number>);
// What brings the deadlines about in another design is counted in place of the durable client.
if (PEER_PORT !== undefined) targets.push(['durable', Number(PEER_PORT)]);

const none = (): Requests => ({ tables: 0, webPubSub: 0, durable: 0 });
const noCalls = (): Calls => ({ read: 0, transaction: 0, write: 0 });
let requests = none();
let calls = noCalls();
// Node's own HTTP client tells of every request that it sends: repetitions of the SDKs are requests, too.
subscribe('http.client.request.start', (message) => {
  const { request } = message as { request: ClientRequest };
  // The settings are read once in a while, whatever happens.
  if (/\/Settings\b/.test(request.path)) return;
  const { port } = new URL(`http://${String(request.getHeader('host'))}`);
  const target = targets.find(([, known]) => String(known) === port)?.[0];
  if (target === undefined) throw new Error(`a request went to port ${port}, which is nobody's`);
  requests[target as keyof Requests] += 1;
  if (target !== 'tables') return;
  calls[request.method === 'GET' ? 'read' : request.path.includes('/$batch') ? 'transaction' : 'write'] += 1;
});

async function main(): Promise<void> {
  const core = new CoreApi(() => undefined);
  await loadApp(core, BENCH_APP);
  const invoke = createInvoke(
    core,
    () => ({ string: BENCH_DURABLE_CLIENT }),
    () => undefined,
  );
  const functionNamed = (name: string) => {
    const found = core.functions.find((one) => one.name === name);
    if (found === undefined) throw new Error(`the app has no function ${name}`);
    return found;
  };

  const perform = async ({ functionName, http, activity }: Order['events'][number]): Promise<TypedData> => {
    const fn = functionNamed(functionName);
    const input: TypedData = http === undefined ? { string: JSON.stringify(activity) } : { http };
    const { returnValue } = await invoke(fn, { input, triggerMetadata: {} });
    const answer = returnValue ?? {};
    const status = Number(answer.http?.statusCode ?? 200);
    if (status >= 400) throw new Error(`${functionName} answered ${status}`);
    return answer;
  };

  const carryOut = async ({ events }: Order): Promise<Answer> => {
    requests = none();
    calls = noCalls();
    const results: TypedData[] = [];
    const before = process.cpuUsage();
    for (const event of events) results.push(await perform(event));
    const { user, system } = process.cpuUsage(before);
    return { cpuMs: (user + system) / 1_000, requests, calls, results };
  };

  process.on('message', (order: Order) => {
    carryOut(order).then(
      (answer) => process.send?.(answer),
      (thrown: unknown) => process.send?.({ failed: String(thrown) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ ready: true });
}

void main();
