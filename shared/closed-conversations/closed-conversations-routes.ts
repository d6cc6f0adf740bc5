import { z } from 'zod';
import { CHANNELS, CLOSE_REASONS, DEVICE_CLASSES, END_REASONS } from '../conversation/conversation';
import { TRANSCRIPT_ENTRY, shownEntry } from '../conversation/conversation-routes';
import type { ConversationStore, TranscriptPage } from '../conversation/ports';
import { instant } from '../conversation/time';
import type { TranscriptEntry } from '../conversation/transcript';
import {
  agentIdField,
  CONVERSATION_PATH,
  conversationId,
  EXAMPLE,
  named,
  page,
  plainName,
  sequenceNumber,
  wholeNumber,
} from '../http/fields';
import { refuse } from '../http/problems';
import { answer, asText, route, withHeaders } from '../http/route';
import type { ClosedConversation, ClosedConversations } from './closed-conversation';
import { entryText, headText } from './transcript-text';

export interface ClosedConversationServices {
  readonly closedConversations: Pick<ClosedConversations, 'list'>;
  readonly store: Pick<ConversationStore, 'load' | 'transcript'>;
}

const CLOSED_CONVERSATION = z.object({
  conversationId,
  closedAt: instant,
  reason: z.enum(END_REASONS).describe('Why it ended.'),
  closeReason: z.enum(CLOSE_REASONS).optional().describe('How its wrap-up ended, where it had one.'),
  agentId: z.string().optional().describe('Who had it when it ended.'),
  queue: z.string(),
  workstream: z.string(),
  channelInstance: z.string().describe('The chat widget.'),
  channel: z.enum(CHANNELS),
  device: z.enum(DEVICE_CLASSES),
  createdAt: instant,
  endedAt: instant,
} satisfies Record<
  Exclude<keyof ClosedConversation, 'absences' | 'disconnections' | 'knockedAt'>,
  z.ZodType
>);
const CLOSED_CONVERSATION_PAGE = named(
  'ClosedConversationPage',
  z.object({
    items: z.array(CLOSED_CONVERSATION),
    unreadable: z.array(z.string()).describe('Rows of the list that cannot be read.'),
    continuationToken: z.string().optional().describe('Where there is more: asks for the next page.'),
  }),
);
named('ClosedConversation', CLOSED_CONVERSATION);

const TRANSCRIPT_PAGE = named(
  'TranscriptPage',
  z.object({
    conversationId,
    transcript: z.array(TRANSCRIPT_ENTRY),
    unreadable: z.array(sequenceNumber).describe('Entries that are stored and cannot be read.'),
    nextAfter: sequenceNumber.optional().describe('Where there is more: `after` of the next request.'),
  }),
);

/** A moment of a query: ISO 8601 in UTC, with any precision. */
export const moment = z.codec(z.iso.datetime(), z.number(), {
  decode: (text) => new Date(text).getTime(),
  encode: (value) => new Date(value).toISOString(),
});

/** Entries of one request to the storage. */
const ENTRIES = 1_000;
/** Characters of texts in one answer, some more for the last request: an answer is made in memory. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** The entries after this one, as many as fit into an answer. */
async function entriesAfter(
  id: string,
  { after, limit }: { readonly after: number; readonly limit: number },
  store: ClosedConversationServices['store'],
): Promise<TranscriptPage> {
  const entries: TranscriptEntry[] = [];
  const unreadable: number[] = [];
  let characters = 0;
  let from: number | undefined = after;
  while (from !== undefined && entries.length < limit && characters < MOST_CHARACTERS) {
    const asked = Math.min(ENTRIES, limit - entries.length);
    const page: TranscriptPage = await store.transcript(id, { after: from, limit: asked });
    entries.push(...page.entries);
    unreadable.push(...page.unreadable);
    for (const { text } of page.entries) characters += text.length;
    from = page.nextAfter;
  }
  return { entries, unreadable, ...(from !== undefined && { nextAfter: from }) };
}

export const CLOSED_CONVERSATION_ROUTES = [
  route({
    id: 'list-closed-conversations',
    method: 'GET',
    path: '/v1/closed-conversations',
    tag: 'Closed conversations',
    summary: 'Closed conversations, by time, agent, queue and reason',
    description:
      'The latest first. A page can be short, or empty, and still have a `continuationToken`: a search reads a bounded part of ' +
      'the list for each request. Without texts and names; erased conversations are not on it.',
    access: 'an operator',
    query: z.object({
      from: moment.exactOptional().describe('Closed at this moment or later.'),
      to: moment.exactOptional().describe('Closed before this moment.'),
      agentId: agentIdField.exactOptional().describe('Only those that this agent had when they ended.'),
      queue: plainName.exactOptional().describe('Only those of this queue.'),
      reason: z.enum(END_REASONS).exactOptional().describe('Only those that ended for this reason.'),
      ...page({ limit: 'At most so many.' }),
    }),
    answer: answer('A page of the list.', CLOSED_CONVERSATION_PAGE, {
      items: [
        {
          conversationId: EXAMPLE.conversationId,
          closedAt: '2026-03-01T10:21:00.000Z',
          reason: 'customer-disconnected',
          closeReason: 'agent-closed',
          agentId: 'bob',
          queue: 'sales',
          workstream: 'default',
          channelInstance: 'default',
          channel: 'live-chat',
          device: 'phone',
          createdAt: '2026-03-01T10:00:00.000Z',
          endedAt: '2026-03-01T10:05:05.000Z',
        },
      ],
      unreadable: [],
    }),
    run: async ({ query }, { closedConversations }: ClosedConversationServices) =>
      closedConversations.list(query),
  }),

  route({
    id: 'download-transcript',
    method: 'GET',
    path: '/v1/conversations/{conversationId}/transcript',
    tag: 'Closed conversations',
    summary: 'The transcript of a conversation, as JSON or as text',
    description:
      'Everything that was said in it and every notice, whether it is closed or goes on. As text, a line that begins with a ' +
      'moment begins an entry, further lines of a text are indented, and lines of the file itself begin with `#`. What does ' +
      'not fit into one answer goes on where `Link` (`rel="next"`) leads.',
    access: 'an operator',
    params: CONVERSATION_PATH,
    unknown: 'conversation-not-found',
    query: z.object({
      format: z.enum(['json', 'text']).default('json').describe('What the file is.'),
      after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
        .default(0)
        .describe('Only entries after this sequence number.'),
      limit: wholeNumber(1, 10_000).default(10_000).describe('At most so many entries.'),
    }),
    answer: answer(
      'A part of the transcript: all of it, if there is no `Link`.',
      TRANSCRIPT_PAGE,
      {
        conversationId: EXAMPLE.conversationId,
        transcript: [
          {
            sequence: 1,
            at: '2026-03-01T10:00:20.000Z',
            kind: 'message',
            author: { role: 'customer', name: 'Ann' },
            text: 'Where is my parcel?',
          },
        ],
        unreadable: [],
      },
      {
        headers: ['Content-Disposition', 'Link'],
        text: '2026-03-01T10:00:20.000Z customer "Ann": Where is my parcel?\n',
      },
    ),
    run: async ({ params, query }, { store }: ClosedConversationServices) => {
      const { format, after, limit } = query;
      const stored = await store.load(params.conversationId);
      if (stored === undefined) return refuse('conversation-not-found');
      const { id } = stored.conversation;
      const { entries, unreadable, nextAfter: last } = await entriesAfter(id, query, store);
      const nextAfter = last !== undefined && last < stored.conversation.lastSequence ? last : undefined;
      const next = new URLSearchParams({ format, after: `${nextAfter}`, limit: `${limit}` });
      const headers = {
        // An id has nothing that a file's name could not have.
        'content-disposition': `attachment; filename="conversation-${id}.${format === 'text' ? 'txt' : 'json'}"`,
        ...(nextAfter !== undefined && {
          link: `<?${next.toString()}>; rel="next"`,
        }),
      };
      if (format === 'text') {
        const head = after === 0 ? headText(stored.conversation) : '';
        const missing = unreadable.map((sequence) => `# Entry ${sequence} cannot be read\n`);
        return asText([head, ...entries.map(entryText), ...missing].join(''), headers);
      }
      const transcript = entries.map(shownEntry);
      return withHeaders({ conversationId: id, transcript, unreadable, nextAfter }, headers);
    },
  }),
];
