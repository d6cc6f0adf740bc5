import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { LAYERED, refusalOf, roleOf, ROLES, targetOf } from '../../scripts/layers.cjs';
import { ROOT } from './functions-app';

interface Import {
  /** Path of the importing file below the root, with `/`. */
  readonly from: string;
  /** Path of the imported file below the root, or the name of a package or of a module of Node. */
  readonly to: string;
}

const posix = (path: string) => relative(ROOT, path).split(sep).join('/');

const filesBelow = (directory: string): string[] =>
  readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(ROOT, directory, name));

/** Static and dynamic imports, re-exports and `require`, as the compiler sees them. */
function importsOf(directory: string): Import[] {
  return filesBelow(directory).flatMap((file) =>
    ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles.map(({ fileName }) => ({
      from: posix(file),
      to: targetOf(posix(file), fileName),
    })),
  );
}

const product = [...importsOf('functions'), ...importsOf('shared')];
const standIns = importsOf('local');
const isPackage = ({ to }: Pick<Import, 'to'>) => !/^(functions|shared|local|test|scripts)\//.test(to);
const nameOfPackage = (to: string) =>
  to
    .split('/')
    .slice(0, to.startsWith('@') ? 2 : 1)
    .join('/');
const isOfNode = ({ to }: Pick<Import, 'to'>) => to.startsWith('node:') || builtinModules.includes(to);
const shown = (imports: Import[]) => imports.map(({ from, to }) => `${from} imports ${to}`);

describe('imports', () => {
  it('are found at all', () => {
    expect(product.length).toBeGreaterThan(100);
    expect(standIns.length).toBeGreaterThan(100);
    const missing = product.filter((one) => !isPackage(one) && !existsSync(join(ROOT, `${one.to}.ts`)));
    expect(shown(missing)).toEqual([]);
  });

  it.each(ROLES.map((role) => [role.role, role] as const))(
    'of a file with the role %s stay inside what the table allows',
    (_name, role) => {
      const own = [...product, ...standIns].filter(({ from }) => roleOf(from) === role);
      expect(own.flatMap(({ from, to }) => refusalOf(from, to) ?? [])).toEqual([]);
    },
  );

  it('are all looked at, for the product is .ts files only', () => {
    const files = ['functions', 'shared'].flatMap((directory) =>
      readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true }).filter((one) =>
        one.isFile(),
      ),
    );
    expect(files.map(({ name }) => name).filter((name) => !/(?<!\.d)\.ts$/.test(name))).toEqual([]);
  });

  it.each(LAYERED)('below %s are imports of files that have a role', (directory) => {
    expect(
      filesBelow(directory)
        .map(posix)
        .filter((file) => roleOf(file) === undefined),
    ).toEqual([]);
  });

  it('are allowed by name, and every name of the table exists', () => {
    const names = new Set(ROLES.flatMap(({ may = [] }) => may));
    const roles = ROLES.map(({ role }) => role);
    const gone = [...names].filter(
      (name) =>
        !roles.includes(name) && !isOfNode({ to: name }) && !existsSync(join(ROOT, 'node_modules', name)),
    );
    expect(gone).toEqual([]);
    const files = LAYERED.flatMap(filesBelow).map(posix);
    expect(roles.filter((role) => !files.some((file) => roleOf(file)?.role === role))).toEqual([]);
  });

  it('of tables, clients, timers, configuration and composition are left to the composition', () => {
    const outer = ['table', 'client', 'timers', 'configuration'];
    const roleAt = (path: string) => roleOf(path)?.role ?? '';
    const inner = product.filter(
      ({ from, to }) => !isPackage({ to }) && outer.includes(roleAt(to)) && roleAt(from) !== roleAt(to),
    );
    expect(new Set(inner.map(({ from }) => from))).toEqual(new Set(['shared/app/composition.ts']));
    const composing = product.filter(({ to }) => to === 'shared/app/composition').map(({ from }) => from);
    expect(composing.filter((from) => !from.startsWith('functions/'))).toEqual([]);
  });

  it('of the product never lead to the stand-ins or to tests', () => {
    expect(shown(product.filter(({ to }) => /^(local|test|scripts)\//.test(to)))).toEqual([]);
  });

  it('of the stand-ins never lead to the product', () => {
    expect(shown(standIns.filter(({ to }) => /^(functions|shared|test)\//.test(to)))).toEqual([]);
  });
});

describe('packages', () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
  const used = (imports: Import[]) =>
    new Set(imports.filter((one) => isPackage(one) && !isOfNode(one)).map(({ to }) => nameOfPackage(to)));

  it('that the product imports are its dependencies, and it has no others', () => {
    expect([...used(product)].sort()).toEqual(Object.keys(dependencies).sort());
  });

  it('are declared once, with an exact version', () => {
    expect(Object.keys(devDependencies).filter((name) => name in dependencies)).toEqual([]);
    for (const version of Object.values({ ...dependencies, ...devDependencies })) {
      expect(version).toMatch(/^(npm:@azure\/web-pubsub-client@)?\d+\.\d+\.\d+$/);
    }
  });

  it('that the stand-ins import are declared', () => {
    const declared = { ...dependencies, ...devDependencies };
    expect([...used(standIns)].filter((name) => !(name in declared))).toEqual([]);
  });
});
