import { parseRoute, type Segment } from './route-template';

export interface Match<T> {
  readonly target: T;
  readonly parameters: Record<string, string>;
}

interface Route<T> {
  readonly methods: ReadonlySet<string>;
  readonly segments: readonly Segment[];
  readonly target: T;
}

/** A literal is preferred to a constrained parameter, that to a free one, and a catch-all comes last. */
function comparePrecedence(a: readonly Segment[], b: readonly Segment[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i]?.rank ?? 5) - (b[i]?.rank ?? 5);
    if (difference !== 0) return difference;
  }
  return 0;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function matchSegments(
  segments: readonly Segment[],
  path: readonly string[],
): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    const value = segment.catchAll ? path.slice(i).join('/') : path[i];
    if (value === undefined || value === '') {
      if (!segment.optional) return undefined;
      continue;
    }
    if (!segment.accepts(value)) return undefined;
    if (segment.parameter) parameters[segment.parameter] = value;
    if (segment.catchAll) return parameters;
  }
  return path.length > segments.length ? undefined : parameters;
}

/** Finds the function for a request. A path without the method is no match: the Functions host answers 404, not 405. */
export class Router<T> {
  private readonly routes: Route<T>[] = [];

  add(methods: readonly string[], template: string, target: T): void {
    const upper = new Set(methods.map((method) => method.toUpperCase()));
    this.routes.push({ methods: upper, segments: parseRoute(template), target });
    this.routes.sort((a, b) => comparePrecedence(a.segments, b.segments));
  }

  find(method: string, pathname: string): Match<T> | undefined {
    // One slash at either end is no segment; any more are empty segments, which no route has.
    const inner = pathname.replace(/^\//, '').replace(/\/$/, '');
    const path = inner === '' ? [] : inner.split('/').map(decode);
    if (path.includes(undefined) || path.includes('')) return undefined;
    for (const route of this.routes) {
      if (!route.methods.has(method)) continue;
      const parameters = matchSegments(route.segments, path as string[]);
      if (parameters) return { target: route.target, parameters };
    }
    return undefined;
  }
}
