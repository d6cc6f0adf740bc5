import { z } from 'zod';
import { CHANNELS } from '../conversation/conversation';
import { ETAG } from '../http/examples-operations';
import {
  answer,
  body,
  type Operation,
  type ProblemAt,
  problems,
  refusals,
  REFUSED_BODY,
  REFUSED_QUERY,
  withoutContent,
} from '../http/operation';
import { IF_MATCH, queryParameters, REPLACES, TRIGGER_PARAMETER } from '../http/parameters-operations';
import { AUTOMATED_MESSAGE_TRIGGERS } from './automated-message';
import { MESSAGES_QUERY, OVERRIDE_BODY, OVERRIDE_PLACE } from './automated-messages-routes';

const trigger = z.enum(AUTOMATED_MESSAGE_TRIGGERS);
const PLACE = z.object({ channel: z.enum(CHANNELS), channelInstance: z.string(), locale: z.string() });

export const MESSAGE_OVERRIDE = z.object({
  trigger,
  ...PLACE.partial().shape,
  text: z.string().optional(),
  active: z.boolean(),
});

export const AUTOMATED_MESSAGES = z.object({
  place: PLACE,
  inForce: z.array(
    z.object({
      trigger,
      recipient: z.enum(['agent', 'customer']),
      active: z.boolean().describe('Where false the state still moves, and nothing is written.'),
      text: z.string().describe('With its placeholders.'),
      builtIn: z.boolean().describe('Whether no override has a text.'),
    }),
  ),
  overrides: z.array(MESSAGE_OVERRIDE.extend({ etag: z.string() })),
  unreadable: z.array(z.string()).describe('Stored overrides that cannot be read; they count for nothing.'),
});

const OVERRIDE = {
  trigger: 'agent-joined',
  locale: 'en',
  text: '{AgentName} is here.',
  active: true,
} as const;
const NO_SUCH_TRIGGER: readonly ProblemAt[] = [[404, 'invalid-input']];

export const AUTOMATED_MESSAGE_OPERATIONS: readonly Operation[] = [
  {
    id: 'list-automated-messages',
    method: 'get',
    path: '/v1/automated-messages',
    tag: 'Settings',
    summary: 'The automated messages in force at a place, and every override',
    security: 'function-key',
    parameters: queryParameters(MESSAGES_QUERY, {
      channel: 'The kind of chat.',
      channelInstance: 'The chat widget.',
      locale: 'BCP 47 language tag.',
    }),
    responses: {
      200: answer('One text for each trigger.', AUTOMATED_MESSAGES, {
        place: { channel: 'live-chat', channelInstance: 'default', locale: 'en' },
        inForce: [
          {
            trigger: OVERRIDE.trigger,
            recipient: 'customer',
            active: true,
            text: OVERRIDE.text,
            builtIn: false,
          },
        ],
        overrides: [{ ...OVERRIDE, etag: ETAG }],
        unreadable: [],
      }),
      ...problems(REFUSED_QUERY),
    },
  },
  {
    id: 'write-automated-message',
    method: 'put',
    path: '/v1/automated-messages/{trigger}',
    tag: 'Settings',
    summary: 'Word, activate or deactivate a message',
    description:
      'For one channel, channel instance and locale, or for all where they are left out. Texts have the placeholders ' +
      '`{AgentName}`, `{QueueName}`, `{QueuePosition}` and context variables `{$Name$}`.',
    security: 'function-key',
    parameters: [TRIGGER_PARAMETER, ...REPLACES],
    requestBody: body(OVERRIDE_BODY, { locale: OVERRIDE.locale, text: OVERRIDE.text }),
    responses: {
      200: answer('The override as it is stored.', MESSAGE_OVERRIDE, OVERRIDE, ['ETag']),
      ...problems(REFUSED_BODY, NO_SUCH_TRIGGER, refusals('precondition-failed'), [
        [428, 'precondition-required'],
      ]),
    },
  },
  {
    id: 'delete-automated-message',
    method: 'delete',
    path: '/v1/automated-messages/{trigger}',
    tag: 'Settings',
    summary: 'Take an override back',
    description: 'What is less specific counts again, or what is built in.',
    security: 'function-key',
    parameters: [
      TRIGGER_PARAMETER,
      IF_MATCH,
      ...queryParameters(OVERRIDE_PLACE, {
        channel: 'Of the override; absent: it is for all.',
        channelInstance: 'Of the override; absent: it is for all.',
        locale: 'Of the override; absent: it is for all.',
      }),
    ],
    responses: {
      204: withoutContent('It is gone.'),
      ...problems(
        REFUSED_QUERY,
        NO_SUCH_TRIGGER,
        [[404, 'override-not-found']],
        refusals('precondition-failed'),
      ),
    },
  },
];
