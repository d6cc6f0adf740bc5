import { expect, it } from '@jest/globals';
import { ROUTES } from '../../../shared/app/routes';
import { oneLine, typedText } from '../../../shared/http/fields';
import { parseWith } from '../../../shared/http/route';

const override = ROUTES.find(({ id }) => id === 'write-automated-message')!.inputs.body!.schema;
const refusalOf = (run: () => unknown): string => {
  try {
    return JSON.stringify(run());
  } catch (thrown) {
    return (thrown as Error).message;
  }
};

it.each([
  ['blanks', '   '],
  ['a space that does not break', '\u00a0'],
  ['spaces of other scripts', '\u3000\u2003'],
  ['spaces without width', '\u200b\u2060\ufeff'],
  ['a filler', '\u3164'],
  ['an empty pattern of Braille', '\u2800'],
  ['marks of direction', '\u200e\u200f'],
  ['tag characters', '\u{e0041}\u{e007f}'],
  ['annotations', '\ufff9\ufffb'],
  ['variation selectors', '\ufe0f\u{e0100}'],
])('a name or a text of %s would be shown empty', (_, text) => {
  expect(refusalOf(() => parseWith(oneLine(100), text, 'name'))).toBe('name: must not be blank');
  expect(refusalOf(() => parseWith(override, { text }, 'body'))).toBe('body.text: must not be blank');
});

it.each([
  ['a mark from right to left', '\u200f', 'אב'],
  ['a mark from left to right', '\u200e', 'Ann'],
  ['the mark of Arabic letters', '\u061c', 'Ann'],
  ...['\u202a', '\u202b', '\u202c', '\u202d', '\u202e'].map((mark) => ['an embedding', mark, 'Ann'] as const),
  ...['\u2066', '\u2067', '\u2068', '\u2069'].map((mark) => ['an isolate', mark, 'Ann'] as const),
  ['an outdated mark of form', '\u206c', 'Ann'],
  ['an annotation', '\ufffa', 'Ann'],
  ['a tag character', '\u{e0061}', 'Ann'],
  ['a tag that begins a language', '\u{e0001}', 'Ann'],
])('a name has no %s [R191]', (_, mark, name) => {
  for (const text of [name + mark, mark + name, name.charAt(0) + mark + name.slice(1)])
    expect(refusalOf(() => parseWith(oneLine(100), text, 'name'))).toBe(
      'name: must not have marks of direction or hidden characters',
    );
  expect(refusalOf(() => parseWith(oneLine(100), mark, 'name'))).toMatch(/^name: must not /);
  // What somebody writes is theirs: a text in two scripts may need them.
  expect(parseWith(typedText(100), name + mark, 'text')).toBe(name + mark);
});

it.each([
  ['an emoji of several', '👩‍🚀 Ann'],
  ['a flag', '🇯🇵'],
  ['a heart in colour', '❤️'],
  ['Arabic', 'فاطمة'],
  ['Hebrew', 'אָדָם'],
  ['Persian with a joiner', 'می\u200cخواهم'],
  ['Hindi with a joiner', 'क्\u200dष'],
  ['Vietnamese, decomposed', 'Nguye\u0302\u0303n'],
  ['two directions', 'אב Ann'],
])('a name may be %s [R191]', (_, name) => {
  expect(parseWith(oneLine(100), name, 'name')).toBe(name);
  expect(parseWith(typedText(100), name, 'text')).toBe(name);
});

it.each(['a', ' a ', '.', 'א', '👋', '\u{1fae9}', 'ﷺ', '\ue000'])('%j is shown', (text) => {
  expect(parseWith(oneLine(100), text, 'name')).toBe(text);
  expect(parseWith(override, { text }, 'body')).toEqual({ text });
});
