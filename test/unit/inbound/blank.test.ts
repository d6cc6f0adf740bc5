import { expect, it } from '@jest/globals';
import { ROUTES } from '../../../shared/app/routes';
import { oneLine } from '../../../shared/http/fields';
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
])('a name or a text of %s would be shown empty', (_, text) => {
  expect(refusalOf(() => parseWith(oneLine(100), text, 'name'))).toBe('name: must not be blank');
  expect(refusalOf(() => parseWith(override, { text }, 'body'))).toBe('body.text: must not be blank');
});

it.each(['a', ' a ', '.', '\u200fא', '👋', '\u{1fae9}', 'ﷺ', '\ue000'])('%j is shown', (text) => {
  expect(parseWith(oneLine(100), text, 'name')).toBe(text);
  expect(parseWith(override, { text }, 'body')).toEqual({ text });
});
