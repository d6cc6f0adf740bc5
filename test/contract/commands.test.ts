import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import {
  parseStartArguments,
  parseStartFuncArguments,
  START_FUNC_USAGE,
  START_USAGE,
} from '../../local/stack/arguments';
import { UsageError } from '../../local/stack/command-line';
import { parseBenchOptions, USAGE as BENCH_USAGE } from '../../bench/options';
import { parsePeersOptions, USAGE as PEERS_USAGE } from '../../bench/peers/options';
import {
  POSTDEPLOY_USAGE,
  PREDEPLOY_USAGE,
  parsePostdeployOptions,
  parsePredeployOptions,
} from '../../scripts/azure/options';
import { parsePackageOptions, USAGE as PACKAGE_USAGE } from '../../scripts/package/options';
import { parseChaosOptions, USAGE as CHAOS_USAGE } from '../chaos/options';
import { parseOptions, parseSmokeOptions, SMOKE_USAGE, USAGE as E2E_USAGE } from '../e2e/options';
import { parseFuzzOptions, USAGE as FUZZ_USAGE } from '../properties/fuzz/options';
import { runCommand } from '../support/run-command';
import { ROOT } from './functions-app';
import { matches, read } from './text';

/** What reads the options of those that take some, and what their help says. */
const OPTIONS: Record<string, readonly [read: (argv: readonly string[]) => unknown, usage: string]> = {
  start: [parseStartArguments, START_USAGE],
  'start:func': [parseStartFuncArguments, START_FUNC_USAGE],
  e2e: [parseOptions, E2E_USAGE],
  smoke: [parseSmokeOptions, SMOKE_USAGE],
  'hook:postdeploy': [parsePostdeployOptions, POSTDEPLOY_USAGE],
  'hook:predeploy': [parsePredeployOptions, PREDEPLOY_USAGE],
  chaos: [parseChaosOptions, CHAOS_USAGE],
  fuzz: [parseFuzzOptions, FUZZ_USAGE],
  package: [parsePackageOptions, PACKAGE_USAGE],
  bench: [parseBenchOptions, BENCH_USAGE],
  'bench:peers': [parsePeersOptions, PEERS_USAGE],
};

const READ_VARIABLE = "process\\.env(\\.|\\[')[A-Z_]+";
/** Set by a test for a process that it starts. */
const OF_A_PROCESS = /^(FIXTURE|MUTATION)_/;

const FLAGS = ['--bench', '--check', '--long', '--write'];

/** Those that the lines of the help explain, not those of its examples. */
const optionsIn = (usage: string) => matches(usage, /^ {2}(--[a-z-]+) /gm);

describe('the commands of package.json', () => {
  it.each(['start', 'demo', 'smoke', 'hook:postdeploy', 'hook:predeploy', 'verify', 'mutation'])(
    '%s --help prints what it reads',
    async (name) => {
      const { code, stdout, stderr } = await runCommand(name, '--help');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^ {2}npm (run )?${name}\\b`, 'm'));
      expect(stdout).toMatch(/environment/i);
    },
  );

  it.each([
    ['start', '--nonsense'],
    ['verify', 'nonsense'],
  ])('%s refuses %s in one sentence', async (name, word) => {
    const { code, stdout, stderr } = await runCommand(name, word);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^[^\n]*'(--)?nonsense'[^\n]*\.\n$/);
    expect(stderr).toContain('-- --help');
  });

  it.each(Object.entries(OPTIONS))('%s knows each option that its help names', (_name, [read, usage]) => {
    expect(usage).toMatch(/environment/i);
    const named = optionsIn(usage);
    expect(named.length).toBeGreaterThan(0);
    // All at once, and one that is unknown: it alone may be complained of.
    const args = named.flatMap((option) => (FLAGS.includes(option) ? [option] : [option, '1']));
    const problem = (() => {
      try {
        return read([...args, '--nonsense']);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(problem).toBeInstanceOf(UsageError);
    expect(problem).toMatchObject({ message: "Unknown option '--nonsense'." });
  });
});

describe('every command of package.json', () => {
  /** What any project has. */
  const KNOWN = ['build', 'clean', 'watch', 'format', 'format:check', 'lint', 'typecheck'];

  it('is named by a document, with its meaning', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const documents = spawnSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
    const text = documents.split('\n').map(read).join();
    const isNamed = (name: string) => new RegExp(`npm (run )?${name}(?![\\w:])`).test(text);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['web', 'size', 'pictures']));
    expect(Object.keys(scripts).filter((name) => !KNOWN.includes(name) && !isNamed(name))).toEqual([]);
  });
});

describe('the environment variables of the tests', () => {
  it('are named by npm run verify --help, and no others', async () => {
    const { stdout: found } = spawnSync('git', ['grep', '-hoE', READ_VARIABLE, '--', 'test'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const read = [...new Set(matches(found, /([A-Z_]{4,})/g))].filter((name) => !OF_A_PROCESS.test(name));
    const { stdout } = await runCommand('verify', '--help');
    const [, listed = ''] = stdout.split('Environment');
    expect(matches(listed, /^ {2}([A-Z_]+) /gm).sort()).toEqual(read.sort());
  });
});
