import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../../shared/automated-messages/automated-message';
import { DEFAULTS } from '../support/domain/policies';
import { ROOT } from './functions-app';
import { namesTest, titlesIn } from './test-titles';

/** docs/RULES.md: every rule with its source, what is done here, and the tests that prove it. */
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'RULES.md'), 'utf8');
const CELLS = ['rule', 'source', 'here', 'tests'] as const;

interface Row extends Record<(typeof CELLS)[number], string> {
  readonly columns: number;
}

/** The rows of every table, without its head. */
function rowsOf(markdown: string): Row[] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  return lines
    .filter((line, at) => !isDelimiter(line) && !isDelimiter(lines[at + 1] ?? ''))
    .map((line) => {
      const cells = line.slice(1, line.lastIndexOf('|')).split('|');
      const [rule = '', source = '', here = '', tests = ''] = cells.map((cell) => cell.trim());
      return { rule, source, here, tests, columns: cells.length };
    });
}
const isDelimiter = (line: string): boolean => /^\|[\s:|-]+\|$/.test(line);

const ROWS = rowsOf(DOCUMENT);
const asCases = ROWS.map((row) => [row.rule, row] as const);

/** `[name](../test/….test.ts) describe › title`, one after the other. */
const testsOf = ({ tests }: Row) =>
  tests.split('<br>').map((one) => {
    const [, path = '', title = ''] = /^\[[^\]]+\]\(\.\.\/(test\/[^)]+\.test\.ts)\) (.+)$/.exec(one) ?? [];
    return { path, titles: title.split(' › ') };
  });

describe('the table of rules', () => {
  it('has a section for each of the ten rows of the issue, and rows in every section', () => {
    const sections = DOCUMENT.split(/^## /m).filter((section) => /^\d+\. /.test(section));
    expect(sections.map((section) => Number.parseInt(section, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const section of sections) expect(rowsOf(section)).not.toHaveLength(0);
  });

  it('tells each rule once', () => {
    expect(new Set(ROWS.map(({ rule }) => rule)).size).toBe(ROWS.length);
  });

  it('names every event that the domain decides on, every automated message and every policy', () => {
    const events = readFileSync(join(ROOT, 'shared', 'conversation', 'inputs.ts'), 'utf8');
    const types = [...events.matchAll(/readonly type: ((?:'[a-z-]+'(?: \| )?)+)/g)].flatMap(
      ([, union = '']) => union.split(' | ').map((quoted) => quoted.slice(1, -1)),
    );
    expect(types.length).toBeGreaterThan(15);
    const told = ROWS.map(({ rule, here }) => `${rule} ${here}`).join('\n');
    const expected = [...types, ...AUTOMATED_MESSAGE_TRIGGERS, ...Object.keys(DEFAULTS)];
    expect(expected.filter((name) => !told.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('a row of the table', () => {
  it.each(asCases)('has no empty cell: %s', (_rule, row) => {
    expect(row.columns).toBe(CELLS.length);
    for (const cell of CELLS) expect([cell, row[cell]]).not.toEqual([cell, '']);
  });

  it.each(asCases)('has a source that leads somewhere: %s', (_rule, { source, here }) => {
    expect(source).toMatch(/\]\[[a-z-]+\]|^this project/);
    for (const [, name = ''] of source.matchAll(/\]\[([a-z-]+)\]/g)) {
      expect(DOCUMENT).toMatch(new RegExp(`^\\[${name}\\]: https://learn\\.microsoft\\.com/`, 'm'));
    }
    for (const [, path = ''] of `${source} ${here}`.matchAll(/\]\(([^)]+)\)/g)) {
      expect([path, existsSync(join(ROOT, 'docs', path))]).toEqual([path, true]);
    }
  });

  it.each(asCases)('names tests that exist: %s', (_rule, row) => {
    for (const { path, titles } of testsOf(row)) {
      expect([row.tests, path]).not.toEqual([row.tests, '']);
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
      const file = titlesIn(join(ROOT, path));
      expect([path, titles, namesTest(file, titles)]).toEqual([path, titles, true]);
    }
  });
});

describe('the check of the titles', () => {
  const file = titlesIn(join(ROOT, 'test', 'unit', 'domain', 'transitions.test.ts'));

  it.each([
    ['a title alone', ['the customer of a live chat is away for too long'], true],
    ['a title with its group', ['a refusal', 'names the state and the action, whatever it refuses'], true],
    ['a case of a table', ['an action of the agent who has the conversation', 'extend-wait'], true],
    [
      'a case that is not in the file',
      ['an action of the agent who has the conversation', 'frobnicate'],
      false,
    ],
    [
      'a title in another group',
      ['a transfer', 'names the state and the action, whatever it refuses'],
      false,
    ],
    ['a group without a test', ['a refusal'], false],
    ['a part of a title', ['the customer of a live chat'], false],
    ['nothing', [''], false],
  ])('%s', (_what, titles, isThere) => {
    expect(namesTest(file, titles)).toBe(isThere);
  });
});
