import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { within } from '../../support/within';
import { longTexts } from './long-texts';

const SHARED = join(__dirname, '..', '..', '..', 'shared');
const SECONDS = 5;
/** Large enough that what takes the square of it does not end in time. */
const CHARACTERS = 128 * 1024;
const TEXTS = [...longTexts(CHARACTERS)];

/** Those that take long for long texts, and never see one. */
const CUT_BEFORE: Readonly<Record<string, string>> = {
  'iPad|Tablet(?! PC)|PlayBook|Silk(?!.*Mobile)': 'deviceClassOf: at most 1,024 characters',
  '([\\w-]+\\/[\\w.-]+\\.[cm]?[jt]s:\\d+):\\d+\\)?$': 'UnexpectedError: lines of at most 500 characters',
};

/** Every regular expression that the product's code spells out, as the compiler sees them. */
const EXPRESSIONS = [
  ...new Set(
    readdirSync(SHARED, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => literalsIn(readFileSync(join(SHARED, name), 'utf8'))),
  ),
].map((literal) => {
  const end = literal.lastIndexOf('/');
  return new RegExp(literal.slice(1, end), literal.slice(end + 1));
});

function literalsIn(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('one.ts', source, ts.ScriptTarget.ES2022, true));
  return found;
}

describe('the regular expressions of the product', () => {
  it('are found', () => {
    expect(EXPRESSIONS.length).toBeGreaterThan(30);
    expect(EXPRESSIONS.map(({ source }) => source)).toEqual(expect.arrayContaining(Object.keys(CUT_BEFORE)));
  });

  it.each(
    EXPRESSIONS.filter(({ source }) => !(source in CUT_BEFORE)).map((one) => [String(one), one] as const),
  )('answer long texts that are made to be slow: %s', (_, expression) => {
    within(SECONDS, () => TEXTS.forEach((text) => text.search(expression)));
  });

  it('would be found to be slow if they were', () => {
    const slow = () => TEXTS.forEach((text) => text.search(/a+b/));
    expect(() => within(1, slow)).toThrow(/timed out/);
  });
});
