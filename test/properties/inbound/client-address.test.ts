import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clientAddressOf } from '../../../shared/access/limit-guard';
import { anyText, RUNS } from './arbitraries';

const from = (value: string) => ({ get: () => value });
const port = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
const ipv4 = fc.tuple(fc.ipV4(), port).map(([ip, at]) => (at === undefined ? ip : `${ip}:${at}`));
const ipv6 = fc.tuple(fc.ipV6(), port).map(([ip, at]) => (at === undefined ? ip : `[${ip}]:${at}`));
const trust = fc.integer({ min: 0, max: 5 });

describe('the address of a client', () => {
  it('is an address or is not known, whatever the header says', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, ipv4, ipv6), trust, (header, proxies) => {
        const address = clientAddressOf(from(header), proxies);
        if (address !== undefined)
          expect(address).toMatch(/^(\d{1,3}(\.\d{1,3}){3}|([0-9a-f]{1,4}:){4}:\/64)$/);
      }),
      RUNS,
    );
  });

  it('is the one that the platform has added, whatever a client puts before it', () => {
    fc.assert(
      fc.property(anyText, fc.oneof(ipv4, ipv6), (claimed, real) => {
        const address = clientAddressOf(from(real), 0);
        expect(address).toBeDefined();
        expect(clientAddressOf(from(`${claimed}, ${real}`), 0)).toBe(address);
      }),
      RUNS,
    );
  });
});
