import { expect, it } from '@jest/globals';
import { bodyOf, call, request } from './request';
import { scene } from './scene';

it('figures of a list that does not end are those of fifty pages, and say how far back they surely go [R264]', async () => {
  const { deps } = scene();
  let pages = 0;
  const list = async () => {
    pages += 1;
    return { items: [], unreadable: [], continuationToken: 'more' };
  };
  const [from, to] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];
  const asked = request({ method: 'GET', query: { from, to, queue: 'rare' } });
  const answer = await call('insights', asked, {
    ...deps,
    closedConversations: { list },
  });
  expect(bodyOf(answer)).toMatchObject({ complete: false, from: to, to, conversations: 0 });
  expect(pages).toBe(50);
});

it('figures of a slow storage are those of fifteen seconds, whole as far back as they say [R264]', async () => {
  const { deps, clock } = scene();
  const to = Date.parse('2026-02-01T00:00:00.000Z');
  let pages = 0;
  const list = async () => {
    pages += 1;
    clock.now += 4_000;
    // The last page has rows of other queues only.
    const closed = { closedAt: to - pages * 1_000, queue: 'sales', reason: 'customer-ended' };
    return { items: pages < 4 ? [closed] : [], unreadable: [], continuationToken: 'more' };
  };
  const asked = request({ method: 'GET', query: { to: new Date(to).toISOString(), queue: 'sales' } });
  const answer = await call('insights', asked, { ...deps, closedConversations: { list } });
  expect(pages).toBe(4);
  expect(bodyOf(answer)).toMatchObject({
    ...{ complete: false, from: '2026-01-31T23:59:57.000Z', conversations: 3 },
  });
});
