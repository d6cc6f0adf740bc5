import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generatedFiles } from '../../scripts/docs/generated';
import { markdownFiles, problemsOfMarkdown } from '../../scripts/docs/markdown';
import { terminalPicture } from '../../scripts/docs/terminal-picture';
import { ROOT } from './functions-app';
import { read } from './text';

const GENERATED = [
  'docs/API.md',
  'docs/CONFIGURATION.md',
  'docs/images/demo.svg',
  'docs/images/bench-requests.svg',
  'docs/images/bench-designs.svg',
];

describe('what is generated', () => {
  const files = generatedFiles(ROOT);

  it.each(GENERATED)('is up to date; otherwise run: npm run docs (%s)', (path) => {
    expect(read(path)).toBe(files.get(path));
  });

  it('has every call of the API', () => {
    const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, object> };
    const calls = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `#### ${method.toUpperCase()} ${path}`),
    );
    const headings = read('docs/API.md')
      .split('\n')
      .filter((line) => line.startsWith('#### '));
    expect(calls.length).toBeGreaterThan(20);
    expect(headings.sort()).toEqual(calls.sort());
  });
});

describe('Markdown', () => {
  it.each(markdownFiles(ROOT))('has tables without padding and links that lead somewhere: %s', (path) => {
    expect(problemsOfMarkdown(ROOT, path)).toEqual([]);
  });

  it.each([
    ['README.md', 8],
    ['SECURITY.md', 8],
  ])('%s can be read at once: at most %d kB', (path, kilobytes) => {
    expect(Buffer.byteLength(read(path))).toBeLessThanOrEqual(kilobytes * 1000);
  });
});

describe('the check of Markdown', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'markdown-'))));
  afterAll(() => rmSync(folder, { recursive: true }));
  const problemsOf = (text: string): string[] => {
    writeFileSync(join(folder, 'page.md'), text);
    return problemsOfMarkdown(folder, 'page.md');
  };

  it.each([
    ['a padded cell', '| a   | b |\n| --- | --- |', /page\.md:1: a padded table/],
    ['a padded delimiter', '| a | b |\n| --- | ------ |', /page\.md:2: a padded table/],
    ['a file that is not there', '[x](other.md)', /the link to other\.md leads nowhere/],
    ['a heading that is not there', '# A\n[x](#b)', /the link to #b leads nowhere/],
    ['a reference that leads nowhere', '[x][y]\n\n[y]: other.md', /other\.md/],
    ['a picture that is not there', '<img src="x.svg">', /x\.svg/],
  ])('finds %s', (_what, text, problem) => {
    expect(problemsOf(text).join('\n')).toMatch(problem);
  });

  it.each([
    ['a tight table with a bar in a cell', '| a \\| b |  |\n| --- | --: |'.replace('|  |', '| |')],
    ['a link in code', '`[x](other.md)`\n\n```\n[x](other.md)\n```'],
    ['a heading with code and punctuation', '## Use `x`, please\n[x](#use-x-please)'],
    ['the second of two equal headings', '# A\n# A\n[x](#a-1)'],
    ['a page elsewhere', '[x](https://example.com/#a)'],
  ])('lets pass %s', (_what, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('the picture of the demo', () => {
  it('shows the results of the demo that was recorded, all of them passed', () => {
    expect(read('docs/measured/demo.txt')).toMatch(/, 0 failed, 0 skipped in /);
    expect(read('docs/images/demo.svg')).toMatch(/>\d+ passed, 0 failed, 0 skipped in [\d.]+ s</);
  });

  it('writes what is printed as text of the picture, whatever it is', () => {
    const picture = terminalPicture('<script> & "x"');
    expect(picture).toContain('&lt;script&gt; &amp; "x"');
    expect(picture).not.toContain('<script>');
  });
});
