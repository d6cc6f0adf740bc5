import { createTickets } from '../../../shared/access/caller-guard';

export const NOW = Date.parse('2026-03-01T10:00:00.000Z');
export const HOUR_IN_SECONDS = 3_600;
export const KEY = 'the-key-that-signs-now-0123456789abc';
export const OLD_KEY = 'the-key-that-signed-before-012345678';
export const OTHER_KEY = 'the-key-of-somebody-else-0123456789a';

export const tickets = ({ keys = [KEY], now = NOW }: { keys?: [string, ...string[]]; now?: number } = {}) =>
  createTickets({
    signingKeys: keys,
    lifetimes: { agent: HOUR_IN_SECONDS * 1000, customer: 3 * HOUR_IN_SECONDS * 1000 },
    now: () => now,
  });
