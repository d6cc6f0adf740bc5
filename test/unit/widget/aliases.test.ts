import { EventEmitter as Original } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { delay as originalDelay } from '@azure/core-util';
import { createClientLogger as originalLogger } from '@azure/logger';
import { describe, expect, test } from '@jest/globals';
import { Buffer as Small } from '../../../web/widget/aliases/buffer';
import { delay } from '../../../web/widget/aliases/core-util';
import SmallEmitter from '../../../web/widget/aliases/events';
import { createClientLogger } from '../../../web/widget/aliases/logger';
import { WebPubSubJsonReliableProtocol } from '../../../web/widget/aliases/protocol';
import { trimmed } from '../../../scripts/web/client';

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

test('protocol: what comes is understood, and what is sent is written, as the original does', async () => {
  const original = await import('web-pubsub-client-1-0');
  const [theirs, ours] = [original.WebPubSubJsonReliableProtocol(), WebPubSubJsonReliableProtocol()];
  expect([ours.name, ours.isReliableSubProtocol]).toEqual([theirs.name, theirs.isReliableSubProtocol]);
  const data = { type: 'message', text: 'Hello', type2: null };
  for (const frame of [
    { type: 'system', event: 'connected', userId: 'u', connectionId: 'c', reconnectionToken: 't' },
    { type: 'system', event: 'disconnected', message: 'gone' },
    { type: 'system', event: 'later' },
    { type: 'message', from: 'group', group: 'g', dataType: 'json', data, sequenceId: 3 },
    { type: 'message', from: 'server', dataType: 'json', data, sequenceId: 4 },
    { type: 'message', from: 'server', dataType: 'text', data: 'text' },
    { type: 'message', from: 'somebody', dataType: 'json', data },
    { type: 'ack', ackId: 1, success: false, error: { name: 'Duplicate', message: '' } },
    { type: 'pong' },
    { type: 'later' },
    {},
  ]) {
    const text = JSON.stringify(frame);
    expect(ours.parseMessages(text)).toEqual(theirs.parseMessages(text));
  }
  for (const broken of ['', '{']) expect(() => ours.parseMessages(broken)).toThrow();
  for (const message of [
    { kind: 'sendEvent', dataType: 'json', data, ackId: 7, event: 'message' },
    { kind: 'sendEvent', dataType: 'json', data: {}, event: 'typing' },
    { kind: 'sequenceAck', sequenceId: 9 },
    { kind: 'ping' },
  ] as const) {
    const written = (text: unknown) => JSON.parse(text as string) as unknown;
    expect(written(ours.writeMessage(message))).toEqual(written(theirs.writeMessage(message)));
  }
});

describe('the client without what the pages do not use', () => {
  // What the package keeps to itself has no types.
  const path = join(dirname(require.resolve('web-pubsub-client-1-0')), '..', 'browser', 'webPubSubClient.js');
  const source = readFileSync(path, 'utf8');

  test('has everything that is left of it speaks of', () => {
    const text = trimmed(source);
    expect(text.length).toBeLessThan(source.length * 0.7);
    const methods = new Set([...text.matchAll(/^ {4}(?:async )?(\w+)\(/gm)].map(([, name]) => name));
    const fields = new Set([...text.matchAll(/^ {4}(_\w+)(?: =.*)?;/gm)].map(([, name]) => name));
    const used = [...text.matchAll(/this\.(_\w+)/g)].map(([, name]) => name!);
    expect(used.length).toBeGreaterThan(100);
    expect(used.filter((name) => !methods.has(name) && !fields.has(name))).toEqual([]);
    expect(text).not.toMatch(/^ *logger\./m);
  });

  test('has to be looked at again when its text is another one', () => {
    expect(() => trimmed(source.replace('async joinGroup(', 'async enterGroup('))).toThrow(
      'has "(?:async )?joinGroup\\(" 0 times',
    );
  });
});
