/**
 * The members of a JSON object as they are written. Numbers that JavaScript would round stay what they are.
 * @param object the text of an object that `JSON.parse` has accepted; of a name that comes twice the last one counts
 */
export function rawMembers(object: string): Map<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let name: string | undefined;
  let from = 0;
  for (const { 0: token, index } of object.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    const isOpening = token === '{' || token === '[';
    const isClosing = token === '}' || token === ']';
    if (isClosing) depth -= 1;
    if (name !== undefined && (depth === 0 || (depth === 1 && token === ','))) {
      members.set(name, object.slice(from, index).trim());
      name = undefined;
    } else if (depth === 1 && name === undefined && token.startsWith('"')) {
      name = JSON.parse(token) as string;
    } else if (depth === 1 && token === ':') {
      from = index + 1;
    }
    if (isOpening) depth += 1;
  }
  return members;
}

/** A JSON object with one more member, whose value is written as it is. */
export const withRawMember = (object: Record<string, unknown>, name: string, raw: string): string =>
  `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:${raw}}`;
