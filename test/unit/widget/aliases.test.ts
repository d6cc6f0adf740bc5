import { EventEmitter as Original } from 'node:events';
import { dirname, join } from 'node:path';
import { delay as originalDelay } from '@azure/core-util';
import { createClientLogger as originalLogger } from '@azure/logger';
import { expect, test } from '@jest/globals';
import { Buffer as Small } from '../../../web/widget/aliases/buffer';
import { delay } from '../../../web/widget/aliases/core-util';
import SmallEmitter from '../../../web/widget/aliases/events';
import { InvocationManager } from '../../../web/widget/aliases/invocations';
import { createClientLogger } from '../../../web/widget/aliases/logger';

/** What stands in for parts of the Web PubSub client in a browser, held against the original. */

test('events: listeners hear in their order, one that is removed hears nothing more', () => {
  const heardOf = (emitter: Pick<Original, 'on' | 'emit' | 'removeListener'>) => {
    const heard: string[] = [];
    const first = (what: string) => heard.push(`first ${what}`);
    const second = (what: string) => {
      heard.push(`second ${what}`);
      emitter.removeListener('event', first);
    };
    emitter.emit('event', 'nobody');
    emitter.on('event', first);
    emitter.on('event', second);
    emitter.on('other', first);
    emitter.emit('event', 'one');
    emitter.emit('event', 'two');
    emitter.emit('other', 'three');
    return heard;
  };
  const expected = heardOf(new Original());
  expect(expected).toEqual(['first one', 'second one', 'second two', 'first three']);
  expect(heardOf(new SmallEmitter() as unknown as Original)).toEqual(expected);
});

test('buffer: base64 of bytes, and back', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
  const text = Buffer.from(bytes).toString('base64');
  expect(Small.from(bytes.buffer).toString('base64')).toBe(text);
  expect([...Small.from(text, 'base64')]).toEqual([...Buffer.from(text, 'base64')]);
});

test('logger: everything that is logged can be, and nothing is written unless it is switched on', () => {
  const ours = createClientLogger();
  const theirs = originalLogger('test');
  for (const level of ['error', 'warning', 'info', 'verbose'] as const) {
    expect(typeof theirs[level]).toBe('function');
    expect(ours[level]()).toBeUndefined();
  }
});

test('core-util: a wait is over no sooner than it was to be', async () => {
  for (const wait of [originalDelay, delay]) {
    const order: string[] = [];
    const waits = [40, 10].map((time) => wait(time).then(() => order.push(`after ${time}`)));
    order.push('at once');
    await Promise.all(waits);
    expect(order).toEqual(['at once', 'after 10', 'after 40']);
  }
});

test('invocations: of whom nothing was asked, no answer is waited for', async () => {
  // What the package keeps to itself has no types.
  const path = join(dirname(require.resolve('web-pubsub-client-1-0')), 'invocationManager.js');
  const original = (await import(path)) as { InvocationManager: new () => InvocationManager };
  for (const one of [new original.InvocationManager(), new InvocationManager()]) {
    expect(one.resolveInvocation({ kind: 'invokeResponse', invocationId: '1' })).toBe(false);
    expect(one.rejectAll(() => new Error('nothing waits'))).toBeUndefined();
  }
});
