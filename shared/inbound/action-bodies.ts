import { z } from 'zod';
import { MINUTE, SECOND } from '../domain/time';
import { durationField } from './duration';
import { agentIdField } from './ids';
import { oneLine, plainName } from './text';

/** What an agent sends along with an action, where the action needs something. */
export const OFFER_BODY = z.object({ agentId: agentIdField, agentName: oneLine(100).optional() });
export const TRANSFER_BODY = z.object({ queue: plainName });
export const EXTEND_WAIT_BODY = z.object({ by: durationField(SECOND, 24 * 60 * MINUTE) });

/** A desk that repeats a request names it, so that the wait is extended once. */
export const IDEMPOTENCY_KEY = plainName;
