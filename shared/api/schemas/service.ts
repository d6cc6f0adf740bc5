import { z } from 'zod';

export const HEALTH = z.object({ status: z.literal('ok') });

/** This document itself. */
export const OPENAPI = z.looseObject({ openapi: z.string().regex(/^3\.1\.\d+$/) });
