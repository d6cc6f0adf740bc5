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
  wholeNumber: 'a part of LIST_QUERY, READ_QUERY and DEAD_LETTERS_QUERY',
};

const exportsOf = (path: string): string[] =>
  [
    ...readFileSync(join(SHARED, path), 'utf8').matchAll(/^export (?:async )?(?:const|function\*?) (\w+)/gm),
  ].map(([, name = '']) => name);
const filesOf = (folder: string): string[] =>
  readdirSync(join(SHARED, folder), { encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);

/** What reads a request, a row, a token or a setting. */
const PARSERS = [
  ...filesOf('inbound').flatMap(exportsOf),
  ...filesOf('adapters/storage')
    .flatMap(exportsOf)
    .filter((name) => /^(decode|from[A-Z])/.test(name)),
  ...['signature', 'tickets', 'webhook-guard'].flatMap((name) => exportsOf(`security/${name}.ts`)),
  ...exportsOf('config.ts'),
  ...['ids.ts', 'iso-duration.ts', 'messages/template.ts']
    .flatMap((name) => exportsOf(`domain/${name}`))
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
    const all = filesOf('inbound').flatMap(exportsOf);
    expect(Object.keys(NO_PARSERS).filter((name) => !all.includes(name))).toEqual([]);
  });

  it('has a name of its own', () => {
    expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(TARGETS.length);
  });
});
