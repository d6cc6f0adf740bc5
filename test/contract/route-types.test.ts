import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { instant } from '../../shared/conversation/time';
import { refuse } from '../../shared/http/problems';
import { answer, body, route, type Route, type RouteServices } from '../../shared/http/route';

/** What must not compile. `tsc` checks it: an expected error that does not come is an error. */
const SHOWN = answer('When.', z.object({ at: instant, name: z.string() }), {
  at: '2026-03-01T10:00:00.000Z',
  name: 'Ann',
});
const base = {
  id: 'a-route',
  method: 'GET',
  path: '/a',
  tag: 'Service',
  summary: 'A route',
  access: 'anyone',
  answer: SHOWN,
} as const;

export const GOOD: Route<{ readonly clock: () => number; readonly extra: string } & RouteServices> = route({
  ...base,
  problems: ['still-failing'],
  run: async (_input, { clock }: { readonly clock: () => number }) =>
    clock() > 0 ? { at: clock(), name: 'Ann' } : refuse('still-failing'),
});

export const WRONG_FIELD = route({
  ...base,
  // @ts-expect-error an answer field that is text is given as a number
  run: async () => ({ at: 1, name: 7 }),
});
export const MISSING_FIELD = route({
  ...base,
  // @ts-expect-error an answer field is missing
  run: async () => ({ name: 'Ann' }),
});
export const NOT_ENCODED = route({
  ...base,
  // @ts-expect-error the domain's instants are numbers: the route encodes them
  run: async () => ({ at: '2026-03-01T10:00:00.000Z', name: 'Ann' }),
});
export const UNDOCUMENTED = route({
  ...base,
  problems: ['still-failing'],
  // @ts-expect-error a problem that the route does not list
  run: async () => refuse('conversation-not-found'),
});
export const UNDOCUMENTED_BESIDE = route({
  ...base,
  problems: ['still-failing'],
  run: async () =>
    // @ts-expect-error the same beside an answer and one that is listed
    Date.now() > 1
      ? refuse('conversation-not-found')
      : Date.now() > 2
        ? refuse('still-failing')
        : { at: 1, name: 'Ann' },
});
export const NO_SUCH_PROBLEM = route({
  ...base,
  // @ts-expect-error a code that the table of problems does not have
  problems: ['no-such-problem'],
  run: async () => ({ at: 1, name: 'Ann' }),
});
const { access: _access, ...withoutAccess } = base;
export const UNGUARDED = () =>
  // @ts-expect-error no rule of access
  route({ ...withoutAccess, run: async () => ({ at: 1, name: 'Ann' }) });
export const UNKNOWN_ACCESS = () =>
  route({
    ...base,
    // @ts-expect-error a rule of access that nobody enforces
    access: 'whoever asks nicely',
    run: async () => ({ at: 1, name: 'Ann' }),
  });
export const NO_CALLER = route({
  ...base,
  // @ts-expect-error whom nobody has asked for a ticket is nobody
  run: async ({ caller }) => ({ at: 1, name: String(caller.agentName) }),
});
export const WRONG_EXAMPLE = route({
  ...base,
  method: 'PUT',
  // @ts-expect-error an example that the body does not read
  body: body(z.object({ at: instant }), { at: 1 }),
  run: async () => ({ at: 1, name: 'Ann' }),
});
// @ts-expect-error a service that nobody gives
export const NO_SERVICE: Route<RouteServices> = route({
  ...base,
  run: async (_input, { clock }: { readonly clock: () => number }) => ({ at: clock(), name: 'Ann' }),
});

it('is checked by the compiler', () => {
  expect(GOOD.id).toBe('a-route');
});
