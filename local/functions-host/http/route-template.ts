import { HostError } from '../cli/host-error';

/** One segment of a route, ranked as ASP.NET ranks it: the lower number is tried first. */
export interface Segment {
  readonly rank: number;
  readonly literal?: string;
  readonly parameter?: string;
  readonly optional: boolean;
  readonly catchAll: boolean;
  accepts(value: string): boolean;
}

const patterns: Record<string, RegExp> = {
  alpha: /^[a-z]+$/i,
  bool: /^(true|false)$/i,
  decimal: /^-?\d+(\.\d+)?$/,
  double: /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i,
  float: /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i,
  guid: /^\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i,
  int: /^-?\d{1,10}$/,
  long: /^-?\d{1,19}$/,
};

/** A constraint such as `guid`, `min(1)` or `length(2,5)`; one this host does not know is refused by name. */
function constraint(text: string, route: string): (value: string) => boolean {
  const pattern = patterns[text];
  if (pattern) return (value) => pattern.test(value);

  const [, name, argument = ''] = /^(\w+)\((.*)\)$/.exec(text) ?? [];
  const [low = 0, high = low] = argument.split(',').map(Number);
  switch (name) {
    case 'length':
      return ({ length }) => length >= low && length <= high;
    case 'minlength':
      return ({ length }) => length >= low;
    case 'maxlength':
      return ({ length }) => length <= low;
    case 'min':
      return (value) => Number(value) >= low;
    case 'max':
      return (value) => Number(value) <= low;
    case 'range':
      return (value) => Number(value) >= low && Number(value) <= high;
    case 'regex': {
      const expression = new RegExp(argument.replaceAll('{{', '{').replaceAll('}}', '}'), 'i');
      return (value) => expression.test(value);
    }
    default:
      throw new HostError(`Route '${route}' has the constraint '${text}', which is not covered.`);
  }
}

function parseSegment(text: string, route: string): Segment {
  if (!/[{}]/.test(text)) {
    const literal = text.toLowerCase();
    return {
      rank: 0,
      literal,
      optional: false,
      catchAll: false,
      accepts: (value) => value.toLowerCase() === literal,
    };
  }
  const [, stars, parameter, constraints = '', optional] =
    /^\{(\*{0,2})(\w+)((?::[^{}]+(?:\{\{.*\}\}[^{}]*)*)?)(\?)?\}$/.exec(text) ?? [];
  if (!parameter) throw new HostError(`Route '${route}' has the segment '${text}', which is not covered.`);

  const question = constraints.endsWith('?');
  const checks = constraints
    .slice(1, question ? -1 : undefined)
    .split(/:(?![^(]*\))/)
    .filter(Boolean)
    .map((name) => constraint(name, route));
  const catchAll = stars !== '';
  return {
    rank: (catchAll ? 3 : 1) + (checks.length > 0 ? 0 : 1),
    parameter,
    optional: catchAll || question || optional !== undefined,
    catchAll,
    accepts: (value) => checks.every((check) => check(value)),
  };
}

/** Parses an ASP.NET route template (`players/{id:guid}/{*rest}`), the language of `route` in `app.http`. */
export function parseRoute(route: string): Segment[] {
  return route
    .replaceAll(/^\/+|\/+$/g, '')
    .split('/')
    .filter(Boolean)
    .map((segment) => parseSegment(segment, route));
}
