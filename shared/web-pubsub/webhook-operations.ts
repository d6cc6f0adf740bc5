import { z } from 'zod';
import { CONVERSATION_STATES, END_REASONS } from '../conversation/conversation';
import { CONVERSATION_ID } from '../http/examples-operations';
import { conversationId } from '../http/fields';
import {
  answer,
  type Operation,
  type Parameter,
  type ProblemAt,
  problems,
  refusals,
  withoutContent,
} from '../http/operation';
import { PROBLEMS, RETURN_OPTIONS } from '../http/problems';
import { CONNECT_BODY, MESSAGE_BODY } from './cloud-event-parser';

export const HEALTH = z.object({ status: z.literal('ok') });

/** This document itself. */
export const OPENAPI = z.looseObject({ openapi: z.string().regex(/^3\.1\.\d+$/) });

/** What the service sends: with `connect` about the handshake, with `message` what the sender wrote. */
export const WEB_PUBSUB_EVENT = z.union([MESSAGE_BODY, CONNECT_BODY]);

const CONNECT_ANSWER = z.object({ groups: z.array(z.string()) });
const REFUSED_MESSAGE = z.object({
  type: z.literal('refused'),
  conversationId,
  code: z.enum(Object.keys(PROBLEMS) as [keyof typeof PROBLEMS]),
  detail: z.string(),
  state: z.enum(CONVERSATION_STATES).optional(),
  action: z.string().optional(),
  endReason: z.enum(END_REASONS).optional(),
  options: z.array(z.enum(RETURN_OPTIONS)).optional(),
  redirectUrl: z.string().optional(),
  retryAfterSeconds: z.int().min(1).optional(),
});

/** To `connect` the groups of the socket; to a user event that the rules refuse the message for its sender. */
export const WEB_PUBSUB_ANSWER = z.union([CONNECT_ANSWER, REFUSED_MESSAGE]);

const REFUSED_EVENT: readonly ProblemAt[] = [
  [400, 'invalid-input'],
  [401, 'not-authenticated'],
  [404, 'invalid-input'],
  [413, 'invalid-input'],
  [415, 'invalid-input'],
  [429, 'too-many-requests'],
];

const header = (name: string, description: string, required = true): Parameter => ({
  name,
  in: 'header',
  description,
  schema: z.string(),
  required,
});
const ORIGIN = header('WebHook-Request-Origin', 'The host name of the service.');

export const SERVICE: readonly Operation[] = [
  {
    id: 'health',
    method: 'get',
    path: '/health',
    tag: 'Service',
    summary: 'Whether the app has started with a usable configuration',
    security: 'anyone',
    responses: { 200: answer('It has.', HEALTH, { status: 'ok' }) },
  },
  {
    id: 'openapi',
    method: 'get',
    path: '/v1/openapi.json',
    tag: 'Service',
    summary: 'This document',
    security: 'anyone',
    responses: { 200: answer('OpenAPI 3.1.', OPENAPI, { openapi: '3.1.0' }) },
  },
  {
    id: 'validate-web-pubsub-events',
    method: 'options',
    path: '/web-pubsub/events',
    tag: 'Service',
    summary: 'May Web PubSub send events here',
    description: 'Abuse protection of CloudEvents webhooks. For the configured service only.',
    security: 'function-key',
    parameters: [ORIGIN],
    responses: {
      200: { description: 'It may.', headers: ['WebHook-Allowed-Origin'] },
      ...problems([[400, 'invalid-input']]),
    },
  },
  {
    id: 'web-pubsub-events',
    method: 'post',
    path: '/web-pubsub/events',
    tag: 'Service',
    summary: 'The webhook of Web PubSub',
    description:
      'CloudEvents in HTTP binary mode: `connect`, `connected`, `disconnected`, `message`, `leave`. Not for clients: ' +
      'besides the function key the signature or the token of the service is needed (`WEBHOOK_GUARD`). 5xx is ' +
      'repeated by the service, 4xx is not; a 4xx to `connect` becomes the answer to the handshake of the client. A ' +
      'user event that the rules refuse is answered 200 with a message for its sender.',
    security: 'function-key',
    parameters: [
      header('ce-type', '`azure.webpubsub.sys.connect` and so on.'),
      header('ce-eventName', '`connect` and so on.'),
      header('ce-id', 'Of the event, within the connection.'),
      header('ce-time', "The service's clock."),
      header('ce-hub', 'The hub.'),
      header('ce-userId', 'The participant, as `negotiate` named it.'),
      header('ce-connectionId', 'The connection.'),
      header('ce-connectionState', 'What the answer to `connect` has set.', false),
      header('ce-signature', 'HMAC of the connection id under an access key.', false),
      header('Authorization', 'The token of the identity of the service.', false),
    ],
    requestBody: {
      schema: WEB_PUBSUB_EVENT,
      example: { text: 'Where is my parcel?', messageId: 'm-1' },
      required: false,
      plainText: true,
    },
    responses: {
      200: answer(
        'To `connect`; or to a user event that the rules refuse.',
        WEB_PUBSUB_ANSWER,
        { groups: [`conversation.${CONVERSATION_ID}`] },
        ['ce-connectionState'],
      ),
      204: withoutContent('To every other event.'),
      ...problems(
        REFUSED_EVENT,
        refusals('conversation-not-found', 'conversation-ended', 'too-many-connections'),
        refusals('conversation-too-large'),
      ),
    },
  },
];
