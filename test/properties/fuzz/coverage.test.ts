import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROUTES } from '../../../shared/app/routes';
import { TARGETS } from './targets/index';
import { tokenTargets } from './targets/tokens';

const ROOT = join(__dirname, '..', '..', '..');
const SHARED = join(ROOT, 'shared');
const MEASURED = readFileSync(join(ROOT, 'docs', 'measured', 'fuzzing.md'), 'utf8');

/** Exports of the files of parsers that read nothing: they write, name or belong to answers, or are a part of a query. */
const NO_PARSERS = [
  ...['encodeConnectionState', 'profileToQuery', 'policyDocumentView'],
  ...['CONNECTION_STATE_HEADER', 'eventBodyLimit', 'SCHEMAS', 'named', 'EXAMPLE'],
  ...['conversationId', 'count', 'sequenceNumber', 'deadline', 'wholeNumber', 'page'],
  ...['BLANK', 'WHOLE', 'etagField', 'NO_RULES'],
];

const exportsOf = (path: string): string[] =>
  [
    ...readFileSync(join(SHARED, path), 'utf8').matchAll(/^export (?:async )?(?:const|function\*?) (\w+)/gm),
  ].map(([, name = '']) => name);
const filesOf = (form: RegExp): string[] =>
  readdirSync(SHARED, { encoding: 'utf8', recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => form.test(name));

/** Files that parse what comes from outside. */
const READERS = filesOf(/-parser\.ts$|^http\/(request|fields)\.ts$/).flatMap(exportsOf);
/** Routes that a caller gives more to than ids. */
const ROUTES_WITH_INPUT = ROUTES.filter(({ inputs }) => inputs.body ?? inputs.query);

/** What reads a request, a row, a token or a setting. */
const PARSERS = [
  ...READERS,
  ...ROUTES_WITH_INPUT.map(({ id }) => id),
  ...filesOf(/^storage\/|-table\.ts$/)
    .flatMap(exportsOf)
    .filter((name) => /^(decode|from[A-Z])/.test(name)),
  ...filesOf(/-(routes|guard)\.ts$/)
    .flatMap(exportsOf)
    .filter((name) => /Guard$|^isSignedWith$|^createTickets$|^createSignIn$|^clientAddressOf$/.test(name)),
  ...exportsOf('app/config.ts').filter((name) => name === 'loadConfig'),
  ...['conversation/conversation.ts', 'conversation/time.ts', 'automated-messages/template.ts']
    .flatMap(exportsOf)
    .filter((name) => /^parse|^participantOf$|[tT]emplate/.test(name)),
].filter((name) => !NO_PARSERS.includes(name));

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
    expect(NO_PARSERS.filter((name) => !READERS.includes(name))).toEqual([]);
  });

  it('has a name of its own', () => {
    expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(TARGETS.length);
  });
});
