import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Handle } from '../http/function-endpoint';
import { readBody } from '../http/read-body';
import type { Engine } from './engine';
import type { FunctionTable } from './function-table';
import { endedStatuses, isTerminal } from './instance';
import { StorageUnavailableError } from './live-instances';
import { notCovered, sendAnswer, type Answer } from './management-answer';
import { filterOf, isValidId, payloadOf } from './management-input';
import { managementLinks, type ManagementContext } from './management-links';
import { historyJson, statusJson } from './status-json';
import type { InstanceStore } from './store';

const unknownInstance = (id: string): Answer => ({ status: 404, body: `No instance with ID '${id}' found.` });

/** The durable HTTP API: for the client library on the loopback port, for management links on the main port. */
export function createManagementApi(options: {
  engine: Engine;
  store: InstanceStore;
  functions: FunctionTable;
  context: ManagementContext;
  defaultVersion?: string;
  basePath: string;
}): Handle {
  const { engine, store, functions, context, defaultVersion, basePath } = options;

  const start = async (name: string, id: string, url: URL, body: Buffer): Promise<Answer> => {
    if (url.searchParams.has('timeout')) return notCovered('Create-and-wait');
    if (!functions.orchestrator(name)) {
      return {
        status: 400,
        body: `The function '${name}' doesn't exist or is not an orchestrator function.`,
      };
    }
    if (!isValidId(id)) return { status: 400, body: `The instance id '${id}' is not valid.` };
    const input = body.length === 0 ? 'null' : payloadOf(body, 'input');
    if (typeof input !== 'string') return input;
    const version = url.searchParams.get('version') ?? defaultVersion;
    if ((await engine.start({ instanceId: id, name, input, version })) === 'in-use') {
      return { status: 409, body: `An instance with the ID '${id}' already exists and has not ended.` };
    }
    const links = managementLinks(id, context);
    return {
      status: 202,
      body: links,
      headers: { location: links['statusQueryGetUri'] ?? '', 'retry-after': '10' },
    };
  };

  const raise = async (id: string, name: string, request: IncomingMessage, body: Buffer): Promise<Answer> => {
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      return { status: 400, body: 'Only application/json is accepted.' };
    }
    const input = payloadOf(body, 'event');
    if (typeof input !== 'string') return input;
    // The library keeps events and task numbers in one map: an event named 0 would complete the task 0.
    if (/^\d+$/.test(name)) return { status: 400, body: 'An event name must not be a number.' };
    return outcome(id, await engine.raise(id, name, input));
  };

  const outcome = (id: string, result: 'accepted' | 'gone' | 'unknown'): Answer =>
    result === 'unknown' ? unknownInstance(id) : { status: result === 'gone' ? 410 : 202 };

  const status = async (id: string, url: URL): Promise<Answer> => {
    const flag = (name: string) => url.searchParams.get(name)?.toLowerCase();
    const withHistory = flag('showHistory') === 'true';
    const loaded = withHistory ? await store.load(id) : await store.readRecord(id);
    if (!loaded) return unknownInstance(id);
    const body = statusJson(loaded.record, flag('showInput') !== 'false');
    if ('history' in loaded) {
      body['historyEvents'] = historyJson(loaded.history, flag('showHistoryOutput') === 'true');
    }
    if (isTerminal(loaded.record.status)) return { status: 200, body };
    const location = managementLinks(id, context)['statusQueryGetUri'] ?? '';
    return { status: 202, body, headers: { location, 'retry-after': '5' } };
  };

  const list = async (request: IncomingMessage, url: URL): Promise<Answer> => {
    const filter = filterOf(url);
    if ('status' in filter) return filter;
    if (filter.statuses?.length === 0) return { status: 200, body: [] };
    const header = request.headers['x-ms-continuation-token'];
    const top = Number(url.searchParams.get('top') ?? 100);
    const page = await store.query(filter, {
      size: top > 0 && top <= 1000 ? top : 100,
      token: typeof header === 'string' && header !== '' ? header : undefined,
    });
    const showInput = url.searchParams.get('showInput')?.toLowerCase() !== 'false';
    return {
      status: 200,
      body: page.records.map((record) => statusJson(record, showInput)),
      headers: page.continuationToken ? { 'x-ms-continuation-token': page.continuationToken } : {},
    };
  };

  const purgeBy = async (url: URL): Promise<Answer> => {
    const filter = filterOf(url);
    if ('status' in filter) return filter;
    if (!filter.createdFrom) return { status: 400, body: 'createdTimeFrom is required.' };
    const wanted = (filter.statuses ?? endedStatuses).filter(isTerminal);
    let deleted = 0;
    let token: string | undefined;
    if (wanted.length > 0) {
      do {
        const page = await store.query({ ...filter, statuses: wanted }, { size: 100, token });
        for (const { instanceId } of page.records) {
          if ((await engine.purge(instanceId)) === 'purged') deleted++;
        }
        token = page.continuationToken;
      } while (token);
    }
    return { status: deleted > 0 ? 200 : 404, body: { instancesDeleted: deleted } };
  };

  const purge = async (id: string): Promise<Answer> => {
    const result = await engine.purge(id);
    if (result === 'unknown') return unknownInstance(id);
    return result === 'purged'
      ? { status: 200, body: { instancesDeleted: 1 } }
      : { status: 400, body: `The instance '${id}' has not ended; terminate it before purging it.` };
  };

  const route = async (request: IncomingMessage, url: URL, body: Buffer): Promise<Answer> => {
    const [resource, id = '', operation, argument = ''] = url.pathname
      .slice(basePath.length)
      .split('/')
      .filter(Boolean)
      .map(decodeURIComponent);
    const { method } = request;
    const isPost = method === 'POST';
    if (resource === 'orchestrators' && isPost && id) {
      return start(id, operation ?? randomUUID().replaceAll('-', ''), url, body);
    }
    if (resource === 'entities') return notCovered('Entities');
    if (resource !== 'instances') return { status: 404 };
    if (!id) {
      if (method === 'GET') return list(request, url);
      return method === 'DELETE' ? purgeBy(url) : { status: 404 };
    }
    if (!operation) {
      if (method === 'GET') return status(id, url);
      return method === 'DELETE' ? purge(id) : { status: 404 };
    }
    if (!isPost) return { status: 404 };
    switch (operation.toLowerCase()) {
      case 'raiseevent':
        return raise(id, argument, request, body);
      case 'terminate':
        return outcome(id, await engine.terminate(id, url.searchParams.get('reason') ?? ''));
      case 'suspend':
      case 'resume':
      case 'rewind':
      case 'restart':
        return notCovered(`Operation ${operation}`);
      default:
        return { status: 404 };
    }
  };

  return async (request, response, url) => {
    const body = await readBody(request);
    let answer: Answer;
    try {
      answer = body ? await route(request, url, body) : { status: 413 };
    } catch (error) {
      if (error instanceof URIError) answer = { status: 400, body: 'The path is not valid.' };
      else if (error instanceof StorageUnavailableError) answer = { status: 503, body: error.message };
      else throw error;
    }
    sendAnswer(response, answer);
  };
}
