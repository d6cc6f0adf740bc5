import { param, RestError, type RestRequest, type Route } from './route';

const MAX_PAGE_SIZE = 200;

/** The connections of a group, page by page, in the order of their ids: joins and leaves in between repeat nobody. */
export function groupListingRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/groups/:group/connections',
      run: (request) => {
        const after = decodeToken(request.query.get('continuationToken'));
        const pageSize = count(request, 'maxpagesize', MAX_PAGE_SIZE) ?? MAX_PAGE_SIZE;
        const top = count(request, 'top', Infinity) ?? Infinity;
        const rest = request.hub
          .inGroup(param(request, 'group'))
          .filter((connection) => connection.id > after)
          .sort((a, b) => (a.id < b.id ? -1 : 1));
        const page = rest.slice(0, Math.min(pageSize, top));
        const value = page.map(({ id, userId }) => ({ connectionId: id, userId }));
        const last = page.at(-1);
        const left = Math.min(rest.length, top) - page.length;
        return {
          status: 200,
          body: {
            value,
            nextLink: last && left > 0 ? nextLink(request, last.id, top - page.length) : undefined,
          },
        };
      },
    },
  ];
}

/** `top` is a total over all pages, so what is left of it travels along. */
function nextLink(request: RestRequest, lastId: string, top: number): string {
  const next = new URL(request.url);
  next.searchParams.set('continuationToken', Buffer.from(lastId, 'utf8').toString('base64url'));
  if (Number.isFinite(top)) next.searchParams.set('top', String(top));
  return next.href;
}

const decodeToken = (token: string | null): string => Buffer.from(token ?? '', 'base64url').toString('utf8');

function count(request: RestRequest, name: string, largest: number): number | undefined {
  const value = request.query.get(name);
  if (value === null) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(value) || Number(value) > largest)
    throw new RestError(400, 'BadRequest', `${name} must be a whole number from 1 to ${largest}.`);
  return Number(value);
}
