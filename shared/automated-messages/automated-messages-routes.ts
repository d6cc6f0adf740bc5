import { z } from 'zod';
import { InvalidInputError } from '../app/errors';
import { CHANNELS } from '../conversation/conversation';
import { answering } from '../http/answers';
import { languageTag, plainName, plainText } from '../http/fields';
import {
  type HttpInput,
  type HttpOutput,
  ifMatchOf,
  json,
  noContent,
  parseWith,
  problem,
  queryOf,
  readJson,
} from '../http/request';
import {
  expectedOf,
  preconditionFailed,
  preconditionRequired,
  type SettingsDependencies,
} from '../policies/policies-routes';
import {
  AUTOMATED_MESSAGE_TRIGGERS,
  messageInForce,
  type MessageOverride,
  recipientOf,
} from './automated-message';
import { templateProblem } from './template';

/** Where an override holds; what is absent holds everywhere. */
export const OVERRIDE_PLACE = z.strictObject({
  channel: z.enum(CHANNELS).exactOptional(),
  channelInstance: plainName.exactOptional(),
  locale: languageTag.exactOptional(),
});

const LONGEST = 1_000;
export const OVERRIDE_BODY = OVERRIDE_PLACE.extend({
  text: plainText(LONGEST)
    .min(1)
    .superRefine((text, context) => {
      const problem = templateProblem(text);
      if (problem) context.addIssue(`character ${problem.position}: ${problem.detail}`);
    })
    .exactOptional(),
  active: z.boolean().exactOptional(),
});
export const TRIGGER = z.enum(AUTOMATED_MESSAGE_TRIGGERS);

/** @throws InvalidInputError 404 when there is no such trigger */
export function parseTrigger(text: string | undefined) {
  const trigger = TRIGGER.safeParse(text);
  if (!trigger.success) throw new InvalidInputError('trigger', 'is not one of the automated messages', 404);
  return trigger.data;
}

/**
 * What an operator changes about a message. A malformed text is refused here, by the position of the mistake.
 * @throws InvalidInputError
 */
export function parseMessageOverride(trigger: string | undefined, body: unknown): MessageOverride {
  const known = parseTrigger(trigger);
  const { active = true, ...override } = parseWith(OVERRIDE_BODY, body, 'body');
  const saysNothing = override.text === undefined && active;
  if (saysNothing && !hasActive(body)) throw new InvalidInputError('body', 'must have a text or "active"');
  return { trigger: known, active, ...override };
}

const hasActive = (body: unknown): boolean => typeof body === 'object' && body !== null && 'active' in body;

/** The place at which automated messages are looked at. */
export const MESSAGES_QUERY = z.object({
  channel: z.enum(CHANNELS).default('live-chat'),
  channelInstance: plainName.default('default'),
  locale: languageTag.default('en'),
});

const PLACE_NAMES = ['channel', 'channelInstance', 'locale'] as const;

/** What is in force at a place (channel, channel instance, locale), and every override there is. */
export const listMessages = (request: HttpInput, deps: SettingsDependencies): Promise<HttpOutput> =>
  answering('list-automated-messages', deps.logger, async () => {
    const place = parseWith(MESSAGES_QUERY, queryOf(request, PLACE_NAMES), 'query');
    const { overrides: stored, unreadable } = await deps.settingsStore.listOverrides();
    const overrides = stored.map(({ override }) => override);
    return json(200, {
      place,
      inForce: AUTOMATED_MESSAGE_TRIGGERS.map((trigger) => {
        const { active, text, textFrom } = messageInForce(overrides, trigger, place);
        return { trigger, recipient: recipientOf(trigger), active, text, builtIn: textFrom === undefined };
      }),
      overrides: stored.map(({ override, etag }) => ({ ...override, etag })),
      unreadable,
    });
  });

/** Words, activates or deactivates a message, for one channel, channel instance and locale or for all. */
export const writeMessage = (request: HttpInput, deps: SettingsDependencies): Promise<HttpOutput> =>
  answering('write-automated-message', deps.logger, async () => {
    const override = parseMessageOverride(request.params['trigger'], await readJson(request));
    const expected = expectedOf(request.headers);
    if (expected === undefined) return preconditionRequired();
    const written = await deps.settingsStore.putOverride(override, expected);
    if (written === 'conflict') return preconditionFailed();
    deps.settings.forget();
    return json(200, override, { etag: written.etag });
  });

/** Takes an override back: what is less specific counts again, or what is built in. */
export const deleteMessage = (request: HttpInput, deps: SettingsDependencies): Promise<HttpOutput> =>
  answering('delete-automated-message', deps.logger, async () => {
    const trigger = parseTrigger(request.params['trigger']);
    const place = parseWith(OVERRIDE_PLACE, queryOf(request, PLACE_NAMES), 'query');
    const deleted = await deps.settingsStore.deleteOverride(
      { trigger, ...place },
      ifMatchOf(request.headers),
    );
    if (deleted === 'conflict') return preconditionFailed();
    if (deleted === 'not-found') return problem(404, 'override-not-found', 'There is no such override.');
    deps.settings.forget();
    return noContent;
  });
