import { z } from 'zod';
import { InvalidInputError } from '../app/errors';
import { CHANNELS } from '../conversation/conversation';
import {
  BLANK,
  EXAMPLE,
  etagField,
  IF_MATCH,
  isVisible,
  languageTag,
  named,
  plainName,
  plainText,
  REPLACES,
  versionReplaced,
} from '../http/fields';
import { anotherVersion, refuse } from '../http/problems';
import { answer, body, route, withHeaders, withoutContent } from '../http/route';
import type { SettingsStore } from '../policies/settings';
import type { CachedSettings } from '../policies/settings-service';
import { AUTOMATED_MESSAGE_TRIGGERS, messageInForce, recipientOf } from './automated-message';
import { templateProblem } from './template';

export interface AutomatedMessageServices {
  readonly settings: CachedSettings;
  readonly settingsStore: SettingsStore;
}

const trigger = z.enum(AUTOMATED_MESSAGE_TRIGGERS, 'is not one of the automated messages');
const TRIGGER_PATH = z.object({ trigger: trigger.describe('Which automated message.') });

/** Where an override holds; what is absent holds everywhere. */
const OVERRIDE_PLACE = z.strictObject({
  channel: z.enum(CHANNELS).exactOptional(),
  channelInstance: plainName.exactOptional(),
  locale: languageTag.exactOptional(),
});
const { shape: ofOverride } = OVERRIDE_PLACE;
const ALL = 'Of the override; absent: it is for all.';

const LONGEST = 1_000;
/** What an operator changes about a message. A malformed text is refused by the position of the mistake. */
const OVERRIDE_BODY = named(
  'MessageOverrideRequest',
  OVERRIDE_PLACE.extend({
    text: plainText(LONGEST)
      .min(1)
      .refine(isVisible, BLANK)
      .superRefine((text, context) => {
        const problem = templateProblem(text);
        if (problem) context.addIssue(`character ${problem.position}: ${problem.detail}`);
      })
      .exactOptional(),
    active: z.boolean().exactOptional(),
  }),
);

const PLACE = z.object({ channel: z.enum(CHANNELS), channelInstance: z.string(), locale: z.string() });
const MESSAGE_OVERRIDE = named(
  'MessageOverride',
  z.object({
    trigger,
    ...PLACE.partial().shape,
    text: z.string().optional(),
    active: z.boolean(),
    etag: etagField,
  }),
);
const AUTOMATED_MESSAGES = named(
  'AutomatedMessages',
  z.object({
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
    overrides: z.array(MESSAGE_OVERRIDE),
    unreadable: z.array(z.string()).describe('Stored overrides that cannot be read; they count for nothing.'),
  }),
);

const OVERRIDE = {
  trigger: 'agent-joined',
  locale: 'en',
  text: '{AgentName} is here.',
  active: true,
} as const;
const STORED = { ...OVERRIDE, etag: EXAMPLE.etag };

export const AUTOMATED_MESSAGE_ROUTES = [
  route({
    id: 'list-automated-messages',
    method: 'GET',
    path: '/v1/automated-messages',
    tag: 'Settings',
    summary: 'The automated messages in force at a place, and every override',
    access: 'an operator',
    query: z.object({
      channel: z.enum(CHANNELS).default('live-chat').describe('The kind of chat.'),
      channelInstance: plainName.default('default').describe('The chat widget.'),
      locale: languageTag.default('en').describe('BCP 47 language tag.'),
    }),
    answer: answer('One text for each trigger.', AUTOMATED_MESSAGES, {
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
      overrides: [STORED],
      unreadable: [],
    }),
    run: async ({ query: place }, { settingsStore }: AutomatedMessageServices) => {
      const { overrides: stored, unreadable } = await settingsStore.listOverrides();
      const overrides = stored.map(({ override }) => override);
      return {
        place,
        inForce: AUTOMATED_MESSAGE_TRIGGERS.map((trigger) => {
          const { active, text, textFrom } = messageInForce(overrides, trigger, place);
          return { trigger, recipient: recipientOf(trigger), active, text, builtIn: textFrom === undefined };
        }),
        overrides: stored.map(({ override, etag }) => ({ ...override, etag })),
        unreadable,
      };
    },
  }),

  route({
    id: 'write-automated-message',
    method: 'PUT',
    path: '/v1/automated-messages/{trigger}',
    tag: 'Settings',
    summary: 'Word, activate or deactivate a message',
    description:
      'For one channel, channel instance and locale, or for all where they are left out. Texts have the placeholders ' +
      '`{AgentName}`, `{QueueName}`, `{QueuePosition}` and context variables `{$Name$}`.',
    access: 'an operator',
    params: TRIGGER_PATH,
    unknown: 'invalid-input',
    headers: REPLACES,
    body: body(OVERRIDE_BODY, { locale: OVERRIDE.locale, text: OVERRIDE.text }),
    answer: answer('The override as it is stored.', MESSAGE_OVERRIDE, STORED, { headers: ['ETag'] }),
    problems: ['precondition-failed', 'precondition-required'],
    run: async ({ params, headers, body }, { settings, settingsStore }: AutomatedMessageServices) => {
      if (body.text === undefined && body.active === undefined) {
        throw new InvalidInputError('body', 'must have a text or "active"');
      }
      const override = { ...params, active: true, ...body };
      const expected = versionReplaced(headers);
      if (expected === undefined) return refuse('precondition-required');
      // Also where it fails: a write whose answer was lost is stored all the same.
      const written = await settingsStore.putOverride(override, expected).finally(() => settings.forget());
      if (written === 'conflict') return anotherVersion();
      return withHeaders({ ...override, ...written }, written);
    },
  }),

  route({
    id: 'delete-automated-message',
    method: 'DELETE',
    path: '/v1/automated-messages/{trigger}',
    tag: 'Settings',
    summary: 'Take an override back',
    description: 'What is less specific counts again, or what is built in.',
    access: 'an operator',
    params: TRIGGER_PATH,
    unknown: 'invalid-input',
    headers: z.object(IF_MATCH),
    query: OVERRIDE_PLACE.extend({
      channel: ofOverride.channel.describe(ALL),
      channelInstance: ofOverride.channelInstance.describe(ALL),
      locale: ofOverride.locale.describe(ALL),
    }),
    answer: withoutContent('It is gone.'),
    problems: ['override-not-found', 'precondition-failed'],
    run: async ({ params, headers, query }, { settings, settingsStore }: AutomatedMessageServices) => {
      const deleted = await settingsStore
        .deleteOverride({ ...params, ...query }, headers['If-Match'])
        .finally(() => settings.forget());
      if (deleted === 'conflict') return anotherVersion();
      if (deleted === 'not-found') return refuse('override-not-found');
      return undefined;
    },
  }),
];
