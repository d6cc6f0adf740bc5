import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Chat,
  failed,
  type Input,
  milliseconds,
  next,
  NOTHING,
  type Stored,
  unread,
  unstored,
  waiting,
  type Written,
} from '../../../web/widget/messages';

const CONVERSATION = { id: 'a-conversation' };
const stored = (sequence: number, more: Partial<Stored> = {}): Stored => ({
  kind: 'message',
  sequence,
  at: '2026-03-01T10:00:00.000Z',
  author: { role: 'agent', name: 'Ada' },
  text: `Text ${sequence}`,
  ...more,
});
const own = (sequence: number, messageId: string) =>
  stored(sequence, { author: { role: 'customer', name: 'Ann' }, messageId, text: messageId });
const written = (messageId: string): Input => ({
  type: 'written',
  messageId,
  text: messageId,
  at: '2026-03-01T09:59:59.000Z',
});
const after = (inputs: readonly Input[], chat: Chat = { ...NOTHING, phase: 'open' }) =>
  inputs.reduce(next, chat);
const shown = ({ entries }: Chat) =>
  entries.map(({ text, delivery }) => [text, delivery].filter(Boolean).join(' '));

describe('what all tabs show', () => {
  test('every entry once and in the order of the transcript, however often, early or late it is told', () => {
    const all = [1, 2, 3, 4, 5, 6].map((sequence) =>
      sequence % 2 === 0 ? own(sequence, `m${sequence}`) : stored(sequence),
    );
    const told = fc.oneof(
      fc.constantFrom(...all).map((entry): Input => ({ type: 'entry', entry })),
      fc.nat(6).map((from): Input => ({
        type: 'view',
        view: { conversation: CONVERSATION, transcript: all.slice(from) },
      })),
      fc.constantFrom('m2', 'm4', 'm6').map(written),
      fc
        .constantFrom('m2', 'm4', 'm6')
        .map((messageId): Input => ({ type: 'delivery', messageId, delivery: 'sent' })),
    );
    fc.assert(
      fc.property(fc.array(told, { maxLength: 30 }), (inputs) => {
        const chat = after(inputs);
        const sequences = chat.entries.flatMap(({ sequence }) => sequence ?? []);
        expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
        const ids = chat.entries.flatMap(({ messageId }) => messageId ?? []);
        expect(new Set(ids).size).toBe(ids.length);
        const complete = next(chat, { type: 'view', view: { conversation: CONVERSATION, transcript: all } });
        expect(complete.entries.map(({ text }) => text)).toEqual(all.map(({ text }) => text));
        expect(waiting(complete)).toEqual([]);
      }),
    );
  });

  test('what the customer writes waits behind what is stored, until it is stored itself [R250]', () => {
    const chat = after([written('first'), written('second'), { type: 'entry', entry: stored(1) }]);
    expect(shown(chat)).toEqual(['Text 1', 'first sending', 'second sending']);
    const later = after([{ type: 'entry', entry: own(2, 'first') }], chat);
    expect(shown(later)).toEqual(['Text 1', 'first sent', 'second sending']);
    expect(waiting(later).map(({ messageId }) => messageId)).toEqual(['second']);
  });

  test('a refusal stands, whatever is told of the attempt; sent again it is taken', () => {
    const refused = after([
      written('one'),
      { type: 'delivery', messageId: 'one', delivery: 'refused', because: 'too-many-messages' },
      { type: 'delivery', messageId: 'one', delivery: 'sent' },
    ]);
    expect(refused.entries[0]).toMatchObject({ delivery: 'refused', because: 'too-many-messages' });
    const again = after([{ type: 'delivery', messageId: 'one', delivery: 'sending' }], refused);
    expect(waiting(again)).toHaveLength(1);
    expect(again.entries[0]).not.toHaveProperty('because');
  });

  test('a gap is known as long as what is missing has not been read', () => {
    const chat = after([
      { type: 'entry', entry: stored(1) },
      { type: 'entry', entry: stored(3) },
    ]);
    expect(chat.loaded).toBe(1);
    const view = { conversation: CONVERSATION, transcript: [stored(3), stored(2)] };
    expect(next(chat, { type: 'view', view }).loaded).toBe(3);
  });

  test('the loss counts from the last sign of the line, and is over when it is open', () => {
    const view = { conversation: { ...CONVERSATION, keptFor: 'PT3M' }, transcript: [] };
    const lost = after([
      { type: 'view', view },
      { type: 'lost', at: 1_000 },
      { type: 'lost', at: 9_000 },
    ]);
    expect(lost).toMatchObject({ phase: 'lost', lostAt: 1_000, keptFor: 180_000 });
    const back = next(lost, { type: 'opened', conversationId: CONVERSATION.id });
    expect(back.phase).toBe('open');
    expect(back).not.toHaveProperty('lostAt');
  });

  /** What waits, has failed, was refused, and is stored. */
  const UNSURE: readonly Input[] = [
    written('waits'),
    written('failed'),
    { type: 'delivery', messageId: 'failed', delivery: 'failed' },
    written('refused'),
    { type: 'delivery', messageId: 'refused', delivery: 'refused', because: 'too-many-messages' },
    written('sent'),
    { type: 'delivery', messageId: 'sent', delivery: 'sent' },
  ];
  const unsure = () =>
    after([{ type: 'opened', conversationId: 'old' }, { type: 'entry', entry: stored(1) }, ...UNSURE]);
  const END = { type: 'ended', end: { reason: 'agent-ended', options: ['new-conversation'] } } as const;

  test.each<readonly [string, Chat['phase'], readonly Input[]]>([
    ['another conversation is opened', 'open', []],
    ['the ticket has expired', 'opening', [{ type: 'expired' }]],
    ['the last one has ended', 'opening', [END, { type: 'begun' }]],
  ])(
    'nothing is sent into another conversation by itself, and nothing is lost: %s [R287]',
    (_, phase, inputs) => {
      const between = after(inputs, unsure());
      if (inputs.length > 0) expect(between.phase).toBe(phase);
      const chat = next(between, { type: 'opened', conversationId: 'new' });
      expect(shown(chat)).toEqual(['waits failed', 'failed failed', 'refused failed']);
      expect(waiting(chat)).toEqual([]);
      const again = after([{ type: 'delivery', messageId: 'waits', delivery: 'sending' }], chat);
      expect(shown({ ...chat, entries: waiting(again) })).toEqual(['waits sending']);
    },
  );

  test('what could not be sent before the end has failed', () => {
    const ended = after([written('late'), END, { ...END, end: { ...END.end, reason: 'auto-closed' } }]);
    expect(ended).toMatchObject({ phase: 'ended', end: END.end });
    expect(shown(ended)).toEqual(['late failed']);
  });

  test('what did not work is tried again in the same conversation, where everything is sent', () => {
    const problem = { kind: 'refused' } as const;
    const again = after([{ type: 'problem', fatal: true, problem }, { type: 'begun' }], unsure());
    expect(again).not.toHaveProperty('problem');
    const back = next(again, { type: 'opened', conversationId: 'old' });
    expect(back.entries).toEqual(unsure().entries);
    expect(shown(next(again, { type: 'opened', conversationId: 'new' }))).not.toContain('waits sending');
  });

  test('what is forgotten is gone', () => {
    expect(next(unsure(), { type: 'forgotten' })).toEqual(NOTHING);
  });

  test('what is not stored comes back as it was, or as failed where it was not written', () => {
    const chat = after([...UNSURE, { type: 'entry', entry: own(1, 'stored') }]);
    const kept = JSON.parse(JSON.stringify(unstored(chat))) as Written[];
    const back = after(kept);
    // Whoever has the line sends what waits after each of them.
    const sent = kept.flatMap((_, index) => waiting(after(kept.slice(0, index + 1))));
    expect(new Set(sent.map(({ messageId }) => messageId))).toEqual(new Set(['waits']));
    expect(kept.flatMap((one) => waiting(after([failed(one)])))).toEqual([]);
    expect(shown(back)).toEqual(['waits sending', 'failed failed', 'refused refused']);
    expect(back.entries[2]).toMatchObject({ because: 'too-many-messages' });
    expect(shown(after(kept.map(failed)))).toEqual(['waits failed', 'failed failed', 'refused failed']);
  });

  test('a link that is void leaves nothing but what the customer has written', () => {
    const chat = after([{ type: 'entry', entry: stored(1) }, written('waits')]);
    const opening: Chat = { ...chat, phase: 'opening' };
    const nothing = next(opening, { type: 'nothing' });
    expect([nothing.phase, shown(nothing)]).toEqual(['idle', ['waits failed']]);
    expect(next(chat, { type: 'nothing' })).toBe(chat);
    expect(next(chat, { type: 'linked' })).toBe(chat);
  });

  test('what agents have written and nobody has seen is counted', () => {
    const chat = after([1, 2, 3].map((sequence) => ({ type: 'entry', entry: stored(sequence) }) as const));
    expect(unread(chat)).toBe(3);
    expect(unread(next(chat, { type: 'read', sequence: 2 }))).toBe(1);
  });

  test('an end is news until somebody has looked at it [R298]', () => {
    const end: Input = { type: 'ended', end: { reason: 'agent-ended', options: [] } };
    const read: Input = { type: 'read', sequence: 1 };
    const entry: Input = { type: 'entry', entry: stored(1) };
    expect(after([entry, read, end]).endSeen).toBeUndefined();
    const seen = after([entry, read, end, read]);
    expect(seen.endSeen).toBe(true);
    expect(next(seen, read)).toBe(seen);
    expect(next(seen, { type: 'begun' }).endSeen).toBeUndefined();
  });
});

test('lengths of time are read as the API writes them', () => {
  expect(['PT3M', 'PT1M30S', 'P1DT2H', 'PT0.5S'].map(milliseconds)).toEqual([
    180_000, 90_000, 93_600_000, 500,
  ]);
});
