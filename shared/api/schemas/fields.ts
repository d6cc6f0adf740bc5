import { z } from 'zod';
import { CONVERSATION_ID } from '../../domain/ids';

/** Fields that many answers have. */
export const instant = z.iso.datetime({ precision: 3 });
export const duration = z.iso.duration();
export const conversationId = z.string().regex(CONVERSATION_ID);
export const count = z.int().min(0);
export const sequenceNumber = z.int().min(1);
export const deadline = z.object({ number: sequenceNumber, since: instant, deadline: instant });
