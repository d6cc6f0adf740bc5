import { roleFor, type Permission } from '../roles';
import type { Connection } from '../connection';
import { param, RestError, type RestRequest, type Route } from './route';

/** Permissions of one connection, for one group (`targetName`) or for all. */
export function permissionRoutes(): Route[] {
  const path = '/permissions/:permission/connections/:connectionId';
  const find = (
    request: RestRequest,
  ): { connection: Connection | undefined; role: string; general: string } => {
    const permission = param(request, 'permission');
    if (!isPermission(permission))
      throw new RestError(400, 'BadRequest', `"${permission}" is not a permission.`);
    return {
      connection: request.hub.connection(param(request, 'connectionId')),
      role: roleFor(permission, request.query.get('targetName') ?? undefined),
      general: roleFor(permission, undefined),
    };
  };

  return [
    {
      method: 'PUT',
      path,
      run: (request) => {
        const { connection, role } = find(request);
        if (!connection) throw new RestError(404, 'NotFound', 'There is no such connection.');
        connection.roles.add(role);
        return { status: 200 };
      },
    },
    {
      method: 'HEAD',
      path,
      run: (request) => {
        const { connection, role, general } = find(request);
        return { status: connection?.roles.has(role) || connection?.roles.has(general) ? 200 : 404 };
      },
    },
    {
      method: 'DELETE',
      path,
      run: (request) => {
        const { connection, role } = find(request);
        connection?.roles.delete(role);
        return { status: 204 };
      },
    },
  ];
}

const isPermission = (text: string): text is Permission =>
  text === 'joinLeaveGroup' || text === 'sendToGroup';
