import type { Connection } from '../connection';
import { param, refuseFilter, RestError, type RestRequest, type Route } from './route';

/** Group membership. A user's membership is that of the connections the user has at the moment. */
export function groupRoutes(): Route[] {
  const join = (connections: Connection[], groups: string[]): void => {
    for (const connection of connections) for (const group of groups) connection.hub.join(connection, group);
  };
  const leave = (connections: Connection[], groups?: string[]): { status: number } => {
    for (const connection of connections) {
      for (const group of groups ?? [...connection.groups]) connection.hub.leave(connection, group);
    }
    return { status: 204 };
  };
  const one = (request: RestRequest): Connection[] => {
    const connection = request.hub.connection(param(request, 'connectionId'));
    return connection ? [connection] : [];
  };
  const ofUser = (request: RestRequest): Connection[] => request.hub.ofUser(param(request, 'userId'));
  const add = (request: RestRequest, connections: Connection[]): { status: number } => {
    if (connections.length === 0) throw new RestError(404, 'NotFound', 'There is no such connection.');
    join(connections, [param(request, 'group')]);
    return { status: 200 };
  };
  const remove = (request: RestRequest, connections: Connection[]): { status: number } =>
    leave(connections, [param(request, 'group')]);

  return [
    {
      method: 'PUT',
      path: '/groups/:group/connections/:connectionId',
      run: (request) => add(request, one(request)),
    },
    {
      method: 'DELETE',
      path: '/groups/:group/connections/:connectionId',
      run: (request) => remove(request, one(request)),
    },
    { method: 'PUT', path: '/users/:userId/groups/:group', run: (request) => add(request, ofUser(request)) },
    {
      method: 'DELETE',
      path: '/users/:userId/groups/:group',
      run: (request) => remove(request, ofUser(request)),
    },
    { method: 'DELETE', path: '/users/:userId/groups', run: (request) => leave(ofUser(request)) },
    { method: 'DELETE', path: '/connections/:connectionId/groups', run: (request) => leave(one(request)) },
    {
      method: 'POST',
      path: '/::addToGroups',
      run: (request) => {
        join(request.hub.all(), groupsOf(request));
        return { status: 200 };
      },
    },
    {
      method: 'POST',
      path: '/::removeFromGroups',
      run: (request) => {
        leave(request.hub.all(), groupsOf(request));
        return { status: 200 };
      },
    },
  ];
}

function groupsOf(request: RestRequest): string[] {
  if (!/^application\/json\s*(?:;|$)/i.test(request.contentType ?? ''))
    throw new RestError(415, 'UnsupportedMediaType', 'The body must be application/json.');
  let body: unknown;
  try {
    body = JSON.parse(request.body.toString('utf8'));
  } catch {
    body = undefined;
  }
  const { groups, filter } = (body ?? {}) as { groups?: unknown; filter?: unknown };
  refuseFilter(filter);
  if (
    !Array.isArray(groups) ||
    !groups.every((group): group is string => typeof group === 'string' && group !== '')
  ) {
    throw new RestError(400, 'BadRequest', 'The body needs "groups", a list of group names.');
  }
  return groups;
}
