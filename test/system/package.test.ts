import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownAccount } from '../../local/stack/shared-azurite';
import { ROOT } from '../../local/stack/stack';
import { productionPaths, type Lockfile } from '../../scripts/dependencies';
import { bundleApp } from '../../scripts/package/bundle';
import { compiledFunctions } from '../../scripts/package/compiled-functions';
import { WEB_FOLDER } from '../../scripts/web/build';
import { loadOnce } from '../../scripts/package/load-time';
import { startLocalSystem, type LocalSystem } from '../e2e/local-system';
import { playAll } from '../e2e/play';
import { dropsWhenActive } from '../e2e/scenarios/drops-when-active';
import { hostKilled } from '../e2e/scenarios/host-killed';
import { returnsInTime } from '../e2e/scenarios/returns-in-time';
import { enterWorld, leaveWorld, type World } from '../e2e/world';

/** Outside the repository, so that it finds no package there that it does not carry itself. */
let target: string;
let system: LocalSystem;
let world: World;

beforeAll(async () => {
  target = mkdtempSync(join(tmpdir(), 'chat-disconnect-package-'));
  await bundleApp(ROOT, target);
  system = await startLocalSystem({
    grace: 'PT5S',
    appDirectory: target,
    storageConnectionString: ownAccount().connectionString,
  });
  world = await enterWorld(system.worldOptions);
});

afterAll(async () => {
  try {
    if (world !== undefined) await leaveWorld(world);
  } finally {
    await system?.stop();
    rmSync(target, { recursive: true, force: true });
  }
});

describe('the package', () => {
  it.each([dropsWhenActive, returnsInTime, hostKilled])(
    'plays "$name" on the local host, with one notice or none',
    async (scenario) => {
      expect(await playAll([scenario], world)[0]).toMatchObject({ outcome: 'ok' });
    },
  );

  it('is a bundle with its entry, its map, its pages and what the host reads, and nothing else', () => {
    expect(readdirSync(target).sort()).toEqual([
      'app.js',
      'app.js.map',
      'host.json',
      'main.js',
      'package.json',
      'web',
    ]);
    expect(readFileSync(join(target, 'host.json'))).toEqual(readFileSync(join(ROOT, 'host.json')));
  });

  it('serves the pages that npm run web builds [R245]', async () => {
    const filesIn = (folder: string) => readdirSync(folder, { recursive: true }).sort();
    expect(filesIn(join(target, 'web'))).toEqual(filesIn(join(ROOT, WEB_FOLDER)));
    for (const path of ['chat.js', 'console/', 'side-by-side/', 'api/']) {
      const { status } = await fetch(`${system.stack.functionsUrl}/api/site/${path}`);
      expect([path, status]).toEqual([path, 200]);
    }
  });

  it('registers the functions of the compiled app, with the same bindings', () => {
    const registered = (files: readonly string[]) =>
      [...loadOnce(ROOT, files).functions].sort((a, b) => (a.name < b.name ? -1 : 1));
    const packaged = registered([join(target, 'main.js')]);
    expect(packaged.length).toBeGreaterThan(10);
    expect(packaged).toEqual(registered(compiledFunctions(ROOT)));
  });

  it('holds libraries of production and this app, no stand-in, no test and no development package', () => {
    const { sources } = JSON.parse(readFileSync(join(target, 'app.js.map'), 'utf8')) as {
      sources: string[];
    };
    const lockfile = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile;
    const production = productionPaths(lockfile);
    const inside = sources.map((source) => relative(ROOT, resolve(target, source)));
    const own = inside.filter((source) => !/node_modules\/|webpack:/.test(source));
    expect(own).toEqual(
      expect.arrayContaining(['shared/app/composition.ts', 'shared/conversation/decide.ts']),
    );
    expect(own.filter((source) => !/(^|\/)(functions(\.ts|\/)|shared\/)/.test(source))).toEqual([]);
    const packages = new Set(
      inside.flatMap(
        (source) =>
          /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0].replace(/^.*?(?=node_modules)/, '') ?? [],
      ),
    );
    expect(packages).toContain('node_modules/durable-functions');
    expect([...packages].filter((path) => !production.includes(path))).toEqual([]);
  });

  it('tells the source and not the bundle when something is wrong', () => {
    const load = () => loadOnce(ROOT, [join(target, 'main.js')], { TICKET_SIGNING_KEY: '' });
    expect(load).toThrow(/shared\/app\/config\.ts:\d+/);
  });
});
