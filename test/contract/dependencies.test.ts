import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import {
  deployedPackages,
  INSTALL_SCRIPTS,
  LICENCES,
  withInstallScript,
  type Lockfile,
} from '../../scripts/dependencies';
import { ROOT } from './functions-app';
import { matches, read } from './text';

const lockfile = JSON.parse(read('package-lock.json')) as Lockfile;
const manifest = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', object>;
const direct = Object.keys(manifest.dependencies);

describe('each direct dependency', () => {
  it('has its reason in CONTRIBUTING.md, and no other package has one', () => {
    const [, section = ''] = read('CONTRIBUTING.md').split(/^## Dependencies$/m);
    const reasons = (section.split(/^## /m)[0] ?? '').split('\n- ').slice(1);
    const named = reasons.flatMap((line) => matches(line.split(': ')[0] ?? '', /`([^`]+)`/g));
    expect(named.sort()).toEqual([...direct, ...Object.keys(manifest.devDependencies)].sort());
  });
});

describe('the packages that are deployed', () => {
  const deployed = deployedPackages(lockfile);

  it('are listed, each version once, with its licence and who needs it, by npm run dependencies', () => {
    const { stdout } = spawnSync('npm', ['run', '--silent', 'dependencies'], { cwd: ROOT, encoding: 'utf8' });
    const [, listed = ''] = stdout.split(/^## .+$/m);
    const rows = matches(listed, /^\| (\S+ \| \d\S* \| \S+ \| \S.*) \|$/gm);
    expect(rows).toEqual(
      deployed.map(
        ({ name, version, licence, neededBy }) =>
          `${name} | ${version} | ${licence} | ${neededBy.join(', ')}`,
      ),
    );
  });

  it('are the direct dependencies and what those need, and each is needed by something', () => {
    const names = deployed
      .filter(({ neededBy }) => neededBy.includes('package.json'))
      .map(({ name }) => name);
    expect(names.sort()).toEqual(direct.sort());
    expect(deployed.filter(({ neededBy }) => neededBy.length === 0)).toEqual([]);
  });

  it('have licences that ask for no more than their own text to be kept', () => {
    expect(deployed.filter(({ licence }) => !LICENCES.includes(licence))).toEqual([]);
  });

  it('have no install script among them', () => {
    const scripted = withInstallScript(lockfile);
    expect(deployed.filter(({ name }) => scripted.includes(name))).toEqual([]);
  });
});

describe('install scripts', () => {
  it('are known by name, each with a reason, and none is listed that is gone', () => {
    expect(withInstallScript(lockfile)).toEqual(Object.keys(INSTALL_SCRIPTS).sort());
  });

  it('may not run', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(hooks.filter((name) => name in scripts)).toEqual([]);
  });
});

describe('the check of the lockfile', () => {
  const withNew = (entry: object): Lockfile => ({
    packages: { ...lockfile.packages, 'node_modules/left-pad': { version: '1.0.0', ...entry } },
  });

  it('finds a package with a licence of another kind, or none', () => {
    for (const license of ['GPL-3.0-only', undefined]) {
      const found = deployedPackages(withNew(license === undefined ? {} : { license }));
      expect(found.filter(({ licence }) => !LICENCES.includes(licence)).map(({ name }) => name)).toEqual([
        'left-pad',
      ]);
    }
  });

  it('finds a package with an install script, deployed or not', () => {
    expect(withInstallScript(withNew({ dev: true, hasInstallScript: true }))).toContain('left-pad');
  });
});
