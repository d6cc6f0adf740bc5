import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { TARGETS } from './targets/index';
import { tokenTargets } from './targets/tokens';

const ROOT = join(__dirname, '..', '..', '..');
const SHARED = join(ROOT, 'shared');
const MEASURED = readFileSync(join(ROOT, 'docs', 'measured', 'fuzzing.md'), 'utf8');

/** Exports of the folders of parsers that read nothing from outside, and why. */
const NO_PARSERS: Readonly<Record<string, string>> = {
  encodeConnectionState: 'writes',
  profileToQuery: 'writes',
  policyDocumentView: 'writes',
  policyValuesView: 'writes',
  json: 'writes',
  noContent: 'writes',
  problem: 'writes',
  statusOfFailure: 'of errors',
  REFUSAL_STATUS: 'a table',
  CONNECTION_STATE_HEADER: 'a name',
  EVENT_BODY_LIMIT: 'a number',
  ...Object.fromEntries(
    ['instant', 'duration', 'conversationId', 'count', 'sequenceNumber', 'deadline'].map((name) => [
      name,
      'of answers',
    ]),
  ),
  wholeNumber: 'a part of LIST_QUERY, READ_QUERY and DEAD_LETTERS_QUERY',
};

const exportsOf = (path: string): string[] =>
  [
    ...readFileSync(join(SHARED, path), 'utf8').matchAll(/^export (?:async )?(?:const|function\*?) (\w+)/gm),
  ].map(([, name = '']) => name);
const filesOf = (form: RegExp): string[] =>
  readdirSync(SHARED, { encoding: 'utf8', recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => form.test(name));

/** Files that parse what comes from outside, and those of whose exports only some do. */
const READERS = filesOf(/-parser\.ts$|^http\/(request|fields)\.ts$/).flatMap(exportsOf);
const SOME_READERS = filesOf(/-routes\.ts$/)
  .flatMap(exportsOf)
  .filter((name) => /^parse|^[A-Z_]+$/.test(name));

/** What reads a request, a row, a token or a setting. */
const PARSERS = [
  ...READERS,
  ...SOME_READERS,
  ...filesOf(/^storage\/|-table\.ts$/)
    .flatMap(exportsOf)
    .filter((name) => /^(decode|from[A-Z])/.test(name)),
  ...filesOf(/-(routes|guard)\.ts$/)
    .flatMap(exportsOf)
    .filter((name) => /Guard$|^isSignedWith$|^createTickets$|^clientAddressOf$/.test(name)),
  ...exportsOf('app/config.ts').filter((name) => name === 'loadConfig'),
  ...['conversation/ids.ts', 'conversation/time.ts', 'automated-messages/template.ts']
    .flatMap(exportsOf)
    .filter((name) => /^parse|^participantOf$|[tT]emplate/.test(name)),
].filter((name) => !(name in NO_PARSERS));

describe('every parser', () => {
  it('is under fire', async () => {
    const { targets, stop } = await tokenTargets();
    await stop();
    const covered = new Set([...TARGETS, ...targets].flatMap(({ parsers }) => parsers));
    expect(PARSERS.length).toBeGreaterThan(50);
    expect(PARSERS.filter((name) => !covered.has(name))).toEqual([]);
  });

  it('has its row in the table of what was measured', async () => {
    const { targets, stop } = await tokenTargets();
    await stop();
    const names = [...TARGETS, ...targets].map(({ name }) => name);
    const reported = [...MEASURED.matchAll(/^\| ([\w:' .,-]+?) +\| +[\d,]+ +\| +[\d,]+ +\| +[\d,]+ +\|/gm)];
    expect(reported.map(([, name]) => name).sort()).toEqual(names.sort());
  });

  it('that is left out exists, and is said to be no parser', () => {
    const all = [...READERS, ...SOME_READERS, ...filesOf(/\.ts$/).flatMap(exportsOf)];
    expect(Object.keys(NO_PARSERS).filter((name) => !all.includes(name))).toEqual([]);
  });

  it('has a name of its own', () => {
    expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(TARGETS.length);
  });
});
