import { z } from 'zod';

/** How many units an agent has in all. */
export const CAPACITY_BODY = z.object({ capacityUnits: z.int('must be a whole number').min(0).max(1_000) });
