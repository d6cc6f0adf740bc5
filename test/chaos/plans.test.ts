import { describe, expect, it } from '@jest/globals';
import { parseChaosOptions } from './options';
import { faultOf, keepAliveOf } from './plan/event-faults';
import { plansOf } from './plans';

const plans = (...argv: string[]) => plansOf(parseChaosOptions(argv));
const asText = (...argv: string[]) => JSON.stringify(plans(...argv));

describe('the plan', () => {
  it('is the same for the same seed, and another one for another seed', () => {
    expect(asText('--seed', '7', '--runs', '30')).toBe(asText('--seed', '7', '--runs', '30'));
    expect(asText('--seed', '7', '--runs', '30')).not.toBe(asText('--seed', '8', '--runs', '30'));
  });

  it('gives the nth event of a kind the same fault, whatever came before', () => {
    const faults = { name: 'a conversation', percent: 50 };
    const draw = (nth: number) => JSON.stringify(faultOf(faults, 'disconnected', nth, 3_000));
    const forwards = [1, 2, 3, 4, 5, 6, 7, 8].map(draw);
    expect([8, 7, 6, 5, 4, 3, 2, 1].map(draw).reverse()).toEqual(forwards);
    expect(new Set(forwards).size).toBeGreaterThan(1);
  });

  it('of one run alone is what it was among the others', () => {
    const [, second] = plans('--seed', '7', '--runs', '20');
    const [alone] = plans('--seed', '7', '--only', '13');
    expect(alone?.stack).toEqual(second?.stack);
    expect(alone?.conversations).toEqual(second?.conversations.filter(({ run }) => run === 13));
  });

  it('has every story and every fault of a stack within 200 runs', () => {
    const all = plans('--seed', '1', '--runs', '200');
    const stories = new Set(
      all.flatMap(({ conversations }) => conversations.map(({ name }) => /"(.*)"/.exec(name)?.[1])),
    );
    expect(stories.size).toBe(11);
    const kinds = new Set(all.flatMap(({ stack }) => stack.faults.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual([
      'all webhooks lost',
      'everything down',
      'host killed',
      'host killed between save and effect',
      'host starved',
      'pushes fail',
      'second host',
      'service unreachable',
      'storage refuses',
      'storage slow',
      'worker restarted',
    ]);
    expect(new Set(all.map(({ stack }) => stack.clockOffsetMs)).size).toBe(3);
  });

  it('has a message behind which a keep-alive gives up, and a client that has one', () => {
    const conversations = plans('--seed', '1', '--runs', '200').flatMap((plan) => plan.conversations);
    const slow = conversations.filter(
      ({ steps, eventFaults }) =>
        steps.some((step) => step.do === 'open' && step.keepAlive) &&
        JSON.stringify(faultOf(eventFaults, 'message', 1, 4_000)).includes('answerAfterMs'),
    );
    expect(slow.length).toBeGreaterThan(0);
    expect(keepAliveOf(4_000).timeoutMs * (4 / 3) + keepAliveOf(4_000).intervalMs).toBeLessThan(4_000 * 0.8);
  });

  it('refuses what is no number', () => {
    expect(() => parseChaosOptions(['--seed', 'x'])).toThrow('--seed must be a whole number.');
  });
});
