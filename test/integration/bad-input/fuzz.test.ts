import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { apiDocument } from '../../../shared/app/routes';
import { anyBody, anyState, anyText } from '../../properties/inbound/arbitraries';
import { newId, startSystem, type Answer, type EventParts, type System } from './system';

/** Requests as nobody makes them, over real HTTP. `FUZZ_RUNS=20000` for a long run, `FUZZ_SEED` for one that was seen. */
const REQUESTS = Number(process.env['FUZZ_RUNS'] ?? 300);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_126);
const AT_ONCE = 8;

let system: System;
beforeAll(async () => {
  const limits = { NEGOTIATE_RATE_LIMIT: '0', TICKET_RATE_LIMIT: '0' };
  system = await startSystem({ settings: { DISCONNECT_GRACE: 'PT10M', ...limits } });
});
afterAll(() => system?.stop());

/** What HTTP can carry in a header. */
const headerText = fc.oneof(anyText, anyState).map((text) =>
  [...text]
    .map((sign) => (/[\x20-\x7e\xa1-\xff]/.test(sign) ? sign : '?'))
    .join('')
    .slice(0, 4_000),
);

const EVENT_HEADERS = [
  'ce-type',
  'ce-eventName',
  'ce-hub',
  'ce-userId',
  'ce-connectionId',
  'ce-id',
  'ce-time',
  'ce-signature',
  'ce-specversion',
  'ce-connectionState',
  'webhook-request-origin',
  'content-type',
] as const;

/** An event of the service with one or more parts that are not as they should be. */
const anyEvent: fc.Arbitrary<EventParts> = fc.record({
  name: fc.oneof(
    fc.constantFrom('connect', 'connected', 'disconnected', 'message', 'leave', 'typing'),
    headerText,
  ),
  headers: fc.dictionary(
    fc.constantFrom(...EVENT_HEADERS),
    fc.oneof({ weight: 3, arbitrary: headerText }, { weight: 1, arbitrary: fc.constant(undefined) }),
    { minKeys: 0, maxKeys: 3 },
  ),
  body: fc.oneof(anyBody, fc.constant({})),
});

/** Every operation that the API documents. */
const OPERATIONS = Object.entries(apiDocument().paths as Record<string, object>).flatMap(([path, methods]) =>
  Object.keys(methods)
    .filter((method) => method !== 'options' && !path.includes('web-pubsub'))
    .map((method) => ({ path, method: method.toUpperCase() })),
);
const anyCall = fc.record({
  operation: fc.constantFrom(...OPERATIONS),
  /** In the place of the path's parameter; undefined: the id of a conversation, whose customer can only read. */
  id: fc.option(
    anyText.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 300)),
    { nil: undefined },
  ),
  who: fc.constantFrom('customer', 'agent', 'nobody', 'garbage'),
  query: fc.webQueryParameters(),
  ifMatch: fc.option(headerText, { nil: undefined }),
  garbage: headerText,
  body: anyBody,
});

/** Sends everything, several at once, and says what was answered to what. */
async function sendAll<T>(requests: readonly T[], send: (request: T) => Promise<Answer>) {
  const answers: { readonly request: T; readonly answer: Answer }[] = [];
  for (let i = 0; i < requests.length; i += AT_ONCE) {
    const some = requests.slice(i, i + AT_ONCE);
    answers.push(
      ...(await Promise.all(some.map(async (request) => ({ request, answer: await send(request) })))),
    );
  }
  return answers;
}

const sample = <T>(arbitrary: fc.Arbitrary<T>): T[] =>
  fc.sample(arbitrary, { numRuns: REQUESTS, seed: SEED });
const isRefused = ({ answer }: { readonly answer: Answer }): boolean => answer.status >= 400;
const failures = (answers: readonly { readonly request: unknown; readonly answer: Answer }[]) =>
  answers
    .filter(({ answer }) => answer.status >= 500)
    .map(({ request, answer }) => `${answer.status} to ${JSON.stringify(request)}`);

describe('requests as nobody makes them', () => {
  it('to the webhook are answered, never with 5xx, and nothing of a refused one is stored', async () => {
    const events = sample(anyEvent).map((parts) => ({ ...parts, conversationId: newId() }));
    const answers = await sendAll(events, (parts) => system.event(parts));
    expect(failures(answers)).toEqual([]);
    const refused = answers.filter(isRefused).map(({ request }) => request.conversationId);
    expect(refused.length).toBeGreaterThan(REQUESTS / 4);
    const stored = JSON.stringify(await system.rows());
    expect(refused.filter((id) => stored.includes(id))).toEqual([]);
  }, 600_000);

  it("to the API are answered, never with 5xx, and change nothing of a conversation that is not the caller's to change", async () => {
    const { conversationId, bearer } = await system.born();
    const agent = await system.agent('fuzz-agent');
    // Agents may do what they like to this one, and do.
    const { conversationId: forAgents } = await system.born('tab-of-another');
    const conversation = async () =>
      (await system.rows()).filter((row) => JSON.stringify(row).includes(conversationId));
    const before = await conversation();
    const answers = await sendAll(
      sample(anyCall),
      ({ operation: { path, method }, id: given, who, query, ifMatch, garbage, body }) => {
        const id = given ?? (who === 'agent' ? forAgents : conversationId);
        const proofs = {
          customer: bearer.authorization,
          agent: agent.bearer.authorization,
          garbage: `Bearer ${garbage}`,
          nobody: undefined,
        };
        const authorization = proofs[who];
        return system.call(`${path.slice(1).replace(/\{\w+\}/, id)}?${query}`, {
          method,
          headers: {
            'content-type': 'application/json',
            'x-functions-key': system.stack.functionKey,
            ...(authorization !== undefined && { authorization }),
            ...(ifMatch !== undefined && { 'if-match': ifMatch }),
          },
          ...(method !== 'GET' && { body }),
        });
      },
    );
    expect(failures(answers)).toEqual([]);
    const refused = answers.filter(isRefused);
    expect(refused.length).toBeGreaterThan(REQUESTS / 4);
    expect(await conversation()).toEqual(before);
  }, 600_000);
});
