import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './functions-app';
import { matches, read } from './text';

/** Whether a name occurs as a word. */
const has = (text: string, name: string) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text);

const document = read('docs/DEPLOY.md');
const blocks = matches(document, /^ *```\w*\n(.*?)^ *```/gms);
const spans = matches(document.replaceAll(/^ *```\w*\n.*?^ *```/gms, ''), /`([^`\n]+)`/g);
const code = [...spans, ...blocks];

const main = read('infra/main.bicep');
const parameters = matches(main, /^param (\w+) /gm);
const modules = readdirSync(join(ROOT, 'infra', 'modules'))
  .filter((file) => file.endsWith('.bicep'))
  .map((file) => read(`infra/modules/${file}`))
  .join('\n');

const cellsOf = (line: string) => line.split('|').map((cell) => cell.trim());
/** Rows of a table without the padding that the formatter gives them. */
const tight = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line))
    .map((line) => cellsOf(line).join('|'));

const section = (title: string) =>
  document.split(new RegExp(`^#+ ${title}$`, 'm'))[1]?.split(/^#+ /m)[0] ?? '';
const firstCells = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => matches(cellsOf(line)[1] ?? '', /`([^`]+)`/g));

/** How GitHub names the headings of a page. */
const anchorsOf = (text: string) =>
  matches(text, /^#+ (.+)$/gm).map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );

describe('docs/DEPLOY.md', () => {
  it('names parameters that infra/main.bicep has', () => {
    const named = [...firstCells(section('Parameters')), ...matches(code.join('\n'), /\bparam (\w+) =/g)];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !parameters.includes(name))).toEqual([]);
  });

  it('names no setting of the host, assumption or field that does not exist', () => {
    const known = [main, modules, ...['host.json', 'scripts/cost.mjs', 'docs/API.md'].map(read)];
    const named = spans.flatMap((text) => /^[a-z]+(?:[A-Z][a-z]*)+(?= = |$)/.exec(text) ?? []);
    expect(named).toEqual(expect.arrayContaining(['defaultVersion', 'taskHubName', 'peakHour']));
    expect(named.filter((name) => !known.some((text) => has(text, name)))).toEqual([]);
  });

  it('names settings and variables that exist', () => {
    const known = [
      ...['shared/app/config.ts', 'infra/main.bicepparam', 'azure.yaml'].map(read),
      modules,
      matches(main, /^output (\w+) /gm).join('\n'),
      // Of a configuration, which is made of a prefix and this.
      'WEB_PUBSUB_CONNECTION_STRING CONVERSATION_TABLES_CONNECTION_STRING',
    ];
    const named = code.flatMap((text) => matches(text, /\b([A-Z]+(?:_[A-Z]+)+)\b/g));
    expect(named).toEqual(expect.arrayContaining(['TICKET_SIGNING_KEY_PREVIOUS', 'KEY_VAULT_NAME']));
    expect(named.filter((name) => !known.some((text) => has(text, name)))).toEqual([]);
  });

  it('has every output of the deployment', () => {
    expect(firstCells(section('Deploy')).sort()).toEqual(matches(main, /^output (\w+) /gm).sort());
  });

  it('names scripts, files and places that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const run = matches(code.join('\n'), /npm run ([\w:]+)/g);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
    const files = matches(code.join('\n'), /(?:^|\s)((?:scripts|test|infra|shared)\/[\w./-]+\.\w+)/gm);
    expect(files).toEqual(expect.arrayContaining(['scripts/cost.mjs', 'scripts/tables.mjs']));
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);

    const links = matches(document, /\]\(([^)]+)\)/g).filter((link) => !link.startsWith('https:'));
    expect(links.length).toBeGreaterThan(10);
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? 'docs/DEPLOY.md' : join('docs', path);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names secrets that the deployment makes, or that a rotation puts beside them', () => {
    const secrets = code.flatMap((text) => matches(text, /\b((?:function--|ticket-signing-key)[\w-]*)/g));
    expect(secrets.length).toBeGreaterThan(10);
    const made = (name: string) => has(modules, name) || modules.includes(`'${name}'`);
    const known = (name: string) =>
      made(name) ||
      (name === 'ticket-signing-key-previous' && modules.includes('{ticketSigningKeySecretName}-previous')) ||
      // A second key of a function that has one.
      modules.includes(`'${name.replace(/(?:next|previous)$/, '')}`);
    expect(secrets.filter((name) => !known(name))).toEqual([]);
  });

  it('says what becomes of every table', () => {
    const [list = ''] = matches(main, /tables: \[([^\]]+)\]/g);
    const tables = matches(list, /'(\w+)'/g);
    expect(tables.length).toBeGreaterThan(3);
    expect(firstCells(section('Backup and restore'))).toEqual(expect.arrayContaining(tables));
  });

  it('has the figures of scripts/cost.mjs', () => {
    const { stdout } = spawnSync(process.execPath, ['scripts/cost.mjs'], { cwd: ROOT, encoding: 'utf8' });
    const [, shown = ''] = /<!-- node scripts\/cost\.mjs -->(.*)<!-- end -->/s.exec(document) ?? [];
    expect(tight(shown).length).toBeGreaterThan(50);
    expect(tight(shown)).toEqual(tight(stdout));
  });

  it('reckons with as many alert rules as the deployment makes', () => {
    const every = [...read('infra/modules/alerts.bicep').matchAll(/every: '(\w+)'/g)].map(([, one]) => one);
    const often = every.filter((one) => one === 'PT5M').length;
    const assumed = ['oftenRules', 'rareRules'].map((name) =>
      Number(new RegExp(`${name}: \\[(\\d+)`).exec(read('scripts/cost.mjs'))?.[1]),
    );
    expect(assumed).toEqual([often, every.length - often]);
  });

  it('reckons with the sizes of Web PubSub that the deployment takes', () => {
    const sizes = (text: string, before: string) =>
      text.slice(text.indexOf(before)).match(/\[([\d, ]+)\]/)?.[1];
    const sold = sizes(read('scripts/cost.mjs'), 'SIZES =');
    expect(sold).toMatch(/^1, 2, /);
    expect(sizes(main, 'Units of Web PubSub, 1000 connections each')).toBe(sold);
  });

  it('has the requests of an event as they are measured', () => {
    const measured = read('test/integration/request-budget.test.ts');
    const rows = section('What it costs')
      .split('\n')
      .filter((line) => /^\|[^|]+(\|\s+\d\s+){5}\|$/.test(line))
      .map((line) => cellsOf(line).slice(1, -1));
    expect(rows.length).toBeGreaterThan(4);
    for (const [title = '', ...counts] of rows) {
      const at = measured.indexOf(`'${title}'`);
      expect([title, at > 0]).toEqual([title, true]);
      expect([title, ...matches(measured.slice(at), /: (\d)\b/g).slice(0, 5)]).toEqual([title, ...counts]);
    }
  });
});
