import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './functions-app';
import { matches, read } from './text';

const json = <T>(path: string): T => JSON.parse(read(path)) as T;
const manifest = json<{ version: string; scripts: Record<string, string> }>('package.json');
const openApi = json<{
  info: { version: string };
  paths: Record<string, Record<string, unknown>>;
}>('docs/openapi.json');

describe('the version of package.json', () => {
  const { version } = manifest;

  it('is the one that everything else shows', () => {
    const lockfile = json<{ version: string; packages: Record<string, { version: string }> }>(
      'package-lock.json',
    );
    const [newest] = matches(read('CHANGELOG.md'), /^## \[(\d\S*)\]/gm);
    const [template] = matches(read('azure.yaml'), /^ {2}template: [\w-]+@(\S+)$/gm);
    expect({
      lockfile: [lockfile.version, lockfile.packages['']?.version],
      openApi: openApi.info.version,
      changelog: newest,
      template,
    }).toEqual({ lockfile: [version, version], openApi: version, changelog: version, template: version });
  });

  it('has a date in the CHANGELOG, and what comes next has its place above it', () => {
    const headings = matches(read('CHANGELOG.md'), /^## (.+)$/gm);
    expect(headings[0]).toBe('[Unreleased]');
    expect(headings[1]).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
  });
});

describe('docs/requests.http', () => {
  const requests = [
    ...read('docs/requests.http').matchAll(/^(GET|POST|PUT|DELETE) \{\{api\}\}([^\s?]+)/gm),
  ].map(([, method, path]) => `${method} ${path}`);
  const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  /** A text of its own, or a variable of the editor, takes the place of a parameter. */
  const operationOf = (request: string) =>
    operations.find((operation) =>
      new RegExp(`^${operation.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(request),
    );

  it('calls operations of the API, and nothing else', () => {
    expect(requests.length).toBeGreaterThan(20);
    expect(requests.filter((request) => operationOf(request) === undefined)).toEqual([]);
  });

  it('has every operation but those that Web PubSub calls', () => {
    const called = requests.map(operationOf);
    expect(operations.filter((operation) => !called.includes(operation)).sort()).toEqual([
      'OPTIONS /web-pubsub/events',
      'POST /web-pubsub/events',
    ]);
  });

  it('goes to where npm start listens, with its key', () => {
    const text = read('docs/requests.http');
    expect(text).toMatch(/^@api = http:\/\/localhost:7071\/api$/m);
    const key = matches(read('local/stack/stack.ts'), /LOCAL_FUNCTION_KEY = '([^']+)'/g)[0];
    expect(text).toContain(`@functionKey = ${key}\n`);
  });
});

describe('what editors are told', () => {
  const tasks = json<{
    tasks: {
      label: string;
      type: string;
      command?: string;
      script?: string;
      problemMatcher: { background?: { endsPattern: string } };
    }[];
  }>('.vscode/tasks.json').tasks;
  const { configurations } = json<{
    configurations: { port?: number; preLaunchTask?: string; postDebugTask?: string }[];
  }>('.vscode/launch.json');

  it('names commands that package.json has', () => {
    const scripts = tasks.flatMap(({ script, command = '' }) =>
      script === undefined ? matches(command, /^npm (?:run )?([\w:]+)/g) : [script],
    );
    expect(scripts).toContain('start');
    expect(scripts.filter((name) => manifest.scripts[name] === undefined)).toEqual([]);
  });

  it('attaches to the port that its task opens, once npm start says that it is up', () => {
    const [first] = configurations;
    const task = tasks.find(({ label }) => label === first?.preLaunchTask);
    expect(task?.command).toBe(`npm start -- --inspect-port ${first?.port}`);
    const ends = new RegExp(task?.problemMatcher.background?.endsPattern ?? '$^');
    expect(
      matches(read('local/stack/start.ts'), /\\n(Ready: .+)`/g).filter((line) => ends.test(line)),
    ).toHaveLength(1);
    expect(tasks.map(({ label }) => label)).toContain(first?.postDebugTask);
  });
});

describe('.github', () => {
  it('runs what CI runs, with the right to read and no other', () => {
    const workflow = read('.github/workflows/ci.yml');
    expect(matches(workflow, /^ +- run: (.+)$/gm)).toEqual(['bash .ci/run']);
    expect(/^permissions:\n((?: {2}.+\n)+)/m.exec(workflow)?.[1]).toBe('  contents: read\n');
    const actions = matches(workflow, /uses: (\S+)/g);
    expect(actions.length).toBeGreaterThan(1);
    expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@v\d+$/.test(action))).toEqual([]);
  });

  it('keeps up the dependencies of each lockfile', () => {
    const folders = /directories:\n((?: +- \/.*\n)+)/.exec(read('.github/dependabot.yml'))?.[1] ?? '';
    const listed = matches(folders, /- \/(\S*)/g);
    const found = spawnSync('git', ['ls-files', '*package-lock.json'], {
      cwd: ROOT,
      encoding: 'utf8',
    }).stdout;
    expect(listed.length).toBeGreaterThan(1);
    expect(listed.map((folder) => join(folder, 'package-lock.json')).sort()).toEqual(
      found.trim().split('\n'),
    );
  });

  it('sends those who report a vulnerability to SECURITY.md, never to an issue', () => {
    const forms = readdirSync(join(ROOT, '.github', 'ISSUE_TEMPLATE'));
    expect(forms.sort()).toEqual(['bug.yml', 'config.yml', 'feature.yml']);
    expect(read('.github/ISSUE_TEMPLATE/config.yml')).toMatch(/^blank_issues_enabled: false$/m);
    for (const form of ['config.yml', 'bug.yml']) {
      expect(read(`.github/ISSUE_TEMPLATE/${form}`)).toContain('SECURITY.md');
    }
  });
});
