import { describe, expect, it } from '@jest/globals';
import {
  createParticipantLimits,
  createRateLimiter,
  limitedHandshakes,
  limitedTickets,
} from '../../../shared/access/caller-guard';
import { TooManyRequestsError } from '../../../shared/app/errors';
import { stepOf } from '../../support/part-of';
import { NOW, tickets } from './ticket-samples';

/** A limiter and its clock, in seconds. */
function limiter(perMinute: number) {
  const clock = { seconds: 0 };
  const limited = createRateLimiter({ perMinute, now: () => clock.seconds * 1_000 });
  const take = (caller: string) => limited.take(caller);
  /** How many of these requests are allowed. */
  const allowed = (requests: number, caller = 'a') => {
    let count = 0;
    for (let n = 0; n < requests; n += 1) {
      try {
        take(caller);
        count += 1;
      } catch (thrown) {
        if (!(thrown instanceof TooManyRequestsError)) throw thrown;
      }
    }
    return count;
  };
  return { clock, take, allowed };
}

describe('a rate limit', () => {
  it("allows a whole minute's requests at once, then as many as come back with time", () => {
    const { clock, allowed } = limiter(60);
    expect(allowed(100)).toBe(60);
    clock.seconds = 5;
    expect(allowed(100)).toBe(5);
    clock.seconds = 3_600;
    expect(allowed(100)).toBe(60);
  });

  it('says in how many seconds the next request will be allowed', () => {
    const { clock, take, allowed } = limiter(6);
    allowed(6);
    clock.seconds = 3;
    expect(() => take('a')).toThrow(expect.objectContaining({ retryAfterSeconds: 7, retryable: true }));
    clock.seconds = 10;
    expect(allowed(2)).toBe(1);
  });

  it('counts every caller alone', () => {
    const { allowed } = limiter(2);
    expect([allowed(3, 'a'), allowed(3, 'b')]).toEqual([2, 2]);
  });

  it('of 0 is none', () => {
    expect(limiter(0).allowed(5_000)).toBe(5_000);
  });

  it('takes nothing away from a caller when the clock goes back', () => {
    const { clock, allowed } = limiter(6);
    clock.seconds = 100;
    expect(allowed(3)).toBe(3);
    clock.seconds = 50;
    expect(allowed(9)).toBe(3);
  });

  it('forgets nobody as long as there is room for all', () => {
    const { allowed } = limiter(1);
    for (let n = 0; n < 10_000; n += 1) allowed(1, `caller ${n}`);
    expect(allowed(1, 'caller 0')).toBe(0);
  });

  it('[R172] counts an IPv6 client in the networks around it as well: 60,000 of one /48 do not get through', () => {
    const { allowed } = limiter(120);
    let through = 0;
    for (let n = 0; n < 60_000; n += stepOf(10)) through += allowed(1, `2001:db8:1:${n.toString(16)}::/64`);
    expect(through).toBe(4 * 120);
    // Another site is not concerned.
    expect(allowed(1, '2001:db8:2:1::/64')).toBe(1);
  });

  it('[R172] counts 256 networks of one home as two', () => {
    const { allowed } = limiter(10);
    let through = 0;
    for (let n = 0; n < 256; n += 1) through += allowed(10, `2001:db8:1:${(0xab00 + n).toString(16)}::/64`);
    expect(through).toBe(2 * 10);
  });

  it('[R172] costs the networks around a caller nothing for what it is refused itself', () => {
    const { allowed } = limiter(10);
    expect(allowed(1_000, '2001:db8:1:1::/64')).toBe(10);
    expect(allowed(1_000, '2001:db8:1:2::/64')).toBe(10);
    expect(allowed(1_000, '2001:db8:1:103::/64')).toBe(10);
  });

  it.each([
    ['IPv4 addresses', (n: number) => `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`],
    [
      'IPv6 networks of as many sites',
      (n: number) => `2001:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}:1::/64`,
    ],
    ['conversations', (n: number) => `customer.${n}`],
  ])(
    '[R172] forgives no caller at its limit because of a flood of %s, and its memory is bounded',
    (_what, caller) => {
      const { clock, allowed } = limiter(60);
      expect(allowed(100, '203.0.113.7')).toBe(60);
      const before = process.memoryUsage().heapUsed;
      for (let n = 0; n < 40_000; n += stepOf(2)) allowed(1, caller(n));
      expect(allowed(100, '203.0.113.7')).toBe(0);
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
      clock.seconds = 1;
      expect(allowed(100, '203.0.113.7')).toBe(1);
    },
  );

  it('[R172] takes a newcomer in while there are callers that need not be remembered', () => {
    const { clock, allowed } = limiter(60);
    for (let n = 0; n < 10_000; n += 1) allowed(1, `caller ${n}`);
    clock.seconds = 2;
    expect(allowed(100, 'newcomer')).toBe(60);
  });

  it('[R172] counts newcomers as the crowd that they come from when all others have to be remembered', () => {
    const { allowed } = limiter(1);
    for (let n = 0; n < 10_000; n += 1) allowed(1, `198.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    let through = 0;
    for (let n = 0; n < 1_000; n += 1) through += allowed(1, `10.7.${n >> 8}.${n & 255}`);
    expect(through).toBe(16);
    // Somebody from elsewhere, and somebody known.
    expect(allowed(1, '203.0.113.7')).toBe(1);
    expect(allowed(1, '198.0.0.1')).toBe(0);
  });
});

describe('tickets that are limited', () => {
  const limited = (perMinute: number) =>
    limitedTickets(tickets(), createParticipantLimits({ perMinute, now: () => NOW }));
  const customer = (conversationId: string) => ({ role: 'customer', conversationId }) as const;
  const ANN = { role: 'agent', agentId: 'ann', agentName: 'Ann' } as const;

  const uses = async (by: ReturnType<typeof limited>, ticket: string, times: number) => {
    const headers = new Headers({ authorization: `Bearer ${ticket}` });
    const results = await Promise.allSettled(Array.from({ length: times }, () => by.callerOf(headers)));
    return results.filter(({ status }) => status === 'fulfilled').length;
  };

  it("are good for so many requests, an agent's for ten times as many", async () => {
    const by = limited(3);
    const { ticket } = await by.issue(customer('conversation-0001'));
    expect(await uses(by, ticket, 5)).toBe(3);
    expect(await uses(by, (await by.issue(ANN)).ticket, 50)).toBe(30);
  });

  it('count for their conversation, however many of them there are, and for no other', async () => {
    const by = limited(3);
    const one = await by.issue(customer('conversation-0001'));
    const again = await by.issue(customer('conversation-0001'));
    const other = await by.issue(customer('conversation-0002'));
    expect(await uses(by, one.ticket, 2)).toBe(2);
    expect(await uses(by, again.ticket, 2)).toBe(1);
    expect(await uses(by, other.ticket, 3)).toBe(3);
  });

  it('are not used up by forged ones', async () => {
    const by = limited(3);
    const { ticket } = await by.issue(customer('conversation-0001'));
    expect(await uses(by, `${ticket.slice(0, -4)}AAAA`, 20)).toBe(0);
    expect(await uses(by, ticket, 3)).toBe(3);
  });

  it('share their limit with the ids of reconnect links', async () => {
    const by = limited(1);
    const id = (await by.issueReconnectId({ id: 'conversation-0001', createdAt: NOW })) ?? '';
    await expect(by.linkOf('forged')).resolves.toBeUndefined();
    await expect(by.linkOf(id)).resolves.toMatchObject({ conversationId: 'conversation-0001' });
    await expect(by.linkOf(id)).rejects.toMatchObject({ code: 'too-many-requests' });
  });
});

describe('handshakes', () => {
  /** How many of a participant's handshakes are let in, one after the other. */
  const letIn = (perMinute: number, role: 'customer' | 'agent', first = 0) => {
    const clock = { now: NOW };
    const options = { perMinute, now: () => clock.now };
    const requests = createParticipantLimits(options);
    const handshakes = limitedHandshakes(requests, options);
    const id = role === 'customer' ? { role, conversationId: 'conversation-0001' } : { role, agentId: 'ann' };
    for (let n = 0; n < first; n += 1) requests.take(id);
    const count = (most: number) => {
      let taken = 0;
      try {
        for (; taken < most; taken += 1) handshakes.take(id);
      } catch (thrown) {
        if (!(thrown instanceof TooManyRequestsError)) throw thrown;
      }
      return taken;
    };
    return { count, clock, requests, id };
  };

  it('are let in 120 times a minute of a customer, ten times as often of an agent, and then go on at that pace [R237]', () => {
    const { count, clock, requests, id } = letIn(600, 'customer');
    expect(count(600)).toBe(120);
    clock.now += 1_000;
    expect(count(600)).toBe(2);
    // The ticket has requests left.
    expect(() => requests.take(id)).not.toThrow();
    expect(letIn(600, 'agent').count(6_000)).toBe(1_200);
  });

  it('count as requests of the ticket, and have no limit where that has none [R237]', () => {
    expect(letIn(10, 'customer').count(600)).toBe(10);
    expect(letIn(200, 'customer', 150).count(600)).toBe(50);
    expect(letIn(0, 'customer').count(600)).toBe(600);
  });
});
