import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Handle } from '../http/function-endpoint';
import { readBody } from '../http/read-body';
import type { Engine } from './engine';
import { endedStatuses, isTerminal } from './instance';
import { StorageUnavailableError } from './live-instances';
import { errorAnswer, notCovered, notFound, sendAnswer, type Answer } from './management-answer';
import { filterOf, isValidId, payloadOf } from './management-input';
import { managementLinks, type ManagementContext } from './management-links';
import { historyJson, statusJson } from './status-json';
import type { InstanceStore } from './store';

/** The durable HTTP API: for the client library on the loopback port, for management links on the main port. */
export function createManagementApi(options: {
  engine: Engine;
  store: InstanceStore;
  context: ManagementContext;
  defaultVersion?: string;
  basePath: string;
}): Handle {
  const { engine, store, context, defaultVersion, basePath } = options;

  const start = async (
    name: string,
    id: string,
    url: URL,
    request: IncomingMessage,
    body: Buffer,
  ): Promise<Answer> => {
    if (url.searchParams.has('timeout')) return notCovered('Create-and-wait');
    if (!isValidId(id)) return errorAnswer(400, `The instance id '${id}' is not valid.`);
    const input = body.length === 0 ? 'null' : payloadOf(body, 'input');
    if (typeof input !== 'string') return input;
    const version = url.searchParams.get('version') ?? defaultVersion;
    const traceParent = request.headers['traceparent'] as string | undefined;
    const started = await engine.startForClient({ instanceId: id, name, input, version, traceParent });
    if (started !== 'started') {
      const message = `An Orchestration instance with the status ${started.inUse} already exists.`;
      return errorAnswer(409, message);
    }
    const links = managementLinks(id, context);
    return {
      status: 202,
      body: links,
      headers: { location: links['statusQueryGetUri'] ?? '', 'retry-after': '10' },
    };
  };

  const raise = async (id: string, name: string, request: IncomingMessage, body: Buffer): Promise<Answer> => {
    const existing = await store.readRecord(id);
    if (!existing) return notFound;
    if (isTerminal(existing.record.status)) return { status: 410 };
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      return errorAnswer(400, 'Only application/json request content is supported');
    }
    const input = payloadOf(body, 'event');
    if (typeof input !== 'string') return input;
    // The library keeps events and task numbers in one map: an event named 0 would complete the task 0.
    if (/^\d+$/.test(name)) return errorAnswer(400, 'An event name must not be a number.');
    return outcome(await engine.raise(id, name, input));
  };

  const outcome = (result: 'accepted' | 'gone' | 'unknown'): Answer =>
    result === 'unknown' ? notFound : { status: result === 'gone' ? 410 : 202 };

  const status = async (id: string, url: URL): Promise<Answer> => {
    const flag = (name: string) => url.searchParams.get(name)?.toLowerCase();
    const withHistory = flag('showHistory') === 'true';
    const loaded = withHistory ? await store.load(id) : await store.readRecord(id);
    if (!loaded) return notFound;
    const show = { input: flag('showInput') !== 'false', output: flag('showHistoryOutput') === 'true' };
    const body = statusJson(loaded.record, show.input);
    if ('history' in loaded && loaded.record.status !== 'Pending') {
      body['historyEvents'] = historyJson(loaded, show);
    }
    if (isTerminal(loaded.record.status)) return { status: 200, body };
    return { status: 202, body, headers: { location: url.href, 'retry-after': '5' } };
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
    if (!filter.createdFrom) {
      return { status: 400, body: "Please provide value for 'createdTimeFrom' parameter." };
    }
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
    return deleted > 0 ? { status: 200, body: { instancesDeleted: deleted } } : notFound;
  };

  const purge = async (id: string): Promise<Answer> => {
    const result = await engine.purge(id);
    if (result === 'unknown') return notFound;
    if (result === 'purged') return { status: 200, body: { instancesDeleted: 1 } };
    return {
      status: 412,
      body: `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${id} has status ${result.inUse}`,
    };
  };

  const rewind = async (id: string): Promise<Answer> => {
    const status = (await store.readRecord(id))?.record.status;
    if (!status) return { status: 404, body: `No orchestration with instance ID "$${id}" found.` };
    if (status === 'Failed') return notCovered('Operation rewind');
    return {
      status: 412,
      body: `This orchestration has status ${status}, but only orchestrations in the "Failed" state can be rewound.`,
    };
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
      return start(id, operation ?? randomUUID().replaceAll('-', ''), url, request, body);
    }
    if (resource === 'entities') return notCovered('Entities');
    if (resource !== 'instances') return notFound;
    if (!id) {
      if (method === 'GET') return list(request, url);
      return method === 'DELETE' ? purgeBy(url) : notFound;
    }
    if (!operation) {
      if (method === 'GET') return status(id, url);
      return method === 'DELETE' ? purge(id) : notFound;
    }
    if (!isPost) return notFound;
    const reason = url.searchParams.get('reason');
    switch (operation.toLowerCase()) {
      case 'raiseevent':
        return raise(id, argument, request, body);
      case 'terminate':
        return outcome(await engine.terminate(id, reason ?? ''));
      case 'suspend':
        return outcome(await engine.setSuspended(id, true, reason));
      case 'resume':
        return outcome(await engine.setSuspended(id, false, reason));
      case 'rewind':
        return rewind(id);
      case 'restart':
        return notCovered('Operation restart');
      default:
        return notFound;
    }
  };

  return async (request, response, url) => {
    const body = await readBody(request);
    let answer: Answer;
    try {
      answer = body ? await route(request, url, body) : { status: 413 };
    } catch (error) {
      if (error instanceof URIError) answer = errorAnswer(400, 'The path is not valid.');
      else if (error instanceof StorageUnavailableError) answer = errorAnswer(503, error.message);
      else throw error;
    }
    sendAnswer(response, answer);
  };
}
