import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { z, type ZodType } from 'zod';
import { InvalidInputError } from '../../../shared/app/errors';
import { ROUTES } from '../../../shared/app/routes';
import { page, WHOLE } from '../../../shared/http/fields';
import { parseWith } from '../../../shared/http/route';
import { POLICY_DOCUMENT } from '../../../shared/policies/policy-document-parser';
import { row } from '../../../shared/storage/table';

/** What is answered as `detail`. */
function detailOf(schema: ZodType, value: unknown): string {
  try {
    return `accepted ${JSON.stringify(parseWith(schema, value, 'body'))}`;
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    return thrown.message;
  }
}

const LIMIT = z.object({ limit: page({ limit: '' }).limit });
const withSet = (set: object) => ({ channels: {}, rules: [{ id: 'a', when: {}, set }] });

describe('what is wrong with a value', () => {
  it.each([
    ['1000', 'must be at most 500'],
    ['0', 'must be at least 1'],
    ['-1', 'must be at least 1'],
    ['1.5', 'must be a whole number'],
    ['many', 'must be a whole number'],
  ])('a limit of %s %s', (limit, text) => {
    expect(detailOf(LIMIT, { limit })).toBe(`body.limit: ${text}`);
  });

  it.each<[string, unknown, string]>([
    ['is left out', undefined, 'is missing'],
    ['is a text', 'x', 'must be a whole number'],
    ['is a fraction', 0.5, 'must be a whole number'],
    ['is too large', 7, 'must be at most 5'],
  ])('a number that %s', (_, units, text) => {
    const schema = z.object({ units: z.int(WHOLE).min(0).max(5) });
    expect(detailOf(schema, { units })).toBe(`body.units: ${text}`);
  });

  it.each<[object, string]>([
    [{ grace: 'P8D' }, 'grace: must be an ISO 8601 duration from PT1S to P7D'],
    [{ grace: 5 }, 'grace: must be an ISO 8601 duration from PT1S to P7D'],
    [{ agentGrace: 'PT25H' }, 'agentGrace: must be an ISO 8601 duration from PT1S to PT24H'],
    [{ openAutoClose: 'P61D' }, 'openAutoClose: must be "never" or an ISO 8601 duration from PT1S to P60D'],
    [
      { wrapUpCapacity: 1 },
      'wrapUpCapacity: must be "always" or "none" or an ISO 8601 duration from PT30S to PT1H',
    ],
    [{ reconnect: 'yes' }, 'reconnect: must be true or false'],
    [{ gracePeriod: 'PT1M' }, 'gracePeriod: is not known here'],
    [{ reconnectPortalUrl: 'ftp://x' }, 'reconnectPortalUrl: must be an https URL'],
  ])('a policy %j', (set, text) => {
    expect(detailOf(POLICY_DOCUMENT, withSet(set))).toBe(`body.rules.0.set.${text}`);
  });

  it.each<[unknown, string]>([
    [{ channels: { a: 'sms' } }, 'body.channels.a: must be "live-chat" or "persistent-chat"'],
    [{ channels: { 'a b': 'live-chat' } }, 'body.channels.a b: must be 1 to 64 letters, digits, "_" or "-"'],
    [{ channels: [] }, 'body.channels: must be an object'],
    [{ rules: {} }, 'body.rules: must be a list'],
    ['text', 'body: must be an object'],
    [{ rules: [{ id: 'a', when: { device: [] }, set: {} }] }, 'body.rules.0.when.device: must not be empty'],
  ])('a policy document %j', (document, text) => {
    expect(detailOf(POLICY_DOCUMENT, document)).toBe(text);
  });

  it('of a stored row is told in the same words', () => {
    const decode = () =>
      row(z.object({ state: z.enum(['a', 'b']) })).decode({ schemaVersion: 2, state: 'c' });
    expect(decode).toThrow('?/?: state: must be "a" or "b"');
  });
});

const junk = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, '', ' ', 'x', -1, 0, 1.5, 1e9, Number.NaN, true, [], {}, [null]),
  fc.string({ maxLength: 200 }),
  fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
);

/** What each route reads, by its name in the field of a problem. */
const READ = ROUTES.flatMap(({ id, inputs: { params, query, headers, body } }) =>
  [params, query, headers, body?.schema].flatMap((schema) =>
    schema === undefined ? [] : [[id, schema] as const],
  ),
);

it.each(READ)('%s tells in words of this product what it cannot read', (_, schema) => {
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const value = fc.oneof(
    junk,
    fc.dictionary(fc.oneof(fc.constantFrom('x', ...names), fc.string()), junk, { maxKeys: 4 }),
  );
  fc.assert(
    fc.property(value, (given) => {
      const [, detail = ''] = /^body[^\0]*?: ((?:is|must) [^\0]*)$/.exec(detailOf(schema, given)) ?? [];
      if (detail === '') expect(detailOf(schema, given)).toMatch(/^accepted |: character \d+: /);
      expect(detail).not.toMatch(/invalid|expected|received|too (big|small)|unrecognized|undefined|NaN/i);
    }),
  );
});
