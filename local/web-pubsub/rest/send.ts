import type { Message } from '../client/json-protocol';
import type { Connection } from '../connection';
import { payloadFromHttp, PayloadError, PayloadTypeError, type Payload } from '../payload';
import { FilterError, filterOf } from './filter';
import { param, RestError, type RestParts, type RestRequest, type Route } from './route';

const LONGEST_TTL_S = 300;

/** Messages to all, to a user, to a connection, to a group. Nobody there to receive one is not an error. */
export function sendRoutes({ lifecycle, faults }: RestParts): Route[] {
  const send = (
    request: RestRequest,
    to: Connection[],
    from: (payload: Payload) => Message,
  ): { status: number } => {
    if (faults.refuseSend?.() === true)
      throw new RestError(503, 'ServiceUnavailable', 'Messages are not taken at the moment.');
    const isChosen = chosenBy(request.query.get('filter'));
    const ttl = request.query.get('messageTtlSeconds') ?? '0';
    if (!/^\d{1,3}$/.test(ttl) || Number(ttl) > LONGEST_TTL_S)
      throw new RestError(400, 'BadRequest', 'messageTtlSeconds must be from 0 to 300.');
    const excluded = request.query.getAll('excluded');
    const message = from(payloadOf(request));
    lifecycle.send(
      to.filter((connection) => !excluded.includes(connection.id) && isChosen(connection)),
      message,
    );
    return { status: 202 };
  };
  const fromServer = (payload: Payload): Message => ({ from: 'server', payload });

  return [
    { method: 'POST', path: '/::send', run: (request) => send(request, request.hub.all(), fromServer) },
    {
      method: 'POST',
      path: '/users/:userId/::send',
      run: (request) => send(request, request.hub.ofUser(param(request, 'userId')), fromServer),
    },
    {
      method: 'POST',
      path: '/connections/:connectionId/::send',
      run: (request) => {
        const connection = request.hub.connection(param(request, 'connectionId'));
        return send(request, connection ? [connection] : [], fromServer);
      },
    },
    {
      method: 'POST',
      path: '/groups/:group/::send',
      run: (request) => {
        const group = param(request, 'group');
        return send(request, request.hub.inGroup(group), (payload) => ({ from: 'group', group, payload }));
      },
    },
  ];
}

/** @throws RestError when the filter is one that is not evaluated here. */
function chosenBy(filter: string | null): (connection: Connection) => boolean {
  if (filter === null || filter === '') return () => true;
  try {
    return filterOf(filter);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new RestError(
      501,
      'NotImplemented',
      `The local stand-in does not evaluate this filter: ${error.message}.`,
    );
  }
}

function payloadOf(request: RestRequest): Payload {
  try {
    return payloadFromHttp(request.contentType, request.body);
  } catch (error) {
    if (error instanceof PayloadTypeError)
      throw new RestError(415, 'UnsupportedMediaType', `The message is not valid: ${error.message}.`);
    if (error instanceof PayloadError)
      throw new RestError(400, 'BadRequest', `The message is not valid: ${error.message}.`);
    throw error;
  }
}
