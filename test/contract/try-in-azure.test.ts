import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { simpleCommands } from '../../scripts/infra/commands.cjs';
import { ROOT } from './functions-app';
import { matches, read } from './text';

const workflow = read('.github/workflows/try-in-azure.yml');

const stepsOf = (text: string) => text.split(/^ {6}- /m).slice(1);
const minutesOf = (step: string) => Number(/^ *timeout-minutes: (\d+)$/m.exec(step)?.[1] ?? NaN);
const DEPLOYS = /\bazd (?:up|provision|deploy)\b/;

/** Why it could run unasked, or leave something in Azure that costs. */
function dangersOf(text: string): string[] {
  const dangers: string[] = [];
  const [, triggers = ''] = /^on:\n((?: {2,}.*\n|\n)*)/m.exec(text) ?? [];
  // A list or one word behind `on:` leaves nothing to read here.
  if (matches(triggers, /^ {2}(\S+):/gm).join() !== 'workflow_dispatch') dangers.push('another trigger');
  const steps = stepsOf(text);
  const down = steps.findIndex((step) => step.includes('azd down --force --purge --no-prompt'));
  if (down < 0) dangers.push('nothing is taken down');
  else if (!/^ {8}if: always\(\)$/m.test(steps[down]!)) dangers.push('it is not always taken down');
  if (down >= 0 && steps.findLastIndex((step) => DEPLOYS.test(step)) > down) {
    dangers.push('deployed after it was taken down');
  }
  const needed = steps.map(minutesOf).reduce((sum, one) => sum + one, 0);
  if (!(needed < minutesOf(text.split('steps:')[0]!))) dangers.push('no time is left to take it down');
  return dangers;
}

describe('the workflow that tries a deployment in Azure', () => {
  it('runs when somebody starts it, and always takes down what it has made', () => {
    expect(dangersOf(workflow)).toEqual([]);
  });

  it.each<[danger: string, from: RegExp | string, to: string]>([
    ['another trigger', '  workflow_dispatch:', '  push:\n  workflow_dispatch:'],
    ['another trigger', /^on:\n(?: .*\n|\n)*/m, 'on: [workflow_dispatch, push]\n'],
    ['another trigger', '  workflow_dispatch:', '  schedule:'],
    ['nothing is taken down', 'azd down --force', 'azd show'],
    ['it is not always taken down', 'if: always()', 'if: success()'],
    ['deployed after it was taken down', 'run: exit 1', 'run: azd provision'],
    ['no time is left to take it down', 'timeout-minutes: 270', 'timeout-minutes: 60'],
    ['no time is left to take it down', '        timeout-minutes: 15\n', ''],
  ])('would be found: %s', (danger, from, to) => {
    const broken = workflow.replace(from, to);
    expect(broken).not.toBe(workflow);
    expect(dangersOf(broken)).toEqual([danger]);
  });

  it('is the only one that deploys', () => {
    const files = readdirSync(join(ROOT, '.github', 'workflows'));
    expect(files.filter((file) => DEPLOYS.test(read(`.github/workflows/${file}`)))).toEqual([
      'try-in-azure.yml',
    ]);
  });

  it('has no secret: GitHub proves who it is', () => {
    expect(/^permissions:\n((?: {2}.+\n)+)/m.exec(workflow)?.[1]).toBe(
      '  contents: read\n  id-token: write\n',
    );
    expect(workflow).not.toMatch(/secrets\./);
    expect(workflow).toMatch('--federated-credential-provider github');
    expect(workflow).toMatch(/echo "::add-mask::\$key"\n +echo "FUNCTION_KEY=\$key" >> "\$GITHUB_ENV"/);
    const actions = matches(workflow, /uses: (\S+)/g);
    expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@v\d+$/.test(action))).toEqual([]);
  });

  it('gives scripts what was typed in as variables, not as text of theirs', () => {
    const typed = matches(workflow, /(\$\{\{ inputs\.[\w-]+ \}\})/g);
    expect(typed).toHaveLength(3);
    expect(stepsOf(workflow).filter((step) => step.includes('${{ inputs.'))).toEqual([]);
    expect(workflow).not.toMatch(/run: .*\$\{\{|^ {10}.*\$\{\{ (?:inputs|github)/m);
  });

  it('offers what the parameters take', () => {
    const options = matches(workflow, /options: \[(.+)\]/g).map((list) => list.split(', '));
    const main = read('infra/main.bicep');
    const allowed = (parameter: string) => {
      const [, list = ''] = new RegExp(`@allowed\\(\\[(.+)\\]\\)\\nparam ${parameter} `).exec(main) ?? [];
      return matches(list, /'([^']+)'/g);
    };
    expect(options).toEqual([allowed('eventHandler'), allowed('durableBackend')]);
  });

  it('plays smoke and all scenarios, at the address that the deployment has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const played = matches(
      workflow,
      /npm run --silent ([\w:]+) -- --functions "\$\(azd env get-value FUNCTION_APP_URL\)"/g,
    );
    expect(played).toEqual(['smoke', 'e2e']);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(played));
    const outputs = matches(read('infra/main.bicep'), /^output (\w+) /gm);
    const named = matches(workflow, /azd env get-value (\w+)/g);
    expect(named).toContain('WEB_PUBSUB_ENDPOINT');
    expect(named.filter((name) => !outputs.includes(name))).toEqual([]);
  });

  it('has scripts that are read to their end', () => {
    const step = stepsOf(workflow).find((one) => one.includes('role assignment'))!;
    const [, script = ''] = /run: \|\n((?: {10}.*\n)+)/.exec(step) ?? [];
    const programs = simpleCommands(script).map(({ words }) => words.slice(0, 3).join(' '));
    expect(programs).toEqual(
      expect.arrayContaining([
        'az account get-access-token',
        'az webpubsub show',
        'az role assignment',
        'azd env get-value',
      ]),
    );
  });
});
