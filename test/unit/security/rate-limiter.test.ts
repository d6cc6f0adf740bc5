import { describe, expect, it } from '@jest/globals';
import {
  createParticipantLimits,
  createRateLimiter,
  limitedTickets,
} from '../../../shared/access/caller-guard';
import { TooManyRequestsError } from '../../../shared/app/errors';
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

  it('forgets whoever has been quiet for longest, so that its memory is bounded', () => {
    const { allowed } = limiter(1);
    allowed(1, 'quiet');
    allowed(1, 'busy');
    for (let n = 0; n < 9_999; n += 1) {
      allowed(1, `caller ${n}`);
      if (n % 1_000 === 0) allowed(1, 'busy');
    }
    expect(allowed(1, 'busy')).toBe(0);
    expect(allowed(1, 'quiet')).toBe(1);
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
    const id = await by.issueReconnectId({ id: 'conversation-0001', createdAt: NOW });
    await expect(by.linkOf('forged')).resolves.toBeUndefined();
    await expect(by.linkOf(id)).resolves.toMatchObject({ conversationId: 'conversation-0001' });
    await expect(by.linkOf(id)).rejects.toMatchObject({ code: 'too-many-requests' });
  });
});
