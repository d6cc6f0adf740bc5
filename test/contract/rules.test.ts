import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../../shared/automated-messages/automated-message';
import { DEFAULTS } from '../support/domain/policies';
import { ROOT } from './functions-app';
import { titlesIn } from './test-titles';

/** docs/RULES.md: every rule with its id, its source and what is done here. Tests have the ids in their titles. */
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'RULES.md'), 'utf8');
const CELLS = ['id', 'rule', 'source', 'here'] as const;

interface Row extends Record<(typeof CELLS)[number], string> {
  readonly columns: number;
}

/** The rows of every table that begins with an id. */
function rowsOf(markdown: string): Row[] {
  const lines = markdown.split('\n').filter((line) => /^\| R\d+ \|/.test(line));
  return lines.map((line) => {
    const cells = line.slice(1, line.lastIndexOf('|')).split('|');
    const [id = '', rule = '', source = '', here = ''] = cells.map((cell) => cell.trim());
    return { id, rule, source, here, columns: cells.length };
  });
}

const ROWS = rowsOf(DOCUMENT);
const IDS = ROWS.map(({ id }) => id);
const asCases = ROWS.map((row) => [row.id, row] as const);

/** `has a title [R12 R15]` names two rules. */
const idsIn = (titles: readonly string[]): string[] =>
  titles.flatMap((title) =>
    [...title.matchAll(/\[(R\d+(?: R\d+)*)\]/g)].flatMap(([, ids = '']) => ids.split(' ')),
  );

/** The rules that a title names, for each file of tests. */
const named = new Map(
  ['test', 'local']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
        join(folder, path),
      ),
    )
    .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
    .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')] as const)
    .filter(([, text]) => /\[R\d/.test(text))
    .map(([path, text]) => [path, idsIn(titlesIn(text))] as const),
);
/** In this file they are examples. */
named.delete(join('test', 'contract', 'rules.test.ts'));

describe('the table of rules', () => {
  it('has a section for each of the ten rows of the issue, and rows in every section', () => {
    const sections = DOCUMENT.split(/^## /m).filter((section) => /^\d+\. /.test(section));
    expect(sections.map((section) => Number.parseInt(section, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const section of sections) expect(rowsOf(section)).not.toHaveLength(0);
  });

  it('tells each rule once, under an id of its own', () => {
    expect(new Set(ROWS.map(({ rule }) => rule)).size).toBe(ROWS.length);
    expect(new Set(IDS).size).toBe(ROWS.length);
  });

  it('has nothing that is no rule: a row without an id would be overlooked', () => {
    const sections = DOCUMENT.split(/^## /m).filter((section) => /^\d+\. /.test(section));
    const rows = sections.flatMap((section) => section.split('\n').filter((line) => line.startsWith('|')));
    const others = rows.filter((line) => !/^\| R\d+ \|/.test(line));
    expect([...new Set(others)]).toEqual(['| id | rule | source | here |', '| --- | --- | --- | --- |']);
  });

  it('is what the list of differences names', () => {
    const [, differences = ''] = /^## Differences[^\n]*\n([^]*?)^## /m.exec(DOCUMENT) ?? [];
    const ids = [...differences.matchAll(/\bR\d+\b/g)].map(([id]) => id);
    expect(ids.length).toBeGreaterThan(20);
    expect(ids.filter((id) => !IDS.includes(id))).toEqual([]);
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
});

describe('the ids in the titles of tests', () => {
  const all = new Set([...named.values()].flat());

  it('show every rule', () => {
    expect(IDS.filter((id) => !all.has(id))).toEqual([]);
  });

  it.each([...named])('are those of rules: %s', (_path, ids) => {
    expect(ids.filter((id) => !IDS.includes(id))).toEqual([]);
  });

  it('are found in groups, tests and tables of cases, and nowhere else', () => {
    const text = `
      // [R1] a comment
      describe('a group [R2]', () => {
        it('a test [R3 R4]', () => { expect('[R5]').toBe(\`[R6]\`); });
        it.each(['[R7]'])('a case %s [R8]', () => {});
        it(\`a template \${x} [R9]\`, () => {});
        it.skip('a test that does not run [R10]', () => {});
      });`;
    expect(idsIn(titlesIn(text))).toEqual(['R2', 'R3', 'R4', 'R8', 'R9']);
  });
});
