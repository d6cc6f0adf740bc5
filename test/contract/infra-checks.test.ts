import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { commandFindings, simpleCommands, type Tool } from '../../scripts/infra/commands.cjs';
import {
  outOfOrder,
  refusedSettings,
  versionsWithoutProof,
  writtenTogether,
  type Snapshot,
  type Template,
  type TemplateResource,
} from '../../scripts/infra/templates.cjs';
import { compiledInfra, readCompiled } from '../support/compiled-infra';
import { ROOT } from './functions-app';
import { read } from './text';

// What `npm run infra:check` looks for beside what the compiler says: each check is seen to find what it is there for.

const tools = JSON.parse(read('scripts/infra/commands.json')) as Record<string, Tool>;

describe('commands in documents', () => {
  const findings = (markdown: string) => commandFindings('page.md', markdown, tools);
  const shell = (...lines: string[]) => findings(['```sh', ...lines, '```', ''].join('\n'));

  it('exist, and so do their flags', () => {
    const files = ['README.md', 'infra/README.md'];
    files.push(
      ...readdirSync(join(ROOT, 'docs')).flatMap((file) => (/\.md$/.test(file) ? `docs/${file}` : [])),
    );
    files.push(...readdirSync(join(ROOT, '.github', 'workflows')).map((file) => `.github/workflows/${file}`));
    expect(files).toEqual(expect.arrayContaining(['docs/DEPLOY.md', 'docs/OPERATIONS.md']));
    expect(files.flatMap((file) => commandFindings(file, read(file), tools))).toEqual([]);
  });

  it.each<[what: string, line: string, finding: string]>([
    [
      'a flag that is not there',
      'az functionapp restart -g a -n b --now',
      '"az functionapp restart" has no --now',
    ],
    ['a short one', 'az functionapp show -g a -x b', '"az functionapp show" has no -x'],
    ['one with its value', 'azd up --noprompt=true', '"azd up" has no --noprompt'],
    [
      'a command that is not there',
      'az functionapp restrat -g a',
      'there is no command "az functionapp restrat"',
    ],
    ['one of another tool', 'azd functionapp restart', 'there is no command "azd functionapp restart"'],
    ['a word that is no flag', 'az functionapp stop app', '"az functionapp stop" does not take "app"'],
    [
      'func',
      'func azure functionapp publish app --typoscript',
      '"func azure functionapp publish" has no --typoscript',
    ],
    ['within $( )', 'key=$(az keyvault secret get --name a)', 'there is no command "az keyvault secret get"'],
    ['within $( ) of a string', 'eval "$(azd env get-vals)"', 'there is no command "azd env get-vals"'],
    ['within a function', 'stop() { az functionapp stop --app a; }', '"az functionapp stop" has no --app'],
    ['behind a variable', 'AZURE_ENV_NAME=a azd upp', 'there is no command "azd upp"'],
    ['behind another command', 'npm run package && azd deploy --fast | cat', '"azd deploy" has no --fast'],
  ])('are found where they do not: %s', (_what, line, finding) => {
    expect(shell('azd up', line)).toEqual([`page.md:3: ${finding}`]);
  });

  it('are read over several lines, in lists, in PowerShell and in sentences', () => {
    const page = [
      'Then `az functionapp',
      'restrat -g <group>`, of `az functionapp`.',
      '',
      '1. Do',
      '',
      '   ```pwsh',
      '   az functionapp restart `',
      '     -g $group --name2 $name',
      '   ```',
      '',
      '```bash',
      "cat > file <<'END'",
      'az is not run here --at all',
      'END',
      'az rest --method get \\',
      '  --uri "$url" --bodi x   # az no --comment',
      'az rest 2>&1 --nethod get > az.txt',
      '```',
      '',
      '```json',
      '{ "az": "functionapp restrat" }',
      '```',
    ];
    expect(findings(page.join('\n')).sort()).toEqual([
      'page.md:15: "az rest" has no --bodi',
      'page.md:17: "az rest" has no --nethod',
      'page.md:1: there is no command "az functionapp restrat"',
      'page.md:7: "az functionapp restart" has no --name2',
    ]);
  });

  it('are read in workflows', () => {
    const workflow = [
      'jobs:',
      '  one:',
      '    steps:',
      '      - run: azd down --forse',
      '      - name: two',
      '        run: |',
      '          azd up --no-prompt',
      '          azd provision ${{ inputs.more }} --state none',
      '      - uses: azd/up@v1',
    ];
    expect(commandFindings('w.yml', workflow.join('\n'), tools)).toEqual([
      'w.yml:4: "azd down" has no --forse',
      'w.yml:8: "azd provision" has no --state',
    ]);
  });

  it('may have values of any kind', () => {
    const [command] = simpleCommands(`az ad app update --id $a --set 'x=1 --y' --display-name "a b"`);
    expect(command?.words).toEqual([
      'az',
      'ad',
      'app',
      'update',
      '--id',
      '$a',
      '--set',
      'x=1 --y',
      '--display-name',
      'a b',
    ]);
    expect(shell('az rest --method post --url "$app/refresh?api-version=2022-03-01"')).toEqual([]);
    expect(shell('az role assignment create --assignee <you> --scope <id of the vault>')).toEqual([]);
  });
});

describe('what is written at the same time', () => {
  const SECRET = 'Microsoft.KeyVault/vaults/secrets';
  const of = (type: string, more: Partial<TemplateResource> = {}) => ({
    type,
    apiVersion: '2025-01-01',
    ...more,
  });
  const template = (resources: Record<string, TemplateResource>): Template => ({ resources });

  it('is nothing that waits, directly or not', () => {
    const chain = template({
      vault: of('Microsoft.KeyVault/vaults'),
      a: of(SECRET, { dependsOn: ['vault'] }),
      b: of(SECRET, { dependsOn: ['vault', 'a'] }),
      c: of(SECRET, { dependsOn: ['between'] }),
      between: of('Microsoft.Web/sites', { dependsOn: ['b'] }),
      old: of(SECRET, { existing: true }),
      endpoint: of('Microsoft.Network/privateEndpoints', { copy: { mode: 'serial', batchSize: 1 } }),
    });
    expect(writtenTogether(chain)).toEqual([]);
  });

  it.each<[what: string, resources: Record<string, TemplateResource>, finding: string]>([
    [
      'secrets of one vault',
      { a: of(SECRET), b: of(SECRET) },
      'keyVault: neither of a and b waits for the other, and a new vault answers 409 to some',
    ],
    [
      'parts of a site, of whatever type',
      { a: of('Microsoft.Web/sites/config'), b: of('Microsoft.Web/sites/hostNameBindings') },
      'keyVault: neither of a and b waits for the other, and a site takes one operation at a time',
    ],
    [
      'private endpoints',
      { a: of('Microsoft.Network/privateEndpoints'), b: of('Microsoft.Network/privateEndpoints') },
      'keyVault: neither of a and b waits for the other, and an account takes one endpoint at a time',
    ],
    [
      'a loop',
      { a: of('Microsoft.Network/privateEndpoints', { copy: {} }) },
      'keyVault: a is a loop without @batchSize(1), and an account takes one endpoint at a time',
    ],
    [
      'a loop of two at a time',
      { a: of(SECRET, { copy: { mode: 'serial', batchSize: 2 } }) },
      'keyVault: a is a loop without @batchSize(1), and a new vault answers 409 to some',
    ],
  ])('is found: %s', (_what, resources, finding) => {
    const inner = of('Microsoft.Resources/deployments', { properties: { template: template(resources) } });
    expect(writtenTogether(template({ keyVault: inner }))).toEqual([finding]);
  });

  it('is found in a template without symbolic names, which says nothing of who waits', () => {
    expect(writtenTogether({ resources: [of(SECRET), of(SECRET)] })).toHaveLength(1);
  });
});

describe('what the host is told', () => {
  const snapshot = (properties: unknown): Snapshot => ({
    predictedResources: [{ type: 'Microsoft.Web/sites/config', name: 'func/appsettings', properties }],
  });

  it.each([
    ['FUNCTIONS_WORKER_RUNTIME', 'is not for Flex Consumption'],
    ['functions_extension_version', 'is not for Flex Consumption'],
    ['WEBSITE_RUN_FROM_PACKAGE', 'is not for Flex Consumption'],
    ['WEBSITE_NODE_DEFAULT_VERSION', 'is not for Flex Consumption'],
    ['WEBSITE_CONTENTSHARE', 'is not for Flex Consumption'],
    ['SCM_DO_BUILD_DURING_DEPLOYMENT', 'is not for Flex Consumption'],
    ['AzureWebJobsStorage', 'would be taken before the identity'],
    ['DEPLOYMENT_STORAGE_CONNECTION_STRING', 'would be taken before the identity'],
  ])('has not %s', (name, finding) => {
    expect(refusedSettings(snapshot({ AzureWebJobsStorage__clientId: 'a', [name]: '' }))).toEqual([
      `${name} ${finding}`,
    ]);
    const site = { siteConfig: { appSettings: [{ name, value: '' }] } };
    expect(
      refusedSettings({
        predictedResources: [{ type: 'Microsoft.Web/sites', name: 'func', properties: site }],
      }),
    ).toEqual([`${name} ${finding}`]);
  });

  it('can be read', () => {
    expect(refusedSettings(snapshot('[union(variables(1), variables(2))]'))).toEqual([
      'the app settings cannot be read',
    ]);
    expect(refusedSettings({ predictedResources: [] })).toEqual(['the app settings cannot be read']);
    expect(refusedSettings(snapshot({ AzureWebJobsStorage__accountName: 'sthost' }))).toEqual([]);
  });
});

const { describeCompiled } = compiledInfra();

describeCompiled('the template', () => {
  type Editable = {
    resources: Record<
      string,
      {
        type: string;
        apiVersion: string;
        dependsOn: string[];
        copy: object;
        properties: { template: Editable };
      }
    >;
  };
  const readme = read('infra/README.md');
  /** A copy of what the compiler made, with something broken in it. */
  const broken = (breakIt: (resources: Editable['resources']) => void): Template => {
    const template = readCompiled<Editable>('main.json');
    breakIt(template.resources);
    return template;
  };
  const inside = (resources: Editable['resources'], module: string) =>
    resources[module]!.properties.template.resources;
  const without = (list: string[], name: string) => list.filter((one) => one !== name);

  it('writes secrets, parts of the site and private endpoints one after the other', () => {
    expect(writtenTogether(readCompiled('main.json'))).toEqual([]);
    const secrets = broken((all) => {
      const vault = inside(all, 'keyVault');
      vault['siteKey']!.dependsOn = without(vault['siteKey']!.dependsOn, 'deskKey');
    });
    expect(writtenTogether(secrets)).toContainEqual(
      'keyVault: neither of deskKey and siteKey waits for the other, and a new vault answers 409 to some',
    );
    const site = broken((all) => {
      const app = inside(all, 'functions');
      app['settings']!.dependsOn = without(app['settings']!.dependsOn, 'noPasswordForFtp');
    });
    expect(writtenTogether(site)).toHaveLength(2);
    const endpoints = broken((all) => {
      inside(all, 'network')['endpoint']!.copy = { name: 'endpoint', count: 4 };
    });
    expect(writtenTogether(endpoints)).toEqual([
      'network: endpoint is a loop without @batchSize(1), and an account takes one endpoint at a time',
    ]);
  });

  it.each([
    ['alerts', 'functions', ['main: alerts does not wait for functions']],
    ['functions', 'network', ['main: functions does not wait for network']],
  ])('has %s wait for %s', (part, needed, findings) => {
    expect(outOfOrder(readCompiled('main.json'))).toEqual([]);
    // The hub waits for the app, too, and would do so for the alerts.
    const early = broken((all) => {
      for (const one of [part, 'hub']) all[one]!.dependsOn = without(all[one]!.dependsOn, needed);
    });
    expect(outOfOrder(early)).toEqual(expect.arrayContaining(findings));
    const gone = broken((all) => delete all[part]);
    expect(outOfOrder(gone)).toContainEqual(`main: there is no ${part}`);
  });

  it('uses the versions of the table in infra/README.md, and the table has no others', () => {
    expect(versionsWithoutProof(readCompiled('main.json'), readme)).toEqual([]);
    const newer = broken((all) => {
      inside(all, 'alerts')['alerts']!.apiVersion = '2026-03-01';
    });
    expect(versionsWithoutProof(newer, readme)).toEqual([
      'Microsoft.Insights/scheduledQueryRules@2026-03-01 is used, and infra/README.md does not say who has deployed it',
      'infra/README.md has Microsoft.Insights/scheduledQueryRules@2022-06-15, which is not used',
    ]);
    const nobody = readme.replace(/^(\| `Microsoft\.Web\/sites` \| `[\d-]+` \|).*$/m, '$1  |');
    expect(versionsWithoutProof(readCompiled('main.json'), nobody)).toEqual([
      'infra/README.md does not say who has deployed Microsoft.Web/sites@2025-03-01',
    ]);
  });

  it('tells the host nothing that Flex Consumption refuses, in any variant', () => {
    const snapshots = readdirSync(join(ROOT, '.local', 'infra')).filter((file) =>
      file.startsWith('snapshot'),
    );
    const variants = readdirSync(join(ROOT, 'infra', 'check'));
    expect(snapshots).toHaveLength(variants.length + 1);
    expect(snapshots.flatMap((file) => refusedSettings(readCompiled(file)))).toEqual([]);
  });

  it('has no setting that the deployer may add and Flex Consumption refuses', () => {
    const names = [...read('infra/modules/more-settings.bicep').matchAll(/^ {2}(\w+): string\?$/gm)];
    const given = Object.fromEntries(names.map(([, name]) => [name!, '']));
    expect(Object.keys(given)).toContain('RETENTION');
    expect(
      refusedSettings({
        predictedResources: [
          { type: 'Microsoft.Web/sites/config', name: 'f/appsettings', properties: given },
        ],
      }),
    ).toEqual([]);
  });
});
