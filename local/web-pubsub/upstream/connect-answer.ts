/** What the webhook may change about a connection when it accepts it. Absent members leave the token's values. */
export interface ConnectAnswer {
  userId?: string;
  groups?: string[];
  roles?: string[];
  subprotocol?: string;
}

export class ConnectAnswerError extends Error {}

/**
 * Reads the body of a 2xx answer to `connect`; an empty body and `null` change nothing.
 * @throws ConnectAnswerError when the body is not what the protocol says
 */
export function parseConnectAnswer(body: Buffer): ConnectAnswer {
  const text = body.toString('utf8').trim();
  if (text === '') return {};
  const value = parsed(text);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new ConnectAnswerError('it is not a JSON object');
  const { userId, groups, roles, subprotocol } = value as Record<string, unknown>;
  return {
    ...optional('userId', userId, isString),
    ...optional('groups', groups, isStrings),
    ...optional('roles', roles, isStrings),
    ...optional('subprotocol', subprotocol, isString),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConnectAnswerError('it is not JSON');
  }
}

function optional<N extends string, T>(
  name: N,
  value: unknown,
  is: (value: unknown) => value is T,
): { [K in N]?: T } {
  if (value === undefined || value === null) return {};
  if (!is(value)) throw new ConnectAnswerError(`"${name}" has the wrong type`);
  return { [name]: value } as { [K in N]?: T };
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every(isString);
