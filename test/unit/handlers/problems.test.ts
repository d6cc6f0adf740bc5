import { describe, expect, it } from '@jest/globals';
import { ROUTES } from '../../../shared/app/routes';
import { AccessDeniedError, DependencyError, TooManyRequestsError } from '../../../shared/app/errors';
import { problemsOf } from '../../../shared/http/openapi';
import { bodyOf, call, request, type RequestParts } from './request';
import { ANN, CUSTOMER, ID, scene } from './scene';

/** A path that leads to something, as far as its form goes. */
const PARAMS = { conversationId: ID, agentId: 'ann', deadLetterId: 'a-letter', trigger: 'agent-left' };
/** The webhook reads its requests itself, and asks for its own proof: web-pubsub-events.test.ts. */
const API = ROUTES.filter(({ path }) => path !== '/web-pubsub/events');

/** Services of which each call fails, so that nothing but the request decides what is answered. */
const failing = (error: Error) =>
  new Proxy(() => undefined, {
    apply: () => {
      throw error;
    },
    get: () => () => {
      throw error;
    },
  });

/** A route, called with a request that is good but for what the case changes. */
async function answered(id: string, parts: RequestParts, failure = new Error('must not be asked')) {
  const route = ROUTES.find((one) => one.id === id)!;
  const here = scene();
  const { tickets, loggerOf, trustedProxies } = here.deps;
  const real: Readonly<Record<string, unknown>> = { tickets, loggerOf, trustedProxies, signIn: undefined };
  const services = new Proxy(real, {
    get: (own, name) => (name in own ? own[String(name)] : failing(failure)),
  });
  const headers = route.access.includes('agent') ? await here.bearer(ANN) : {};
  const body = route.inputs.body?.example;
  const asked = { method: route.method, params: PARAMS, headers, body, ...parts };
  const answer = await call(id, request(asked), services);
  return { answer, lines: here.lines, bearer: here.bearer };
}

/** The routes that list this problem, by what makes them list it. */
const routesWith = (status: number, code: string) =>
  API.filter((route) => problemsOf(route).some(([at, one]) => at === status && one === code)).map(
    ({ id }) => id,
  );
const byTicket = API.filter(({ access }) => access.startsWith('an agent')).map(({ id }) => id);
const TOO_LARGE = 'x'.repeat(64 * 1024 + 1);

describe('every route that asks for a ticket', () => {
  it.each(byTicket)('answers 401 without one, and with one that is none: %s', async (id) => {
    const proofs: Record<string, string>[] = [{}, { authorization: 'Bearer a.b.c' }];
    for (const headers of proofs) {
      const { answer, lines } = await answered(id, { headers });
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
      expect(bodyOf(answer)['code']).toBe('not-authenticated');
      expect(lines.map(({ level }) => level)).toEqual(['warn']);
    }
  });

  it.each(byTicket)('answers 403 to the customer of another conversation: %s', async (id) => {
    const headers = await scene().bearer({ ...CUSTOMER, conversationId: 'conversation-0002' });
    const { answer } = await answered(id, { headers });
    expect([answer.status, bodyOf(answer)['code']]).toEqual([403, 'not-allowed']);
  });
});

describe('every route that reads a body', () => {
  it.each(routesWith(413, 'invalid-input'))(
    'answers 400 and 413 to one that it cannot read: %s',
    async (id) => {
      const malformed = await answered(id, { body: '{' });
      expect([malformed.answer.status, bodyOf(malformed.answer)['field']]).toEqual([400, 'body']);
      expect((await answered(id, { body: TOO_LARGE })).answer.status).toBe(413);
    },
  );
});

describe('a misspelled name', () => {
  const [service, others] = [true, false].map((is) =>
    ROUTES.filter(({ tag }) => (tag === 'Service') === is).map(({ id }) => id),
  ) as [string[], string[]];
  const unknownName = (field: string) => ({
    code: 'invalid-input',
    field,
    detail: `${field}: is not known here`,
  });

  it.each(others)('of a query is refused, whatever the route: %s', async (id) => {
    const { answer, lines } = await answered(id, { query: { limitt: '5' } });
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toMatchObject(unknownName('query.limitt'));
    expect(lines.map(({ level, text }) => [level, text])).toEqual([
      ['warn', expect.stringMatching(/"code":"invalid-input","status":400,"field":"query"/)],
    ]);
    expect(lines[0]?.text).not.toContain('limitt');
  });

  it('of a query keeps no event of Azure away', async () => {
    expect(service).toEqual([
      'health',
      'readiness',
      'openapi',
      'site-settings',
      'validate-web-pubsub-events',
      'web-pubsub-events',
    ]);
    const { answer } = await answered('health', { query: { limitt: '5' } });
    expect(answer.status).toBe(200);
  });

  const keyed = ROUTES.filter(({ authLevel, tag }) => authLevel === 'function' && tag !== 'Service');
  it.each(keyed.map(({ id }) => id))('is not that of the function key: %s', async (id) => {
    const { answer } = await answered(id, { query: { code: 'the-key' } });
    expect(bodyOf(answer)['field']).toBeUndefined();
  });

  const withBody = ROUTES.filter(({ inputs, tag }) => inputs.body !== undefined && tag !== 'Service');
  it.each(withBody.map(({ id }) => id))('of a body is refused: %s', async (id) => {
    const example = ROUTES.find((one) => one.id === id)?.inputs.body?.example as object;
    const { answer, lines } = await answered(id, { body: { ...example, nmae: 'Ann' } });
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toMatchObject(unknownName('body.nmae'));
    expect(lines[0]?.text).toContain('"field":"body"');
    expect(lines[0]?.text).not.toMatch(/nmae|Ann/);
  });
});

describe('a body that was sent in chunks, and that the host has dropped', () => {
  const CHUNKED = { 'transfer-encoding': 'chunked' };

  it.each(routesWith(411, 'length-required'))('is answered 411: %s', async (id) => {
    const ticket = byTicket.includes(id) ? await scene().bearer(ANN) : {};
    const { answer } = await answered(id, { headers: { ...ticket, ...CHUNKED }, body: undefined });
    expect([answer.status, bodyOf(answer)['code']]).toEqual([411, 'length-required']);
  });

  it('is a problem of every route that reads a body, and of no other', () => {
    const reading = API.filter(({ inputs }) => inputs.body !== undefined).map(({ id }) => id);
    expect(reading).toContain('negotiate');
    expect(routesWith(411, 'length-required')).toEqual(reading);
  });

  it.each<[string, RequestParts]>([
    ['came all the same', { headers: CHUNKED, body: {} }],
    ['has the length 0', { headers: { 'content-length': '0' }, body: undefined }],
    ['was never announced', { headers: {}, body: undefined }],
  ])('is not missed where it %s', async (_what, parts) => {
    const refused = new TooManyRequestsError(7);
    expect((await answered('negotiate', parts, refused)).answer.status).toBe(429);
  });
});

describe('every route that names a conversation, a trigger or a dead letter', () => {
  const named = API.filter(({ unknown }) => unknown !== undefined);
  it.each(named.map(({ id }) => id))('answers 404 to a name that can be none: %s', async (id) => {
    const none = '../../x';
    const params = { conversationId: none, deadLetterId: none, trigger: none };
    const { answer } = await answered(id, { params });
    const unknown = ROUTES.find((one) => one.id === id)?.unknown;
    expect([answer.status, bodyOf(answer)['code']]).toEqual([404, unknown]);
  });
});

describe('every route that needs a service', () => {
  const failures: readonly [number, string, Error][] = [
    [503, 'temporarily-unavailable', new DependencyError('table-storage', 'read')],
    [500, 'internal-error', new Error('PRIVATE')],
    [429, 'too-many-requests', new TooManyRequestsError(7)],
    [403, 'not-allowed', new AccessDeniedError(403, 'not this one')],
  ];
  const REPLACES = { 'if-none-match': '*' };
  const needing = routesWith(503, 'temporarily-unavailable').filter((id) => !id.startsWith('negotiate'));
  it.each(needing)('answers what the failure means, and nothing of its text: %s', async (id) => {
    for (const [status, code, failure] of failures) {
      const needsTicket = byTicket.includes(id);
      const headers = needsTicket ? {} : { headers: REPLACES };
      const { answer } = await answered(id, headers, failure);
      expect([answer.status, bodyOf(answer)['code']]).toEqual([status, code]);
      expect(answer.body).not.toMatch(/PRIVATE|table-storage/);
    }
  });
});
