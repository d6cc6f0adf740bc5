// `npm run distance`: how far a reader has to go. Measures the code on the same work and exits with 1 where a target
// is missed, or, where it is not reached yet, what is accepted meanwhile. That number falls with every clean-up, and is raised only
// with the change that needs the lines. `--files` also lists the files that run. The compiled app in dist/ must be current.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { whatRuns } from './what-runs';

const ROOT = join(__dirname, '..', '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && statSync(join(ROOT, path), { throwIfNoEntry: false }) !== undefined);
const below = (...folders: string[]) =>
  tracked.filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const linesOf = (paths: readonly string[]) =>
  paths.reduce((sum, path) => sum + read(path).split('\n').length - 1, 0);
const bytesOf = (path: string) => statSync(join(ROOT, path)).size;

const product = below('functions', 'shared').filter((path) => path.endsWith('.ts'));
const isTest = (path: string) => path.startsWith('test/') || /^local\/.*(\.test\.ts$|\/test\/)/.test(path);
const tests = tracked.filter(isTest);
const isCode = (path: string) => /\.[cm]?[jt]s$/.test(path);

/** The most files of the product that share one base name. */
const names = product.map((path) => basename(path));
const sameName = Math.max(...names.map((name) => names.filter((other) => other === name).length));

/** The folders in which files are named after a capability, and the files of the product that know one agent's action. */
const CAPABILITIES = {
  capacity: /^capacity/,
  policies: /^polic(y|ies)/,
  'automated messages': /^automated-message/,
  'dead letters': /^dead-letter/,
  'closed conversations': /^closed-conversation/,
  'work list': /^work-list/,
  deadlines: /deadline/,
  'who calls': /^caller/,
};
const foldersOf = (form: RegExp) =>
  new Set(product.filter((path) => path.startsWith('shared/') && form.test(basename(path))).map(dirname))
    .size;
const spread = Math.max(...Object.values(CAPABILITIES).map(foldersOf));
const knowsAction = product.filter((path) => /\('end-wait'|'wait-ended'/.test(read(path)));

async function main(): Promise<void> {
  const { disconnected, extendWait } = await whatRuns();
  /** The target; and where it is not reached yet, what must not be exceeded meanwhile. */
  const measures: readonly [what: string, value: number, target: number, meanwhile?: number][] = [
    ['files of shared/ that run for the last `disconnected`', disconnected.files.length, 16],
    ['  folders', disconnected.folders.length, 6],
    ['files of shared/ that run for `extend-wait`', extendWait.files.length, 16],
    ['  folders', extendWait.folders.length, 6],
    ["files of the product that know one agent's action", knowsAction.length, 4],
    ['folders of one capability', spread, 1],
    ['files of the product with the same name', sameName, 1],
    ['files of the product', product.length, 120],
    ['lines of the product', linesOf(product), 9_300, 20_900],
    ['lines of tests, code', linesOf(tests.filter(isCode)), 28_000, 56_200],
    ['lines of tests, data', linesOf(tests.filter((path) => !isCode(path))), 4_000],
    ['bytes of README.md', bytesOf('README.md'), 8 * 1024],
    ['bytes of SECURITY.md', bytesOf('SECURITY.md'), 8 * 1024],
  ];
  for (const [what, value, target, meanwhile] of measures) {
    const sign = value <= target ? ' ' : value <= (meanwhile ?? target) ? '~' : '!';
    const accepted = meanwhile === undefined || value <= target ? '' : `  (meanwhile ${meanwhile})`;
    console.log(`${sign} ${what.padEnd(56)} ${String(value).padStart(7)}  target ${target}${accepted}`);
  }
  if (process.argv.includes('--files')) {
    console.log(`\ndisconnected\n  ${disconnected.files.join('\n  ')}`);
    console.log(`\nextend-wait\n  ${extendWait.files.join('\n  ')}`);
    console.log(`\nknow end-wait\n  ${knowsAction.join('\n  ')}`);
  }
  const open = measures.filter(([, value, target]) => value > target).length;
  const worse = measures.filter(([, value, target, meanwhile]) => value > (meanwhile ?? target)).length;
  if (open > 0) console.log(`\ndistance: ${open} of ${measures.length} targets are not reached yet (~).`);
  if (worse > 0) {
    console.error(`distance: ${worse} measures are worse than what is accepted (!).`);
    process.exitCode = 1;
  }
}

void main();
