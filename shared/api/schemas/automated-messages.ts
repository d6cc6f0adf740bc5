import { z } from 'zod';
import { CHANNELS } from '../../domain/channel';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../../domain/messages/trigger';

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
