import { z } from 'zod';
import { CHANNELS } from '../domain/channel';
import type { MessageOverride } from '../domain/messages/message-override';
import { templateProblem } from '../domain/messages/template';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../domain/messages/trigger';
import { InvalidInputError } from '../errors';
import { parseWith } from './schema';
import { languageTag, plainName, plainText } from './text';

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
