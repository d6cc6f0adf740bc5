import { LIST_QUERY, READ_QUERY } from '../../inbound/conversation-queries';
import { answer, problems, REFUSED_QUERY, REFUSED_TICKET, refusals } from '../answers';
import { CONVERSATION_EXAMPLE, CONVERSATION_ID } from '../examples';
import type { Operation } from '../operation';
import { CONVERSATION_ID_PARAMETER, queryParameters } from '../parameters';
import { RECONNECT_LINK } from '../schemas/negotiation';
import { CONVERSATION_WITH_TRANSCRIPT } from '../schemas/transcript';
import { WORK_LIST_PAGE } from '../schemas/work-list';

export const CONVERSATIONS: readonly Operation[] = [
  {
    id: 'list-conversations',
    method: 'get',
    path: '/v1/conversations',
    tag: 'Conversations',
    summary: 'The work list: conversations that are not closed',
    description: 'In no order. A copy: a line can be older than the conversation for a moment. Agents only.',
    security: 'ticket',
    parameters: queryParameters(LIST_QUERY, {
      state: 'Only conversations in this state.',
      agentId: 'Only conversations of this agent.',
      limit: 'At most so many.',
      continuationToken: 'From the answer before.',
    }),
    responses: {
      200: answer('A page of the list.', WORK_LIST_PAGE, {
        items: [
          {
            conversationId: CONVERSATION_ID,
            channel: 'live-chat',
            state: 'Active',
            queue: 'sales',
            customerName: 'Ann',
            agentId: 'bob',
            accepted: true,
            createdAt: '2026-03-01T10:00:00.000Z',
            stateSince: '2026-03-01T10:01:00.000Z',
            disconnection: {
              number: 2,
              since: '2026-03-01T10:02:05.000Z',
              deadline: '2026-03-01T10:05:05.000Z',
            },
            deadlines: [],
          },
        ],
      }),
      ...problems(REFUSED_QUERY, REFUSED_TICKET),
    },
  },
  {
    id: 'read-conversation',
    method: 'get',
    path: '/v1/conversations/{conversationId}',
    tag: 'Conversations',
    summary: 'One conversation with its transcript',
    description:
      'For agents, and for the customer whose conversation it is, until it ends; the customer does not see what is for ' +
      'agents.',
    security: 'ticket',
    parameters: [
      CONVERSATION_ID_PARAMETER,
      ...queryParameters(READ_QUERY, {
        after: 'Only entries after this sequence number.',
        limit: 'At most so many entries.',
      }),
    ],
    responses: {
      200: answer(
        'The `ETag` names this version; actions accept it in `If-Match`.',
        CONVERSATION_WITH_TRANSCRIPT,
        {
          conversation: CONVERSATION_EXAMPLE,
          transcript: [
            {
              sequence: 1,
              at: '2026-03-01T10:00:20.000Z',
              kind: 'message',
              author: { role: 'customer', name: 'Ann' },
              text: 'Where is my parcel?',
            },
          ],
        },
        ['ETag'],
      ),
      ...problems(REFUSED_QUERY, REFUSED_TICKET, refusals('conversation-not-found', 'conversation-ended')),
    },
  },
  {
    id: 'reconnect-link',
    method: 'get',
    path: '/v1/conversations/{conversationId}/reconnect-link',
    tag: 'Conversations',
    summary: 'A link with which the customer finds back',
    description:
      'What a desk puts in place of `{ReconnectUrl}` in a quick reply. The page behind it hands the query parameter ' +
      '`oc.reconnectid` to `negotiate`. Void once the conversation has ended. Agents only.',
    security: 'ticket',
    parameters: [CONVERSATION_ID_PARAMETER],
    responses: {
      200: answer('The id, and the link where policy names a page.', RECONNECT_LINK, {
        reconnectId: 'eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ…',
        reconnectUrl: 'https://shop.example/help?oc.reconnectid=eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ…',
      }),
      ...problems(REFUSED_TICKET, refusals('conversation-not-found', 'conversation-ended'), [
        [409, 'reconnect-disabled'],
      ]),
    },
  },
];
