import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
  decodeCustomer,
  decodeIndexed,
  encodeCustomer,
  encodeIndexed,
} from '../../../../shared/access/customers-table';
import { StoredRowError } from '../../../../shared/app/errors';
import { automatedMessage } from '../../../../shared/automated-messages/automated-message';
import {
  decodeAgent,
  decodeHolding,
  encodeAgent,
  encodeHolding,
} from '../../../../shared/capacity/capacity-table';
import {
  decodeClosedConversation,
  decodeDayProgress,
  decodeOlderProgress,
  encodeClosedConversation,
  encodeDayProgress,
  encodeOlderProgress,
} from '../../../../shared/closed-conversations/closed-conversations-table';
import {
  decodeConversation,
  decodeEntry,
  decodeWorkListItem,
  encodeConversation,
  encodeEntry,
  encodeWorkListItem,
} from '../../../../shared/conversation/conversation-table';
import {
  CONVERSATION_WITH_TRANSCRIPT,
  CUSTOMERS_CONVERSATION,
  shownToAgents,
  shownToCustomers,
  WORK_LIST_PAGE,
} from '../../../../shared/conversation/conversation-routes';
import { toIso } from '../../../../shared/conversation/time';
import { deadlinesOf, workListItem as itemOfConversation } from '../../../../shared/conversation/work-list';
import { DEADLINE_KINDS } from '../../../../shared/conversation/conversation';
import { decodeDeadLetter, encodeDeadLetter } from '../../../../shared/dead-letters/dead-letters-table';
import { shown as encoded } from '../../../../shared/http/route';
import { ERASURE_CAUSES } from '../../../../shared/personal-data/erasure';
import { decodeErasure, encodeErasure } from '../../../../shared/personal-data/erasures-table';
import { parsePolicyDocument, policyDocumentView } from '../../../../shared/policies/policy-document-parser';
import {
  decodeOverride,
  decodePolicies,
  encodeOverride,
  encodePolicies,
} from '../../../../shared/policies/settings-table';
import { rowName } from '../../../../shared/storage/table';
import * as stored from '../../../unit/storage/older-rows';
import { asRead } from '../../../unit/storage/samples';
import * as arbitrary from '../../storage/arbitraries';
import { longJson, someLongTexts } from '../long-texts';
import { mutatedRow, oneOf } from '../mutations';
import { must, readsOrRefuses, target, type Target } from '../target';
import { POLICIES } from './bodies';
import { handleAnything } from './handle-anything';

/** A kind of row, and what may stand in it. */
export interface Row<T> {
  readonly name: string;
  readonly parser: string;
  readonly values: fc.Arbitrary<T>;
  readonly encode: (value: T) => object;
  readonly decode: (row: object) => T;
  /** Rows as earlier versions have written them. */
  readonly older?: readonly Record<string, unknown>[];
  /** What everybody does with it who has read it. */
  readonly use?: (value: T) => void;
}

/**
 * A row of a table, of this version or an older one, with columns bent, gone or added: read as a value that can be used
 * and written again, or refused with a `StoredRowError` that names row and column.
 */
function row<T>(kind: Row<T>): Target & { readonly kind: Row<unknown> } {
  const { name, parser, values, encode, decode, older = [], use = () => undefined } = kind;
  const drawn = { numRuns: 200, seed: 20_261_126 };
  let made: Record<string, unknown>[] | undefined;
  const written = () => (made ??= fc.sample(values, drawn).map((value) => asRead(encode(value))));
  const readAgain = (value: T): void => {
    must(
      isDeepStrictEqual(plain(decode(asRead(encode(value)))), plain(value)),
      'what was read is the same once written',
    );
  };
  const fired = target<object>({
    name: `row: ${name}`,
    parsers: [parser],
    inputs: mutatedRow(oneOf(drawn.numRuns + older.length, () => [...written(), ...older])),
    reads: (given) =>
      readsOrRefuses(
        () => {
          const value = decode(given);
          use(value);
          // Too large a number or a text may be read, and is refused when it is to be stored.
          readsOrRefuses(() => readAgain(value), StoredRowError);
        },
        StoredRowError,
        ({ row: named, message }) => {
          must(named === rowName(given), 'names the row');
          must(/^[A-Za-z]\w*(: |\.)./.test(message.slice(named.length + 2)), `names the column: ${message}`);
        },
      ),
    *long(characters) {
      const good = Object.assign({}, ...written(), written()[0]) as Record<string, unknown>;
      for (const column of Object.keys(good).filter((name) => !/^(etag|timestamp|odata)/.test(name)))
        for (const text of (isJson(good[column]) ? longJson : someLongTexts)(characters))
          yield { ...good, [column]: text };
    },
  });
  return { ...fired, kind: kind as unknown as Row<unknown> };
}

const isJson = (value: unknown): boolean => /^[[{]/.test(String(value));
/** As JSON has it, which knows no -0. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

const listed = (item: object) => encoded(WORK_LIST_PAGE, { items: [item] });

export const ROWS = [
  row({
    name: 'conversation',
    parser: 'decodeConversation',
    values: arbitrary.conversation,
    encode: encodeConversation,
    decode: decodeConversation,
    older: [
      ...[stored.QUEUED, stored.AWAY, stored.CLOSED, stored.ENDED, stored.AWAY_2],
      { ...stored.AWAY_2, disconnectionExtension: stored.ONE_KEY },
    ],
    use(value) {
      encoded(CONVERSATION_WITH_TRANSCRIPT.shape.conversation, shownToAgents(value));
      encoded(CUSTOMERS_CONVERSATION, shownToCustomers(value));
      deadlinesOf(value).forEach(({ at }) => toIso(at));
      handleAnything(value);
      const item = itemOfConversation(value);
      if (item) listed(item);
    },
  }),
  row({
    name: 'transcript entry',
    parser: 'decodeEntry',
    values: arbitrary.entry,
    encode: (value) => encodeEntry('c-00000001', value),
    decode: decodeEntry,
    older: [{ ...stored.MESSAGE, authorRole: 'customer', authorName: 'Zoë' }, stored.NOTICE],
    use(value) {
      encoded(CONVERSATION_WITH_TRANSCRIPT.shape.transcript, [value]);
    },
  }),
  row({
    name: 'work-list item',
    parser: 'decodeWorkListItem',
    values: arbitrary.workListItem,
    encode: encodeWorkListItem,
    decode: decodeWorkListItem,
    older: [stored.LISTED],
    use: listed,
  }),
  row({
    name: "agent's capacity",
    parser: 'decodeAgent',
    values: arbitrary.agentTotal,
    encode: (agent) => encodeAgent('ann', agent),
    decode: decodeAgent,
  }),
  row({
    name: 'holding of capacity',
    parser: 'decodeHolding',
    values: arbitrary.holding,
    encode: ({ units, reservedAt, ...claim }) =>
      encodeHolding({ agentId: 'ann', ...claim }, units, reservedAt),
    decode: decodeHolding,
    use: ({ units, reservedAt }) =>
      must(units >= 0 && toIso(reservedAt) !== '', 'units that are not negative'),
  }),
  row({
    name: 'policy document',
    parser: 'decodePolicies',
    values: fc.constantFrom(...POLICIES.map((document) => parsePolicyDocument(document))),
    encode: (document) => encodePolicies(policyDocumentView(document)),
    decode: (given) => decodePolicies(given, (value) => parsePolicyDocument(value, 'document')),
  }),
  row({
    name: 'override of a message',
    parser: 'decodeOverride',
    values: arbitrary.override,
    encode: encodeOverride,
    decode: decodeOverride,
    use(value) {
      const place = { channel: 'live-chat', channelInstance: 'default', locale: 'de-AT' } as const;
      automatedMessage([value], value.trigger, { ...place, queueName: 'sales', context: {} });
    },
  }),
  row({
    name: 'dead letter',
    parser: 'decodeDeadLetter',
    values: arbitrary.deadLetter,
    encode: encodeDeadLetter,
    decode: decodeDeadLetter,
    use: ({ firstSeen, lastSeen, resolvedAt = 0 }) => [firstSeen, lastSeen, resolvedAt].forEach(toIso),
  }),
  row({
    name: 'closed conversation',
    parser: 'decodeClosedConversation',
    values: arbitrary.closedConversation,
    encode: encodeClosedConversation,
    decode: decodeClosedConversation,
    use: ({ createdAt, endedAt, closedAt }) => [createdAt, endedAt, closedAt].forEach(toIso),
  }),
  row({
    name: 'day that was gone through',
    parser: 'decodeDayProgress',
    values: arbitrary.dayProgress,
    encode: encodeDayProgress,
    decode: decodeDayProgress,
  }),
  row({
    name: 'search for older ones',
    parser: 'decodeOlderProgress',
    values: arbitrary.olderProgress,
    encode: encodeOlderProgress,
    decode: decodeOlderProgress,
  }),
  row({
    name: "customer's latest conversation",
    parser: 'decodeCustomer',
    values: fc.array(arbitrary.id, { minLength: 1, maxLength: 8 }),
    encode: (conversationIds) => encodeCustomer('k.12345678.a1b2', conversationIds),
    decode: decodeCustomer,
  }),
  row({
    name: "customer's conversation",
    parser: 'decodeIndexed',
    values: fc.record(
      { conversationId: arbitrary.id, begunAt: arbitrary.instant },
      { noNullPrototype: true },
    ),
    encode: (indexed) => encodeIndexed('k.12345678.a1b2', indexed),
    decode: decodeIndexed,
    use: ({ begunAt }) => toIso(begunAt),
  }),
  row({
    name: 'erasure that is not finished',
    parser: 'decodeErasure',
    values: fc.record(
      {
        conversationId: arbitrary.id,
        because: fc.constantFrom(...ERASURE_CAUSES),
        begunAt: arbitrary.instant,
        timers: fc.dictionary(fc.constantFrom(...DEADLINE_KINDS), fc.nat(10_000), { noNullPrototype: true }),
        holds: fc.array(
          fc.record({ agentId: arbitrary.id, assignment: fc.nat() }, { noNullPrototype: true }),
        ),
        closedAt: fc.constant('2026-01-31T12:00:00.000Z'),
        removedAt: arbitrary.instant,
      },
      { requiredKeys: ['conversationId', 'because', 'begunAt', 'timers', 'holds'], noNullPrototype: true },
    ),
    encode: encodeErasure,
    decode: decodeErasure,
    use: ({ begunAt, removedAt = 0 }) => [begunAt, removedAt].forEach(toIso),
  }),
];
