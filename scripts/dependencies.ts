/** What package-lock.json says of the packages that are deployed, and of those that would run a script when installed. */

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lockfile {
  /** By path: '' is the project itself. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** Licences that ask for no more than their own text to be kept. Another one is a decision, not an update. */
export const LICENCES: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
];

/**
 * Packages that have an install script, and why it need not run: `.npmrc` lets none run. Whatever comes along anew is
 * looked at first.
 */
export const INSTALL_SCRIPTS: Readonly<Record<string, string>> = {
  '@scarf/scarf': 'would tell its makers of the installation; of swagger-ui-dist, which does without it',
  '@parcel/watcher':
    'would compile from source where there is no ready-made package of the platform; of jest, which runs without it',
  '@swc/core':
    'would fall back to WebAssembly where the native package of the platform is missing; compiles tests',
  esbuild:
    'would check, and shorten the way to, the native package of the platform; of tsx, which runs development tools, and by itself what bundles the package',
  protobufjs: 'would warn of a version range that it does not like; of azurite, for telemetry that is off',
};

const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const isDeployed = ({ dev, devOptional }: LockedPackage): boolean => dev !== true && devOptional !== true;

export interface Deployed {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** The packages that need it; `package.json` where the project itself does. */
  readonly neededBy: readonly string[];
}

/** Where the packages lie that production needs. */
export const productionPaths = ({ packages }: Lockfile): string[] =>
  Object.keys(packages).filter((path) => path !== '' && isDeployed(packages[path]!));

/** The packages that a deployment consists of, each version once. */
export function deployedPackages({ packages }: Lockfile): Deployed[] {
  const paths = productionPaths({ packages });
  const needs = new Map(paths.map((path) => [path, new Set<string>()]));
  for (const from of ['', ...paths]) {
    const { dependencies, optionalDependencies } = packages[from]!;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      needs.get(resolved(from, name, packages))?.add(from === '' ? 'package.json' : nameOf(from));
    }
  }
  const found = new Map<string, Deployed>();
  for (const path of paths) {
    const { version, license } = packages[path]!;
    const name = nameOf(path);
    const before = found.get(`${name}@${version}`)?.neededBy ?? [];
    const neededBy = [...new Set([...before, ...needs.get(path)!])].sort();
    found.set(`${name}@${version}`, { name, version, licence: license ?? 'unknown', neededBy });
  }
  return [...found.values()].sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** Where Node finds a package: in the nearest node_modules upwards. */
function resolved(from: string, name: string, packages: Lockfile['packages']): string {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (packages[path] !== undefined || from === '') return path;
  return resolved(from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1)), name, packages);
}

/** The names of the packages that would run something when they are installed. */
export const withInstallScript = ({ packages }: Lockfile): string[] =>
  [...new Set(Object.keys(packages).filter((path) => packages[path]!.hasInstallScript === true))]
    .map(nameOf)
    .sort();

/** What `npm run dependencies` prints, in Markdown. */
export function dependencyReport(lockfile: Lockfile): string {
  const deployed = deployedPackages(lockfile);
  const licences = [...new Set(deployed.map(({ licence }) => licence))].sort();
  const counts = licences.map((one) => `${deployed.filter(({ licence }) => licence === one).length} ${one}`);
  return [
    '# Dependencies',
    '',
    'From package-lock.json. A contract test refuses a licence or an install script that is new. Why each direct',
    'dependency is there: CONTRIBUTING.md. Known vulnerabilities: `npm audit --omit=dev`.',
    '',
    '## What is deployed',
    '',
    `${deployed.length} packages: ${counts.join(', ')}.`,
    '',
    '| package | version | licence | needed by |',
    '| --- | --- | --- | --- |',
    ...deployed.map(
      ({ name, version, licence, neededBy }) =>
        `| ${name} | ${version} | ${licence} | ${neededBy.join(', ')} |`,
    ),
    '',
    '## Install scripts',
    '',
    'None may run (`.npmrc`), and none of these packages is deployed.',
    '',
    '| package | its script |',
    '| --- | --- |',
    ...withInstallScript(lockfile).map((name) => `| ${name} | ${INSTALL_SCRIPTS[name] ?? ''} |`),
    '',
  ].join('\n');
}
