import { describe, expect, it } from '@jest/globals';
import {
  mayBeEmpty,
  RENDERED_CHARACTERS,
  renderTemplate,
  templateProblem,
  type TemplateValues,
} from '../../../../shared/automated-messages/template';

const render = (text: string, values: Partial<TemplateValues> = {}) =>
  renderTemplate(text, { slugs: {}, context: {}, ...values });

describe('the text of an automated message', () => {
  it('has its slugs replaced by what they stand for [R76]', () => {
    const slugs = { AgentName: 'Bob', QueueName: 'sales', QueuePosition: '3' };
    expect(render('{AgentName}|{QueueName}|{QueuePosition}|{AgentName}', { slugs })).toBe('Bob|sales|3|Bob');
  });

  it('speaks of an unknown agent by no name', () => {
    expect(render('{AgentName} has joined.')).toBe(' has joined.');
  });

  it('has its context variables replaced by their values [R77]', () => {
    expect(render('Order {$Order_1$}', { context: { Order_1: '4711' } })).toBe('Order 4711');
  });

  it.each([
    ['of another capitalisation', '[{$orderid$}]'],
    ['that is not there', '[{$Other$}]'],
    ['that every object has', '[{$toString$}{$__proto__$}{$constructor$}]'],
  ])('has nothing in place of a variable %s [R78 R79]', (_, text) => {
    expect(render(text, { context: { OrderId: '4711' } })).toBe('[]');
  });

  it.each([
    ['agent-joined', '{AgentName}, {QueueName}: {$Id$} {$Id$}', ['{$Id$}']],
    ['agent-joined', 'Number {QueuePosition}', ['{QueuePosition}']],
    ['customer-position-in-queue', '{QueuePosition} {AgentName}', ['{AgentName}']],
    // Nobody may have accepted before the customer goes.
    ['customer-disconnected', '{AgentName}', ['{AgentName}']],
    ['agent-joined', 'Plain', []],
    ['agent-joined', '{$Id}', []],
  ])('says what may be empty: %s, %s [R295]', (trigger, text, holes) => {
    expect(mayBeEmpty(text, trigger)).toEqual(holes);
  });

  it('does not expand what a customer has put into a value', () => {
    const context = { Note: '{AgentName} {$Secret$} {', Secret: 'hidden' };
    const slugs = { AgentName: '{$Secret$}' };
    expect(render('{$Note$}|{AgentName}', { slugs, context })).toBe('{AgentName} {$Secret$} {|{$Secret$}');
  });

  it('may have "$" outside of braces', () => {
    expect(templateProblem('It costs $5$, $Name$.')).toBeUndefined();
    expect(render('It costs $5$, $Name$.', { context: { Name: 'x' } })).toBe('It costs $5$, $Name$.');
  });
});

describe('a malformed text', () => {
  it.each([
    ['an unknown slug', 'Hi {CustomerName}!', 4],
    ['a slug of another capitalisation', '{agentname}', 1],
    ['a slug with spaces', '{ AgentName }', 1],
    ['nothing in its braces', 'a {}', 3],
    ['nothing but empty braces', '{}', 1],
    ['a variable with something before it', '{x$Name$}', 1],
    ['a brace that is not closed', '{AgentName} {QueueName', 13],
    ['a brace that was not opened', '{AgentName}}', 12],
    ['braces in braces', '{{AgentName}}', 1],
    ['a variable without a name', 'x{$$}', 2],
    ['a variable without its second "$"', '{$Name}', 1],
    ['a variable with a space', '{$Order Id$}', 1],
    ['a variable with a dash', '{$Order-Id$}', 1],
    ['a variable with a letter outside of ASCII', '{$Größe$}', 1],
    ['a variable that ends with a new line', '{$Name$\n}', 1],
  ])('with %s is told by the position of the mistake [R80]', (_, text, position) => {
    const problem = templateProblem(text);
    expect(problem?.position).toBe(position);
    expect(problem?.detail).toMatch(/^a /);
  });

  it.each([
    ['{$Name}', 'a context variable is {$Name$}, its name of letters, digits and "_"'],
    ['{Name$}', 'a placeholder is {AgentName}, {QueueName}, {QueuePosition} or {$Name$}'],
    ['{}', 'a placeholder is {AgentName}, {QueueName}, {QueuePosition} or {$Name$}'],
    ['}', 'a "}" without its "{"'],
    ['{AgentName', 'a "{" without its "}"'],
  ])('says what would be right in place of %s', (text, detail) => {
    expect(templateProblem(text)?.detail).toBe(detail);
  });

  it('is told by its first mistake', () => {
    expect(templateProblem('ok } {Nope} {')).toMatchObject({ position: 4 });
  });

  it('counts a character outside of the basic plane as two', () => {
    expect(templateProblem('😀{')).toMatchObject({ position: 3 });
  });

  it('is given as it is rather than failing', () => {
    expect(render('{AgentName} {', { slugs: { AgentName: 'Bob' } })).toBe('{AgentName} {');
  });
});

describe('a text that became too long', () => {
  it('is kept whole up to the limit', () => {
    const value = 'x'.repeat(RENDERED_CHARACTERS);
    expect(render('{$V$}', { context: { V: value } })).toBe(value);
  });

  it('is cut at 4,000 characters', () => {
    expect(render('{$V$}{$V$}', { context: { V: 'x'.repeat(3_000) } })).toBe('x'.repeat(4_000));
  });

  it('loses a whole character rather than half of one', () => {
    const value = `${'x'.repeat(3_999)}😀`;
    expect(render('{$V$}', { context: { V: value } })).toBe('x'.repeat(3_999));
    expect(render('{$V$}', { context: { V: value.slice(1) } })).toBe(value.slice(1));
  });

  it.each([
    ['the first pair there is', '\u{10000}', ''],
    ['the last pair there is', '\u{10ffff}', ''],
    ['a letter whose number is above theirs', '\ufb00', '\ufb00'],
  ])('is cut with regard to %s', (_which, character, kept) => {
    const value = `${'x'.repeat(3_999)}${character}x`;
    expect(render('{$V$}', { context: { V: value } })).toBe(`${'x'.repeat(3_999)}${kept}`);
  });

  it('keeps even half a character where nothing is to be cut', () => {
    const value = `${'x'.repeat(3_999)}\ud800`;
    expect(render('{$V$}', { context: { V: value } })).toBe(value);
  });
});
