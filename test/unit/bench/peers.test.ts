import { describe, expect, it } from '@jest/globals';
import { type Cost, KINDS } from '../../../bench/events';
import { rowOf } from '../../../bench/peers/report';

const round = (cpuMs: Partial<Record<Cost['kind'], number>>, storageCpuMs: number): Cost[] =>
  KINDS.map((kind) => ({
    kind,
    cpuMs: cpuMs[kind] ?? 1_000,
    storageCpuMs,
    requests: { tables: 0, webPubSub: 0, durable: 0 },
    calls: { read: 0, transaction: 0, write: 0 },
  }));

describe('what a lost customer costs', () => {
  it('is a loss and what follows it, by the app and by its stores, and a ratio within each round', () => {
    const peer = [
      round({ 'last loss': 3, return: 2, expiry: 5 }, 1),
      round({ 'last loss': 1, return: 1, expiry: 1 }, 4),
    ];
    const product = [
      round({ 'last loss': 6, return: 6, expiry: 12 }, 1),
      round({ 'last loss': 3, return: 7, expiry: 5 }, 5),
    ];
    const { cancelled, expired } = rowOf('a peer', peer, product).costs;
    expect(cancelled).toEqual({
      app: { median: 5, least: 2, most: 5 },
      stores: { median: 8, least: 2, most: 8 },
      both: { median: 10, least: 7, most: 10 },
      ratio: { median: 2, least: 2, most: 2 },
    });
    expect(expired.both).toEqual({ median: 10, least: 10, most: 10 });
    expect(expired.ratio).toEqual({ median: 2, least: 1.8, most: 2 });
  });
});
