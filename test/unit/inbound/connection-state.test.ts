import { describe, expect, it } from '@jest/globals';
import { DEVICE_CLASSES } from '../../../shared/conversation/conversation';
import { decodeConnectionState, encodeConnectionState } from '../../../shared/web-pubsub/cloud-event-parser';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const json = (value: unknown): string => base64(JSON.stringify(value));

describe('the state of a connection', () => {
  it.each(DEVICE_CLASSES)('brings back the device class %s, whatever somebody else has added', (device) => {
    const state = encodeConnectionState({ device });
    // As a header must be.
    expect(state).toMatch(/^[A-Za-z0-9+/=]{1,64}$/);
    expect(decodeConnectionState(state)).toEqual({ device });
    const values = JSON.parse(Buffer.from(state, 'base64').toString('utf8')) as object;
    // The form of the service's own libraries: base64 of JSON, each value base64 of its JSON.
    expect(values).toEqual({ device: json(device) });
    expect(decodeConnectionState(json({ other: json(1), ...values }))).toEqual({ device });
  });
});

describe('a state that says nothing about the device is no error', () => {
  it.each([
    ['none, of a connection from before an update', null],
    ['an empty one', ''],
    ['no base64', '{"device":"phone"}'],
    ['no JSON', base64('phone')],
    ['null', json(null)],
    ['a list', json([json('phone')])],
    ['a text', json('phone')],
    ['an object without a device', json({ other: json(1) })],
    ['a device that is not encoded, as other libraries write it', json({ device: 'phone' })],
    ['a device that is no text', json({ device: 7 })],
    ['a device that cannot even become a text', json({ device: { toString: 1, valueOf: 1 } })],
    ['a device class that does not exist', json({ device: json('watch') })],
    ['a device class in a list', json({ device: json(['phone']) })],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]).toString('base64')],
    ['deep nesting', base64('['.repeat(2_000))],
  ])('%s', (_what, header) => {
    expect(decodeConnectionState(header)).toBeUndefined();
  });

  it('one of more than 4 KiB, even if the device is in it', () => {
    const text = JSON.stringify({ device: json('phone') });
    const longest = base64(text.padEnd(3_072));
    expect(longest).toHaveLength(4_096);
    expect(decodeConnectionState(longest)).toEqual({ device: 'phone' });
    expect(decodeConnectionState(base64(text.padEnd(3_073)))).toBeUndefined();
  });
});
