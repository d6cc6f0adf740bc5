import { describe, expect, it } from '@jest/globals';
import {
  dependencyReport,
  deployedPackages,
  INSTALL_SCRIPTS,
  LICENCES,
  withInstallScript,
  type Lockfile,
} from '../../scripts/dependencies';
import { read } from './text';

const lockfile = JSON.parse(read('package-lock.json')) as Lockfile;
const direct = Object.keys((JSON.parse(read('package.json')) as { dependencies: object }).dependencies);

/** Spaces do not count: the file is formatted. */
const cells = (markdown: string): string[] =>
  markdown.split('\n').map((line) => line.replaceAll(/\s*\|\s*/g, '|').replaceAll(/-{3,}/g, '---'));

describe('the packages that are deployed', () => {
  const deployed = deployedPackages(lockfile);

  it('are what docs/DEPENDENCIES.md lists; otherwise run: npm run dependencies', () => {
    expect(cells(read('docs/DEPENDENCIES.md'))).toEqual(cells(dependencyReport(lockfile)));
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
