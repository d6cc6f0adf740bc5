import { describe, expect, it } from '@jest/globals';
import { clientAddressOf, networksOf } from '../../../shared/access/caller-guard';

const address = (forwardedFor: string | undefined, trustedProxies = 0) =>
  clientAddressOf(
    new Headers(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
    trustedProxies,
  );

describe('the address of a client', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:52001', '203.0.113.7'],
    [' 203.0.113.7:52001 ', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['[2001:DB8:1:2::6]:52001', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['1::4:5:6:7:8', '1:0:0:4::/64'],
    ['::1', '0:0:0:0::/64'],
    // The same IPv4 address in other clothes.
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:52001', '203.0.113.7'],
    ['::ffff:203.0.113.7:52001', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['64:ff9b::203.0.113.7', '203.0.113.7'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['[2001:db8:1:2::6%25en0]:52001', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4:5:6:52001', '2001:db8:1:2::/64'],
  ])('of %j is %s', (header, expected) => {
    expect(address(header)).toBe(expected);
  });

  it('is what the platform has added, whatever the client claims', () => {
    expect(address('10.0.0.1, 198.51.100.1, 203.0.113.7:52001')).toBe('203.0.113.7');
  });

  it("is found behind the deployer's own proxies", () => {
    expect(address('10.0.0.1, 203.0.113.7, 198.51.100.1:443', 1)).toBe('203.0.113.7');
    expect(address('203.0.113.7', 3)).toBe('203.0.113.7');
  });

  it.each([undefined, '', ',', 'unknown', 'localhost', '203.0.113', '::1::2', '[', 'x'.repeat(100_000)])(
    'is not known from %j',
    (header) => {
      expect(address(header)).toBeUndefined();
    },
  );
});

describe('the networks that a client is counted in', () => {
  it.each([
    ['203.0.113.7', ['203.0.113.7']],
    ['unreadable', ['unreadable']],
    ['2001:db8:1:2::/64', ['2001:db8:1:2::/64', '2001:db8:1:0::/56', '2001:db8:1::/48']],
    ['2001:db8:1:ffee::/64', ['2001:db8:1:ffee::/64', '2001:db8:1:ff00::/56', '2001:db8:1::/48']],
  ])('[R172] of %s', (client, networks) => {
    expect(networksOf(client)).toEqual(networks);
  });
});
