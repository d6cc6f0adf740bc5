import { z } from 'zod';
import { CHANNELS } from '../domain/channel';
import { languageTag, plainName } from './text';

/** The place at which automated messages are looked at. */
export const MESSAGES_QUERY = z.object({
  channel: z.enum(CHANNELS).default('live-chat'),
  channelInstance: plainName.default('default'),
  locale: languageTag.default('en'),
});
