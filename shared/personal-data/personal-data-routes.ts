import { z } from 'zod';
import type { Call, DurableCall } from '../app/call';
import { StoredRowError } from '../app/errors';
import {
  CONVERSATION,
  CONVERSATION_EXAMPLE,
  ENTRY_EXAMPLE,
  shownEntry,
  shownToAgents,
  TRANSCRIPT_ENTRY,
} from '../conversation/conversation-routes';
import type { ConversationStore, CustomerIndex, StoredConversation } from '../conversation/ports';
import { type Instant, instant } from '../conversation/time';
import {
  CONVERSATION_PATH,
  conversationId,
  conversationIdField,
  EXAMPLE,
  named,
  sequenceNumber,
  wholeNumber,
} from '../http/fields';
import { refuse } from '../http/problems';
import { answer, body, route, type Shown } from '../http/route';
import { EFFECTIVE_POLICY, policiesOf } from '../policies/policies-routes';
import type { SettingsSource } from '../policies/settings-service';
import type { Eraser } from './erase-service';
import type { Erasures } from './erasure';

export interface PersonalDataServices {
  readonly eraser: (call: DurableCall) => Eraser;
  readonly erasures: Pick<Erasures, 'rowsOf'>;
  readonly store: Pick<ConversationStore, 'load' | 'transcript'>;
  readonly customers: Pick<CustomerIndex, 'everyConversationOf' | 'hasRowsUnderOtherKeys'>;
  readonly settings: SettingsSource;
  readonly now: () => Instant;
}

const ERASED = named(
  'ErasedConversation',
  z.object({
    conversationId,
    status: z
      .enum(['erased', 'under-way'])
      .describe('`under-way`: nobody can read or open it any more; the rest is removed within minutes.'),
    erasedAt: instant,
    found: z.boolean().describe('Whether anything was stored.'),
  }),
);

const CUSTOMER = { customerId: z.string().min(1).max(256).describe('As `negotiate-customer` is given it.') };
const CUSTOMER_ID = named('CustomerId', z.strictObject(CUSTOMER));
const incomplete = z
  .boolean()
  .describe(
    'Rows are stored under a key that `CUSTOMER_INDEX_KEYS` does not have any more: conversations of this customer may be ' +
      'among them. Add the key, and repeat the request.',
  );
const CUSTOMER_ERASED = named(
  'ErasedCustomer',
  z.object({
    status: z.enum(['erased', 'under-way']).describe('`under-way`: repeat the request.'),
    erased: z.array(z.object({ conversationId, erasedAt: instant })).describe('By this request.'),
    remaining: z.array(conversationId).describe('What is still to be erased, or has begun meanwhile.'),
    incomplete,
  }),
);

const EXPORT = named(
  'ConversationExport',
  z.object({
    conversationId,
    exportedAt: instant,
    conversation: CONVERSATION.optional().describe('Absent if its record cannot be read.'),
    transcript: z.array(TRANSCRIPT_ENTRY).describe('Every entry, also those for agents only.'),
    nextAfter: sequenceNumber.optional().describe('Where there is more: `after` of the next request.'),
    policies: z.array(EFFECTIVE_POLICY).describe('What applies to it, its retention included.'),
    stored: z
      .array(
        z.object({
          table: z.string(),
          columns: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
        }),
      )
      .describe('Every other row about it, as it is stored: also what no view shows, or nobody can read.'),
  }),
);
const PLACE = z.strictObject({
  conversationId: conversationIdField,
  after: z.int().min(0).describe('The sequence number of the last entry that was given.'),
});
const CUSTOMER_EXPORT = named(
  'CustomerExport',
  z.object({
    conversations: z
      .array(z.object({ conversationId, begunAt: instant.optional().describe('Unless nobody has kept it.') }))
      .describe('All that the customer has had and that are not erased, in the order of the export.'),
    exports: z.array(EXPORT).describe('Of this page. What was never opened has none.'),
    next: PLACE.optional().describe('Where there is more: `from` of the next request.'),
    incomplete,
  }),
);

/** Entries of a page, and conversations of one of a customer. */
const MOST_ENTRIES = 1_000;
const MOST_CONVERSATIONS = 20;

const ERASED_EXAMPLE = {
  conversationId: EXAMPLE.conversationId,
  status: 'erased' as const,
  erasedAt: '2026-03-01T12:00:00.000Z',
  found: true,
};
const EXPORT_EXAMPLE: z.input<typeof EXPORT> = {
  conversationId: EXAMPLE.conversationId,
  exportedAt: '2026-03-01T12:00:00.000Z',
  conversation: CONVERSATION_EXAMPLE,
  transcript: [ENTRY_EXAMPLE],
  policies: [{ name: 'readAfterEnd', value: 'P1D' }],
  stored: [{ table: 'WorkList', columns: { customerName: 'Ann', queue: 'sales' } }],
};

export const PERSONAL_DATA_ROUTES = [
  route({
    id: 'erase-conversation',
    method: 'DELETE',
    path: '/v1/conversations/{conversationId}',
    tag: 'Personal data',
    summary: 'Erase a conversation',
    description:
      'Everything that is stored about it: record, transcript, work list, dead letters, units of capacity, timers, its place ' +
      "among its customer's. One that goes on is ended first, as by its customer. Its tickets and socket URLs open nothing " +
      'any more. What is cut off is finished within minutes, or by a repetition. Twice is once.',
    access: 'an operator',
    durable: true,
    params: CONVERSATION_PATH,
    answer: answer('It is erased, now or before.', ERASED, ERASED_EXAMPLE),
    run: async ({ params }, { eraser }: Pick<PersonalDataServices, 'eraser'>, call) => {
      const erased = await eraser(call).eraseConversation(params.conversationId, 'request');
      if (erased.status === 'goes-on') throw new Error('a request ends what goes on');
      return erased;
    },
  }),

  route({
    id: 'export-conversation',
    method: 'GET',
    path: '/v1/conversations/{conversationId}/export',
    tag: 'Personal data',
    summary: 'Everything that is stored about a conversation',
    access: 'an operator',
    params: CONVERSATION_PATH,
    unknown: 'conversation-not-found',
    query: z.object({
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .default(0)
        .describe('Only entries after this sequence number.'),
      limit: wholeNumber(1, MOST_ENTRIES).default(MOST_ENTRIES).describe('At most so many entries.'),
    }),
    answer: answer('With a page of the transcript.', EXPORT, EXPORT_EXAMPLE),
    run: async ({ params, query }, services: PersonalDataServices, call) =>
      (await exportOf(params.conversationId, query, services, call)) ?? refuse('conversation-not-found'),
  }),

  /** A customer's id can be a mail address: it has no place in a URL, which every proxy logs. */
  route({
    id: 'erase-customer',
    method: 'POST',
    path: '/v1/customers/erase',
    tag: 'Personal data',
    summary: "Erase all conversations of a site's customer",
    description:
      'Of one whom the site has signed in: of others nobody knows which conversations are theirs. Repeat the request until ' +
      '`status` is `erased`; what has failed is named in `remaining`. A conversation that begins meanwhile is erased as well, ' +
      'or remains.',
    access: 'an operator',
    durable: true,
    body: body(CUSTOMER_ID, { customerId: 'customer-77' }),
    answer: answer('What was erased, and what remains.', CUSTOMER_ERASED, {
      status: 'erased',
      erased: [{ conversationId: EXAMPLE.conversationId, erasedAt: '2026-03-01T12:00:00.000Z' }],
      remaining: [],
      incomplete: false,
    }),
    run: async ({ body: { customerId } }, { eraser }: Pick<PersonalDataServices, 'eraser'>, call) => {
      const { erased, remaining, isIncomplete } = await eraser(call).eraseCustomer(customerId);
      const status = remaining.length === 0 ? ('erased' as const) : ('under-way' as const);
      return { status, erased, remaining, incomplete: isIncomplete };
    },
  }),

  route({
    id: 'export-customer',
    method: 'POST',
    path: '/v1/customers/export',
    tag: 'Personal data',
    summary: "Everything that is stored about a site's customer",
    description: 'Page by page: repeat the request with `from` until the answer has no `next`.',
    access: 'an operator',
    body: body(named('CustomerExportRequest', z.strictObject({ ...CUSTOMER, from: PLACE.optional() })), {
      customerId: 'customer-77',
    }),
    answer: answer('A page.', CUSTOMER_EXPORT, {
      conversations: [{ conversationId: EXAMPLE.conversationId, begunAt: '2026-03-01T10:00:00.000Z' }],
      exports: [EXPORT_EXAMPLE],
      incomplete: false,
    }),
    run: async ({ body: { customerId, from } }, services: PersonalDataServices, call) => {
      const known = await services.customers.everyConversationOf(customerId);
      const isLeft = (id: string) => from === undefined || id >= from.conversationId;
      const exports: Shown<typeof EXPORT>[] = [];
      let entries = 0;
      let next: z.output<typeof PLACE> | undefined;
      for (const { conversationId: id } of known.filter((one) => isLeft(one.conversationId))) {
        const after = id === from?.conversationId ? from.after : 0;
        const limit = MOST_ENTRIES - entries;
        if (limit === 0 || exports.length === MOST_CONVERSATIONS) {
          next = { conversationId: id, after };
          break;
        }
        const page = await exportOf(id, { after, limit }, services, call);
        if (page === undefined) continue;
        exports.push(page);
        entries += page.transcript.length;
        if (page.nextAfter === undefined) continue;
        next = { conversationId: id, after: page.nextAfter };
        break;
      }
      return {
        conversations: known.map(({ conversationId: id, begunAt }) => ({
          conversationId: id,
          begunAt: begunAt === 0 ? undefined : begunAt,
        })),
        exports,
        next,
        incomplete: await services.customers.hasRowsUnderOtherKeys(),
      };
    },
  }),
];

/** Undefined: nothing is stored. @throws ErasedError */
async function exportOf(
  id: string,
  page: { readonly after: number; readonly limit: number },
  { store, erasures, settings, now }: PersonalDataServices,
  call: Call,
): Promise<Shown<typeof EXPORT> | undefined> {
  const conversation = (await readable(store.load(id)))?.conversation;
  const stored = await erasures.rowsOf(id);
  const { entries: transcript, unreadable, nextAfter: last } = await store.transcript(id, page);
  if (stored.length + transcript.length + unreadable.length === 0) return undefined;
  const isLast = last === undefined || last === conversation?.lastSequence;
  const { policies } = await settings.current(call);
  return {
    conversationId: id,
    exportedAt: now(),
    conversation: conversation && shownToAgents(conversation),
    transcript: transcript.map(shownEntry),
    nextAfter: isLast ? undefined : last,
    policies: conversation === undefined ? [] : policiesOf(conversation, policies),
    stored,
  };
}

async function readable(
  loading: Promise<StoredConversation | undefined>,
): Promise<StoredConversation | undefined> {
  try {
    return await loading;
  } catch (thrown) {
    if (thrown instanceof StoredRowError) return undefined;
    throw thrown;
  }
}
