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
