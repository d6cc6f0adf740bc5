import { isIP } from 'node:net';
import fc from 'fast-check';
import type { ZodType } from 'zod';
import { call } from '../../../unit/handlers/request';
import { clientAddressOf } from '../../../../shared/access/caller-guard';
import { InvalidInputError } from '../../../../shared/app/errors';
import { ROUTES } from '../../../../shared/app/routes';
import { NOT_FOUND } from '../../../../shared/conversation/decision';
import { listToken, parseListPosition } from '../../../../shared/conversation/conversation-routes';
import { AGENT_ACTIONS } from '../../../../shared/conversation/inputs';
import { IF_KNOWN, IF_MATCH, plainName, REPLACES, versionReplaced } from '../../../../shared/http/fields';
import {
  given as givenOf,
  type HttpInput,
  parseWith,
  refuseUnknownNames,
} from '../../../../shared/http/route';
import { fromPublicToken, toPublicToken } from '../../../../shared/storage/pages';
import { silent } from '../../../support/silent';
import { each, flat, longTexts, someLongTexts } from '../long-texts';
import { mutatedJson, mutatedText } from '../mutations';
import { must, readsOrRefuses, target, type Target } from '../target';

const NONE = { get: () => null, keys: () => [] };
const request = (parts: Partial<HttpInput>): HttpInput => ({
  method: 'POST',
  headers: NONE,
  query: NONE,
  params: {},
  arrayBuffer: async () => new ArrayBuffer(0),
  ...parts,
});

/** Queries of which up to two parameters are bent. */
const mutatedQuery = (good: readonly string[]): fc.Arbitrary<string> => {
  const parameters = good.flatMap((text) => [...new URLSearchParams(text)]);
  const bent = fc
    .constantFrom(...parameters)
    .chain(([name, value]) =>
      mutatedText(fc.constant(value)).map((text): [string, string] => [name, text.toWellFormed()]),
    );
  return fc
    .tuple(fc.constantFrom(...good), fc.array(bent, { minLength: 1, maxLength: 2 }))
    .map(([text, changes]) => `${new URLSearchParams(changes).toString()}&${text}`);
};

function inputOf(id: string, part: 'query' | 'params'): ZodType {
  const schema = ROUTES.find((route) => route.id === id)?.inputs[part];
  if (schema === undefined) throw new Error(`${id} reads no ${part}`);
  return schema;
}

/** A query string: read, or refused with a 4xx that names the parameter. */
const query = (name: string, id: string, good: readonly string[]): Target => {
  const schema = inputOf(id, 'query');
  const names = [...new Set(good.flatMap((text) => [...new URLSearchParams(text).keys()]))];
  return target<string>({
    name: `query: ${name}`,
    parsers: [id, 'given', 'parseWith', 'refuseUnknownNames'],
    inputs: fc.oneof(mutatedText(fc.constantFrom(...good)), mutatedQuery(good)),
    reads: (text) =>
      readsOrRefuses(
        () => {
          const query = new URLSearchParams(text);
          refuseUnknownNames(query, [...query.keys()]);
          return parseWith(schema, givenOf(names, query), 'query');
        },
        InvalidInputError,
        ({ field }) => must(/^query\.\w+$/.test(field), `names the parameter: ${field}`),
      ),
    long: (characters) => flat(names, (one) => each(someLongTexts(characters), (text) => `${one}=${text}`)),
  });
};

/** One text from outside: read, or refused. */
const text = (
  name: string,
  parsers: readonly string[],
  good: readonly string[],
  parse: (text: string) => unknown,
) =>
  target<string>({
    name,
    parsers,
    inputs: mutatedText(fc.constantFrom(...good)),
    reads: (given) => readsOrRefuses(() => parse(given), InvalidInputError),
    long: (characters) => longTexts(characters),
  });

const CALLER = { role: 'agent', agentId: 'ann', agentName: 'Ann' } as const;
const ACTION_BODIES = [{ agentId: 'bob' }, { queue: 'sales' }, { by: 'PT5M' }];
const sdkToken = (position: object): string =>
  toPublicToken(Buffer.from(JSON.stringify(position)).toString('base64'));

export const REQUESTS: readonly Target[] = [
  query('work list', 'list-conversations', [
    '',
    'state=Open&agentId=ann&limit=500&continuationToken=abc',
    'limit=1',
  ]),
  query('transcript', 'read-conversation', ['', 'after=0&limit=1000', 'after=9007199254740991']),
  query('export', 'export-conversation', ['', 'after=0&limit=1000', 'after=9007199254740991']),
  query('automated messages', 'list-automated-messages', [
    '',
    'channel=live-chat&channelInstance=shop&locale=zh-Hant-TW',
  ]),
  query('override to delete', 'delete-automated-message', [
    '',
    'channel=persistent-chat&channelInstance=shop&locale=de',
  ]),
  query('closed conversations', 'list-closed-conversations', [
    '',
    'from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00.5Z&agentId=ann&queue=sales&reason=agent-ended&limit=9',
    'limit=500&continuationToken=abc',
  ]),
  query('insights', 'insights', [
    '',
    'from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00.5Z&queue=sales&device=phone&grace=PT1M30S',
  ]),
  query('transcript to download', 'download-transcript', ['', 'format=text&after=12&limit=10000']),
  query('dead letters', 'list-dead-letters', ['', 'state=resolved&limit=500&continuationToken=abc']),
  text('path: trigger', ['write-automated-message'], ['agent-joined', 'customer-disconnected'], (trigger) =>
    parseWith(inputOf('write-automated-message', 'params'), { trigger }, 'path'),
  ),
  text(
    'path: ids',
    [
      'conversationIdField',
      'CONVERSATION_PATH',
      'agentIdField',
      'read-conversation',
      'read-capacity',
      'replay-dead-letter',
    ],
    ['conversation-0001', 'Ann_1', 'conversation-0001.deadline-failed.disconnection.2'],
    (given) => {
      const read = (['read-conversation', 'read-capacity', 'replay-dead-letter'] as const).filter(
        (id) =>
          inputOf(id, 'params').safeParse({ conversationId: given, agentId: given, deadLetterId: given })
            .success,
      );
      if (read.length === 0) throw new InvalidInputError('path', 'no id');
      must(/^[\w.-]{1,200}$/.test(given), 'an id is safe in a key and in a URL');
    },
  ),
  text('header: Idempotency-Key', ['extend-wait-conversation', 'plainName'], ['key-1', 'A_b-9'], (given) =>
    parseWith(plainName, given, 'Idempotency-Key'),
  ),
  target<string>({
    name: 'header: If-Match',
    parsers: ['IF_MATCH', 'IF_KNOWN', 'REPLACES', 'versionReplaced'],
    inputs: mutatedText(fc.constantFrom('W/"datetime\'2026-01-31T12%3A00\'"', '*', '', '"a", "b"')),
    isTotal: true,
    reads(given) {
      const etag = IF_MATCH['If-Match'].parse(given);
      const expected = versionReplaced(REPLACES.parse({ 'If-Match': given, 'If-None-Match': given }));
      must(
        IF_KNOWN.parse({ 'If-None-Match': given })['If-None-Match'] === given,
        'what is known as it was sent',
      );
      for (const one of [etag, expected === 'create' ? undefined : expected?.etag])
        must(one === undefined || (one.trim() === one && one !== ''), 'no ETag of blanks');
      return true;
    },
    long: (characters) => longTexts(characters),
  }),
  target<string>({
    name: 'header: X-Forwarded-For',
    parsers: ['clientAddressOf'],
    inputs: fc.oneof(
      { weight: 3, arbitrary: mutatedText(fc.constantFrom('::1, 203.0.113.7:4711', '[2001:db8::1]:80')) },
      fc.oneof(fc.ipV4(), fc.ipV6()),
    ),
    isTotal: true,
    reads(given) {
      const address = clientAddressOf({ get: () => given }, given.length % 6);
      must(/^(\d{1,3}(\.\d{1,3}){3}|([0-9a-f]{1,4}:){4}:\/64)$/.test(address ?? '1.1.1.1'), `${address}`);
      const added = clientAddressOf({ get: () => given }, 0);
      must(added !== undefined || isIP(given) === 0, 'every address is known');
      must(
        clientAddressOf({ get: () => `203.0.113.9, ${given}` }, 0) === added || added === undefined,
        'what a client claims is not believed',
      );
      return true;
    },
    long: (characters) => longTexts(characters),
  }),
  target<string>({
    name: 'header: WebHook-Request-Origin',
    parsers: ['validate-web-pubsub-events'],
    inputs: mutatedText(fc.constantFrom('x.webpubsub.azure.com', 'a.example, x.webpubsub.azure.com')),
    async reads(given) {
      const answer = await call(
        'validate-web-pubsub-events',
        request({ method: 'OPTIONS', headers: { get: () => given } }),
        { serviceHosts: ['x.webpubsub.azure.com'], loggerOf: () => silent },
      );
      must(answer.status === 200 || answer.status === 400, `status ${answer.status}`);
      return answer.status === 200;
    },
    long: (characters) => longTexts(characters),
  }),
  text(
    'continuation token',
    ['fromPublicToken', 'parseListPosition'],
    [
      'mbo5y8w0.conversation-0001',
      sdkToken({ nextPartitionKey: 'shard-0', nextRowKey: 'conversation-0001' }),
      sdkToken({ nextPartitionKey: 'shard-f' }),
    ],
    (given) => {
      if (!given.includes('.')) return fromPublicToken(given);
      const position = parseListPosition(given);
      must(listToken(parseListPosition(listToken(position))) === listToken(position), 'a token of its own');
      return position;
    },
  ),
  target<{ action: (typeof AGENT_ACTIONS)[number]; bytes: Uint8Array; key: string | null }>({
    name: "request: an agent's action",
    parsers: AGENT_ACTIONS.map((action) => `${action}-conversation`),
    inputs: fc.record({
      action: fc.constantFrom(...AGENT_ACTIONS),
      bytes: mutatedJson(fc.constantFrom(...ACTION_BODIES)),
      key: fc.option(mutatedText(fc.constant('key-1')), { nil: null }),
    }),
    async reads({ action, bytes, key }) {
      const headers = { get: (name: string) => (name.toLowerCase() === 'idempotency-key' ? key : null) };
      const asked = request({
        headers,
        params: { conversationId: 'conversation-0001' },
        arrayBuffer: async () => new Uint8Array(bytes).buffer,
      });
      const receive = async () => ({ kind: 'refused', refusal: NOT_FOUND });
      const services = {
        tickets: { callerOf: async () => CALLER },
        conversations: () => ({ receive }),
        loggerOf: () => silent,
      };
      const { status } = await call(`${action}-conversation`, asked, services);
      must([400, 404, 413].includes(status), `status ${status}`);
      return status === 404;
    },
    long: (characters) =>
      each(longTexts(characters), (key) => ({
        action: 'extend-wait',
        bytes: Buffer.from('{"by":"PT5M"}'),
        key,
      })),
  }),
];
