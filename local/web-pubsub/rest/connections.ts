import type { Connection } from '../connection';
import { param, type RestParts, type RestRequest, type Route } from './route';

/** Whether somebody is there, and closing. A detached reliable connection is there until its window ends. */
export function connectionRoutes({ lifecycle }: RestParts): Route[] {
  const exists = (found: boolean): { status: number } => ({ status: found ? 200 : 404 });
  const close = (request: RestRequest, connections: Connection[]): { status: number } => {
    const excluded = request.query.getAll('excluded');
    const reason = request.query.get('reason') ?? '';
    for (const connection of connections) {
      if (!excluded.includes(connection.id)) lifecycle.endByApp(connection, reason);
    }
    return { status: 204 };
  };
  const one = (request: RestRequest): Connection[] => {
    const connection = request.hub.connection(param(request, 'connectionId'));
    return connection ? [connection] : [];
  };
  const ofUser = (request: RestRequest): Connection[] => request.hub.ofUser(param(request, 'userId'));
  const inGroup = (request: RestRequest): Connection[] => request.hub.inGroup(param(request, 'group'));

  return [
    { method: 'HEAD', path: '/connections/:connectionId', run: (request) => exists(one(request).length > 0) },
    { method: 'HEAD', path: '/users/:userId', run: (request) => exists(ofUser(request).length > 0) },
    { method: 'HEAD', path: '/groups/:group', run: (request) => exists(inGroup(request).length > 0) },
    { method: 'DELETE', path: '/connections/:connectionId', run: (request) => close(request, one(request)) },
    { method: 'POST', path: '/::closeConnections', run: (request) => close(request, request.hub.all()) },
    {
      method: 'POST',
      path: '/users/:userId/::closeConnections',
      run: (request) => close(request, ofUser(request)),
    },
    {
      method: 'POST',
      path: '/groups/:group/::closeConnections',
      run: (request) => close(request, inGroup(request)),
    },
  ];
}
