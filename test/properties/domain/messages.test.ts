import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AUTOMATED_MESSAGE_TRIGGERS,
  automatedMessage,
  messageInForce,
  type MessageOverride,
  type MessageScene,
} from '../../../shared/automated-messages/automated-message';
import {
  RENDERED_CHARACTERS,
  renderTemplate,
  templateProblem,
} from '../../../shared/automated-messages/template';
import { CHANNELS } from '../../../shared/conversation/conversation';
import { DEFAULT_TEXTS } from '../../../shared/automated-messages/default-texts';
import { RUNS } from '../../support/domain/runs';

const NAMES = ['OrderId', 'orderid', '_', 'toString', '__proto__', 'AgentName'];
const anyText = fc.string({ unit: 'binary', maxLength: 30 });
const plain = anyText.map((text) => text.replaceAll(/[{}]/g, '').toWellFormed());

/** A piece of a template, and what it becomes. */
interface Piece {
  readonly written: string;
  readonly read: (values: Values) => string;
}
interface Values {
  readonly slugs: {
    readonly AgentName?: string;
    readonly QueueName?: string;
    readonly QueuePosition?: string;
  };
  readonly context: Readonly<Record<string, string>>;
}
const piece: fc.Arbitrary<Piece> = fc.oneof(
  plain.map((text) => ({ written: text, read: () => text })),
  fc.constantFrom('AgentName', 'QueueName', 'QueuePosition').map((slug) => ({
    written: `{${slug}}`,
    read: ({ slugs }: Values) => new Map(Object.entries(slugs)).get(slug) ?? '',
  })),
  fc.constantFrom(...NAMES).map((name) => ({
    written: `{$${name}$}`,
    read: ({ context }: Values) => new Map(Object.entries(context)).get(name) ?? '',
  })),
);
/** Values that look like placeholders themselves, or end a text in the middle of one. */
const value = fc.oneof(
  anyText,
  fc.constantFrom('{AgentName}', '{$OrderId$}', '{', '}', '{$', '$}', '$&', '$1'),
  fc.integer({ min: 1_990, max: 2_010 }).map((length) => '😀'.repeat(length)),
  fc.integer({ min: 3_990, max: 4_010 }).map((length) => 'x'.repeat(length)),
);
const values: fc.Arbitrary<Values> = fc.record({
  slugs: fc.record({ AgentName: value, QueueName: value, QueuePosition: value }, { requiredKeys: [] }),
  context: fc
    .array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 4 })
    .map((variables) => Object.fromEntries(variables)),
});
/** Texts that are mostly almost templates. */
const almost = fc
  .array(
    fc.oneof(
      piece.map(({ written }) => written),
      fc.constantFrom('{', '}', '$', '{$', '$}', '{}', '{x}', '{$a b$}'),
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''));

describe('the text of an automated message', () => {
  it('that is put together of texts and placeholders is well-formed and becomes what each of them becomes', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), values, (pieces, given) => {
        const text = pieces.map(({ written }) => written).join('');
        expect(templateProblem(text)).toBeUndefined();
        const whole = pieces.map(({ read }) => read(given)).join('');
        const rendered = renderTemplate(text, given);
        // Not expanded again, whatever a value looks like: of the whole, only the end may be missing.
        expect(whole.startsWith(rendered)).toBe(true);
        if (whole.length <= RENDERED_CHARACTERS) expect(rendered).toBe(whole);
        else expect(RENDERED_CHARACTERS - rendered.length).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });

  it('is never longer than allowed, and stays well-formed where its values are', () => {
    fc.assert(
      fc.property(almost, values, (text, { slugs, context }) => {
        const wellFormed = (record: Readonly<Record<string, string>>) =>
          Object.fromEntries(Object.entries(record).map(([name, one]) => [name, one.toWellFormed()]));
        const rendered = renderTemplate(text, {
          slugs: wellFormed({ ...slugs }),
          context: wellFormed(context),
        });
        expect(rendered.length).toBeLessThanOrEqual(RENDERED_CHARACTERS);
        expect(rendered.isWellFormed()).toBe(true);
      }),
      RUNS,
    );
  });

  it('is well-formed exactly when nothing but placeholders has braces, and else its mistake is at a brace', () => {
    fc.assert(
      fc.property(fc.oneof(almost, anyText), (text) => {
        const rest = text.replaceAll(/\{(AgentName|QueueName|QueuePosition|\$\w+\$)\}/g, '');
        const problem = templateProblem(text);
        expect(problem === undefined).toBe(!/[{}]/.test(rest));
        if (problem === undefined) return;
        expect('{}').toContain(text.charAt(problem.position - 1));
        expect(templateProblem(text.slice(0, problem.position - 1))).toBeUndefined();
      }),
      RUNS,
    );
  });

  it('is rendered exactly when it is well-formed, and else given as it is', () => {
    fc.assert(
      fc.property(almost, (text) => {
        const rendered = renderTemplate(text, { slugs: {}, context: {} });
        if (templateProblem(text) === undefined) expect(rendered).not.toMatch(/[{}]/);
        else expect(rendered).toBe(text);
      }),
      RUNS,
    );
  });
});

it.each(Object.entries(DEFAULT_TEXTS))('every built-in text in "%s" can be saved as it is', (_, texts) => {
  for (const trigger of AUTOMATED_MESSAGE_TRIGGERS) {
    const text = texts[trigger];
    expect([trigger, templateProblem(text)]).toEqual([trigger, undefined]);
    expect(text).toMatch(/^\S.{1,998}\S$/u);
    // A message that tells no position must not ask for one.
    expect(text.includes('{QueuePosition}')).toBe(trigger === 'customer-position-in-queue');
  }
});

describe('of any overrides', () => {
  const TRIGGERS = ['agent-joined', 'session-ended'] as const;
  const instance = fc.constantFrom('shop', 'help');
  const locale = fc.constantFrom('de', 'de-AT', 'DE-at', 'fr', 'FR-CA', 'pt-BR', 'en');
  const override: fc.Arbitrary<MessageOverride> = fc.record(
    {
      trigger: fc.constantFrom(...TRIGGERS),
      active: fc.boolean(),
      channel: fc.constantFrom(...CHANNELS),
      channelInstance: instance,
      locale,
      text: plain,
    },
    { requiredKeys: ['trigger', 'active'] },
  );
  const identityOf = ({ trigger, channel, channelInstance, locale: tag }: Omit<MessageOverride, 'active'>) =>
    JSON.stringify([trigger, channel ?? null, channelInstance ?? null, tag?.toLowerCase() ?? null]);
  const overrides = fc.uniqueArray(override, { selector: identityOf, maxLength: 40 });
  const scene: fc.Arbitrary<MessageScene> = fc.record({
    channel: fc.constantFrom(...CHANNELS),
    channelInstance: instance,
    locale,
    queueName: plain,
    context: fc.constant({}),
  });

  /** The rule as its twelve places, most specific first, each looked up by its identity. */
  function expected(all: readonly MessageOverride[], trigger: (typeof TRIGGERS)[number], at: MessageScene) {
    const stored = new Map(all.map((one) => [identityOf(one), one]));
    const { channel, channelInstance, locale: exact } = at;
    const language = exact.slice(0, 2).toLowerCase();
    const found: MessageOverride[] = [];
    for (const level of [{ channelInstance, channel }, { channelInstance }, { channel }, {}]) {
      for (const tag of [{ locale: exact }, { locale: language }, {}]) {
        const one = stored.get(identityOf({ trigger, ...level, ...tag }));
        if (one !== undefined) found.push(one);
      }
    }
    const builtIn = (language === 'pt' ? DEFAULT_TEXTS.en : DEFAULT_TEXTS[language])?.[trigger];
    const worded = found.find((one) => 'text' in one);
    return { active: found.length === 0 || found[0]?.active === true, text: worded?.text ?? builtIn, worded };
  }

  it('the one in force is the first of the twelve places where there is one', () => {
    fc.assert(
      fc.property(overrides, fc.constantFrom(...TRIGGERS), scene, (all, trigger, at) => {
        const { active, text, worded } = expected(all, trigger, at);
        const inForce = messageInForce(all, trigger, at);
        expect([inForce.active, inForce.text]).toEqual([active, text]);
        expect(inForce.textFrom).toBe(worded);
      }),
      RUNS,
    );
  });

  it('the message is the text in force, and none where that is deactivated, in whatever order they are', () => {
    fc.assert(
      fc.property(overrides, fc.constantFrom(...TRIGGERS), scene, (all, trigger, at) => {
        const { active, text } = messageInForce([...all].reverse(), trigger, at);
        const rendered = renderTemplate(text, { slugs: { QueueName: at.queueName }, context: {} });
        expect(automatedMessage(all, trigger, at)).toEqual(
          active ? { recipient: 'customer', text: rendered } : undefined,
        );
      }),
      RUNS,
    );
  });
});
