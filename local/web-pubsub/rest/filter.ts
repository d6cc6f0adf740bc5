import type { Connection } from '../connection';

type Predicate = (connection: Connection) => boolean;

/** What the filters of the service are written with, as far as it is evaluated here; the rest is somebody else's mistake. */
const TOKEN = /\s*(?:(?<text>'(?:[^']|'')*')|(?<word>[A-Za-z]+)|(?<sign>[(),]))/y;

/** Thrown for a filter, or a part of one, that is not evaluated here. */
export class FilterError extends Error {}

/**
 * The connections that a filter chooses ("OData filter syntax in Azure Web PubSub"): `'group' in groups`, `userId` and
 * `connectionId` with `eq` and `ne`, `not`, `and`, `or` and parentheses, in this order of precedence.
 * @throws FilterError
 */
export function filterOf(filter: string): Predicate {
  const tokens = tokensOf(filter);
  let at = 0;
  const next = (): string => tokens[at++] ?? '';
  const takes = (word: string): boolean => tokens[at] === word && ++at > 0;
  const expect = (word: string): void => {
    if (!takes(word)) throw new FilterError(`it expects ${word} in place of ${tokens[at] ?? 'its end'}`);
  };
  const textOf = (token: string): string => {
    if (!token.startsWith("'")) throw new FilterError(`it expects a text in place of ${token || 'its end'}`);
    return token.slice(1, -1).replaceAll("''", "'");
  };
  const either = (): Predicate => {
    let one = both();
    while (takes('or')) one = joined(one, both(), (a, b) => a || b);
    return one;
  };
  const both = (): Predicate => {
    let one = single();
    while (takes('and')) one = joined(one, single(), (a, b) => a && b);
    return one;
  };
  const single = (): Predicate => {
    if (takes('not')) {
      const one = single();
      return (connection) => !one(connection);
    }
    if (takes('(')) {
      const inner = either();
      expect(')');
      return inner;
    }
    const first = next();
    if (first === 'userId' || first === 'connectionId') {
      const isEqual = takes('eq');
      if (!isEqual) expect('ne');
      const wanted = textOf(next());
      return ({ id, userId }) => ((first === 'userId' ? userId : id) === wanted) === isEqual;
    }
    const group = textOf(first);
    expect('in');
    expect('groups');
    return ({ groups }) => groups.has(group);
  };
  const chosen = either();
  if (at < tokens.length) throw new FilterError(`it goes on with ${tokens[at]}`);
  return chosen;
}

const joined =
  (one: Predicate, other: Predicate, by: (a: boolean, b: boolean) => boolean): Predicate =>
  (connection) =>
    by(one(connection), other(connection));

function tokensOf(filter: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < filter.trimEnd().length) {
    const from = TOKEN.lastIndex;
    const token = TOKEN.exec(filter);
    if (token === null) throw new FilterError(`it cannot be read from "${filter.slice(from, from + 20)}" on`);
    tokens.push(token[0].trim());
  }
  return tokens;
}
