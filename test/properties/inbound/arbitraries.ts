import fc from 'fast-check';
import { DEVICE_CLASSES } from '../../../shared/conversation/conversation';
import { encodeConnectionState } from '../../../shared/web-pubsub/cloud-event-parser';

/** 300 runs per law unless `FC_RUNS` says otherwise. */
export const RUNS = { numRuns: Number(process.env['FC_RUNS'] ?? 300) };

/** Texts, nasty ones among them: names of `Object.prototype`, lone surrogates, control characters, long ones. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '', ' ', '\u0000', '\ud800', '﻿'),
  fc.integer({ min: 1, max: 20_000 }).map((length) => 'x'.repeat(length)),
);

const deep = fc
  .tuple(fc.integer({ min: 1, max: 20_000 }), fc.constantFrom(['[', ']'], ['{"a":', '}']))
  .map(([depth, [open, close]]) => `${open.repeat(depth)}1${close.repeat(depth)}`);

/** Bodies: valid JSON of any shape, almost JSON, text, bytes that are no UTF-8, and nothing. */
export const anyBody: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .oneof(
      fc.json(),
      fc.json().map((text) => text.slice(0, -1)),
      anyText,
      deep,
      fc.constantFrom(
        '',
        '{"__proto__":{"query":{}}}',
        '{"query":{"__proto__":["x"],"constructor":["y"]}}',
        '{"query":{"ctx.__proto__":["x"]}}',
        '{"text":"\\ud800"}',
        '{"text":"x","conversationId":"__proto__"}',
        '1e999',
      ),
    )
    .map((text) => Buffer.from(text)),
);

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** States of connections: ours, in our form with something else in it, in another form, and anything. */
export const anyState: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...DEVICE_CLASSES).map((device) => encodeConnectionState({ device })),
  fc
    .dictionary(fc.oneof(fc.constant('device'), anyText), fc.oneof(fc.json().map(base64), fc.jsonValue()))
    .map((values) => base64(JSON.stringify(values))),
  fc.json().map(base64),
  deep.map(base64),
  fc.base64String(),
  anyText,
);

/** Texts made of what User-Agents are made of, and of anything else. */
export const anyUserAgent: fc.Arbitrary<string> = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        ...['Mozilla/5.0', 'iPhone', 'iPad', 'Android', 'Tablet', ' PC', 'Mobile', 'Silk', 'X11', ' ('],
      ),
      { maxLength: 400 },
    )
    .map((words) => words.join('')),
  anyText,
);
