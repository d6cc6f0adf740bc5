import { POLICY_DOCUMENT } from '../../inbound/policy-document';
import { answer, body, problems, REFUSED_BODY, REFUSED_TICKET, refusals } from '../answers';
import { CONVERSATION_ID } from '../examples';
import type { Operation } from '../operation';
import { CONVERSATION_ID_PARAMETER, REPLACES } from '../parameters';
import { POLICY_EXPLANATIONS, POLICY_TABLE, STORED_POLICIES } from '../schemas/policies';

const RULES = [{ id: 'phones-wait-longer', when: { device: ['phone' as const] }, set: { grace: 'PT5M' } }];

export const POLICIES: readonly Operation[] = [
  {
    id: 'read-policies',
    method: 'get',
    path: '/v1/policies',
    tag: 'Settings',
    summary: 'The policy table',
    description: "The operators' document, the rules that are built in, and what applies otherwise.",
    security: 'function-key',
    responses: {
      200: answer(
        'The `ETag` is that of the document; absent while none is stored.',
        POLICY_TABLE,
        {
          channels: {},
          rules: RULES,
          builtIn: [
            {
              id: 'built-in-persistent-chat',
              when: { channel: ['persistent-chat'] },
              set: { openAutoClose: 'PT43200M', wrapUpAutoClose: 'PT1440M' },
            },
          ],
          base: {
            grace: 'PT3M',
            agentGrace: 'PT1M',
            maxExtension: 'PT30M',
            openAutoClose: 'PT20M',
            openAutoCloseWhileConnected: false,
            wrapUpAutoClose: 'PT15M',
            waitingAutoClose: 'PT1440M',
            wrapUpCapacity: 'always',
            capacityUnits: 20,
            reconnect: false,
            reconnectTimeLimit: 'PT30M',
            reconnectPortalUrl: null,
            reconnectRedirectUrl: null,
          },
        },
        ['ETag'],
      ),
      ...problems(),
    },
  },
  {
    id: 'write-policies',
    method: 'put',
    path: '/v1/policies',
    tag: 'Settings',
    summary: "Replace the operators' policy document",
    description: 'In force at once here, and within 30 seconds everywhere. At most 64 KiB.',
    security: 'function-key',
    parameters: REPLACES,
    requestBody: body(POLICY_DOCUMENT, { channels: {}, rules: RULES }),
    responses: {
      200: answer('The document as it is stored.', STORED_POLICIES, { channels: {}, rules: RULES }, ['ETag']),
      ...problems(REFUSED_BODY, refusals('precondition-failed'), [[428, 'precondition-required']]),
    },
  },
  {
    id: 'explain-policies',
    method: 'get',
    path: '/v1/conversations/{conversationId}/policies',
    tag: 'Settings',
    summary: 'Which policies apply to a conversation, and why',
    description: 'As the conversation is now: the grace period above all. Agents only.',
    security: 'ticket',
    parameters: [CONVERSATION_ID_PARAMETER],
    responses: {
      200: answer('One explanation for each policy.', POLICY_EXPLANATIONS, {
        conversationId: CONVERSATION_ID,
        situation: {
          channel: 'live-chat',
          workstream: 'default',
          channelInstance: 'default',
          state: 'Active',
          device: 'phone',
        },
        grace: {
          name: 'grace',
          value: 'PT5M',
          from: 'phones-wait-longer',
          considered: [{ rule: 'phones-wait-longer', because: 'applies' }],
        },
        policies: [{ name: 'capacityUnits', value: 20, from: 'default', considered: [] }],
      }),
      ...problems(REFUSED_TICKET, refusals('conversation-not-found')),
    },
  },
];
