import { messageInForce } from '../domain/messages/automated-message';
import { recipientOf } from '../domain/messages/recipients';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../domain/messages/trigger';
import { ifMatchOf, json, noContent, problem, queryOf, readJson } from '../inbound/http';
import type { HttpInput, HttpOutput } from '../inbound/http';
import { OVERRIDE_PLACE, parseMessageOverride, parseTrigger } from '../inbound/message-override';
import { MESSAGES_QUERY } from '../inbound/messages-query';
import { parseWith } from '../inbound/schema';
import { answering } from './answer-failure';
import type { SettingsDependencies } from './policies';
import { expectedOf, preconditionFailed, preconditionRequired } from './preconditions';

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
