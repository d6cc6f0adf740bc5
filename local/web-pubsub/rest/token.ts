import { param, RestError, type RestParts, type Route } from './route';

/** Tokens for clients of an app that has no access key. */
export function tokenRoutes({ tokens, endpoint }: RestParts): Route[] {
  return [
    {
      method: 'POST',
      path: '/::generateToken',
      run: async (request) => {
        const { query } = request;
        const minutes = Number(query.get('minutesToExpire') ?? 60);
        if (!Number.isInteger(minutes) || minutes < 1) {
          throw new RestError(400, 'BadRequest', 'minutesToExpire must be a whole number from 1 on.');
        }
        const clientType = query.get('clientType') ?? 'default';
        if (clientType.toLowerCase() !== 'default') {
          throw new RestError(
            501,
            'NotImplemented',
            `The local stand-in has no clients of type ${clientType}.`,
          );
        }
        const token = await tokens.mintForClient(`${endpoint}/client/hubs/${param(request, 'hub')}`, {
          userId: query.get('userId') ?? undefined,
          roles: query.getAll('role'),
          groups: query.getAll('group'),
          minutesToExpire: minutes,
        });
        return { status: 200, body: { token } };
      },
    },
  ];
}
