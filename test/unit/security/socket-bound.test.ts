import { describe, expect, it } from '@jest/globals';
import { createSocketBound, networksIn, socketGroupsOf } from '../../../shared/access/caller-guard';
import { TooManyRequestsError } from '../../../shared/app/errors';

const KEY = 'a-signing-key-of-at-least-32-characters';

/** The service: who is in which group. An instance admits handshakes, and what it admits is open `after` a moment. */
function service(perAddress: number) {
  const groups = new Map<string, Set<string>>();
  const clock = { now: 0 };
  const world = { asked: 0, isDown: false };
  const listed = async (group: string, most: number) => {
    world.asked += 1;
    if (world.isDown) throw new Error('down');
    await Promise.resolve();
    return [...(groups.get(group) ?? [])].slice(0, most);
  };
  const instance = () => createSocketBound({ perAddress, listed, now: () => clock.now });
  let ids = 0;
  /** Opens so many sockets at once and gives how many were admitted. */
  const open = async (
    bound: ReturnType<typeof instance>,
    address: string,
    count: number,
    { returning = false, isListed = true } = {},
  ) => {
    const { networks } = networksIn(socketGroupsOf(address, KEY, returning));
    const results = await Promise.allSettled(
      Array.from({ length: count }, async () => {
        const id = `socket-${(ids += 1)}`;
        await bound.admit(networks, id, returning);
        return id;
      }),
    );
    const admitted = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const one of results) {
      if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(TooManyRequestsError);
    }
    for (const network of isListed ? networks : []) {
      if (!groups.has(network)) groups.set(network, new Set());
      for (const id of admitted) groups.get(network)!.add(id);
    }
    return admitted.length;
  };
  const close = (address: string) => {
    for (const network of networksIn(socketGroupsOf(address, KEY, false)).networks)
      groups.get(network)?.clear();
  };
  return { clock, world, instance, open, close };
}

describe('sockets of one address', () => {
  it('[R173] are bounded, one after the other as well as a thousand at once', async () => {
    const slow = service(200);
    const here = slow.instance();
    let admitted = 0;
    for (let n = 0; n < 400; n += 1) admitted += await slow.open(here, '203.0.113.7', 1);
    expect(admitted).toBe(200);

    const burst = service(200);
    await expect(burst.open(burst.instance(), '203.0.113.7', 1_000, { isListed: false })).resolves.toBe(200);
  });

  it('[R173] are counted by the service: other instances know of them, and nobody is turned away once they are closed', async () => {
    const { clock, instance, open, close } = service(100);
    const [one, other] = [instance(), instance()];
    await expect(open(one, '203.0.113.7', 500)).resolves.toBe(100);
    clock.now += 60_000;
    // A new instance has admitted nobody yet: it finds out within a quarter of the bound.
    expect(await open(other, '203.0.113.7', 500)).toBeLessThanOrEqual(25);
    close('203.0.113.7');
    clock.now += 60_000;
    expect(await open(one, '203.0.113.7', 50)).toBe(50);
  });

  it('[R345] are let in again ten seconds after the bound, though the clock was set back meanwhile', async () => {
    const { clock, instance, open, close } = service(100);
    const here = instance();
    clock.now = 7_200_000;
    await expect(open(here, '203.0.113.7', 500)).resolves.toBe(100);
    close('203.0.113.7');
    clock.now -= 3_600_000;
    expect(await open(here, '203.0.113.7', 50)).toBe(50);
  });

  it('[R173] of an ordinary customer cost no question', async () => {
    const { world, instance, open } = service(200);
    const here = instance();
    for (let n = 0; n < 1_000; n += 1) await open(here, `203.0.${n >> 8}.${n & 255}`, 3);
    expect(world.asked).toBe(0);
  });

  it('[R173] are asked about once for many handshakes, and not at all while they are known to be too many', async () => {
    const { clock, world, instance, open } = service(200);
    const here = instance();
    await open(here, '203.0.113.7', 5_000);
    const asked = world.asked;
    expect(asked).toBeLessThan(12);
    await open(here, '203.0.113.7', 5_000);
    expect(world.asked).toBe(asked);
    clock.now += 10_000;
    await open(here, '203.0.113.7', 5_000);
    expect(world.asked).toBe(asked + 1);
  });

  it('[R173] of one IPv6 site are bounded, whatever networks it uses', async () => {
    const { instance, open } = service(10);
    const here = instance();
    let admitted = 0;
    for (let n = 0; n < 1_000; n += 1) admitted += await open(here, `2001:db8:1:${n.toString(16)}::/64`, 1);
    expect(admitted).toBe(4 * 10);
    await expect(open(here, '2001:db8:2:1::/64', 1)).resolves.toBe(1);
  });

  it('[R173] that strangers hold do not keep a customer with a conversation from coming back', async () => {
    const { instance, open } = service(10);
    const here = instance();
    await expect(open(here, '203.0.113.7', 100)).resolves.toBe(10);
    await expect(open(here, '203.0.113.7', 1, { returning: true })).resolves.toBe(1);
    // Nor are those without bound.
    await expect(open(here, '203.0.113.7', 100, { returning: true })).resolves.toBeLessThanOrEqual(9);
  });

  it('are not refused because the service does not answer', async () => {
    const { world, instance, open } = service(8);
    world.isDown = true;
    await expect(open(instance(), '203.0.113.7', 20)).resolves.toBe(20);
  });

  it('of 0 are without bound', async () => {
    const { world, instance, open } = service(0);
    await expect(open(instance(), '203.0.113.7', 1_000)).resolves.toBe(1_000);
    expect(world.asked).toBe(0);
  });
});

describe('the groups that sockets are counted in', () => {
  it('[R173] tell nobody the address, and are the same for the same address', () => {
    const [group = ''] = socketGroupsOf('203.0.113.7', KEY, false);
    expect(group).toMatch(/^network\.[\w-]{22}$/);
    expect(socketGroupsOf('203.0.113.7', KEY, false)).toEqual([group]);
    expect(socketGroupsOf('203.0.113.7', `${KEY}2`, false)).not.toEqual([group]);
    expect(socketGroupsOf('2001:db8:1:2::/64', KEY, true)).toHaveLength(4);
  });

  it('are read from a token with any groups', () => {
    expect(networksIn(['agents', 'network.a', 'network.returning', 'conversation.x'])).toEqual({
      networks: ['network.a'],
      returning: true,
    });
    expect(networksIn(Array.from({ length: 100 }, (_, n) => `network.${n}`)).networks).toHaveLength(3);
  });
});
