import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type * as config from '../../shared/app/config';
import { PACKAGE_FOLDER } from '../../scripts/package/bundle';
import { compiledInfra, predicted, readCompiled, type Resource } from '../support/compiled-infra';
import type * as recorder from '../support/functions-core';
import { recordedFunction, recordedFunctions } from '../support/functions-core';
import { loadFunctions, OPERATORS, ROOT, SETTINGS } from './functions-app';
import { matches, read } from './text';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof recorder>('../support/functions-core').functionsCore,
  { virtual: true },
);

const { loadConfig } = jest.requireActual<typeof config>('../../shared/app/config');

const BICEP = readdirSync(join(ROOT, 'infra'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.bicep'))
  .map((file) => `infra/${file.replaceAll('\\', '/')}`);
const withoutComments = (text: string) => text.replace(/^\s*\/\/.*$/gm, '');
const bicep = Object.fromEntries(BICEP.map((file) => [file, withoutComments(read(file))]));
const source = (name: string) => bicep[`infra/modules/${name}.bicep`]!;
const everything = Object.values(bicep).join('\n');

/** What `var name = { … }` holds, line by line. */
function objectOf(text: string, name: string): Record<string, string> {
  const body = new RegExp(`^var ${name} = \\{\\n(.*?)^\\}`, 'ms').exec(text)?.[1] ?? '';
  return Object.fromEntries(
    [...body.matchAll(/^ {2}(\w+): (.+)$/gm)].map(([, key, value]) => [key!, value!] as const),
  );
}
const stringsIn = (text = ''): string[] => matches(text, /'([^']+)'/g);

const productSettings = objectOf(source('functions'), 'productSettings');
const hostSettings = objectOf(source('functions'), 'hostSettings');
const hostJson = JSON.parse(read('host.json')) as {
  extensions: {
    http: { routePrefix: string };
    durableTask: { hubName: string; storageProvider: Record<string, unknown> };
  };
};

/** The settings of a deployment as the app would find them: what Azure fills in is made up here. */
const deployed = {
  DISCONNECT_GRACE: 'PT3M',
  WEB_PUBSUB_ENDPOINT: 'https://wps-chat.webpubsub.azure.com',
  WEB_PUBSUB_HUB: 'chat',
  WEBHOOK_GUARD: 'entra',
  WEBHOOK_TOKEN_TENANT_ID: '00000000-0000-0000-0000-000000000002',
  WEBHOOK_TOKEN_AUDIENCE: 'https://webpubsub.azure.com',
  WEBHOOK_TOKEN_CALLER: '00000000-0000-0000-0000-000000000004',
  WEBHOOK_TOKEN_AUTHORITY: 'https://login.microsoftonline.com/',
  CONVERSATION_TABLES_ENDPOINT: 'https://stchat.table.core.windows.net/',
  TICKET_SIGNING_KEY: 'what-the-reference-to-the-vault-leads-to',
  CUSTOMER_INDEX_KEYS: 'what-the-reference-to-the-vault-leads-to',
  TICKET_LIFETIME: 'PT12H',
  AZURE_CLIENT_ID: '00000000-0000-0000-0000-000000000003',
  TASKHUB_NAME: 'ChatDisconnect',
};

beforeAll(async () => {
  Object.assign(process.env, SETTINGS);
  await loadFunctions();
});

describe('app settings', () => {
  it('are everything that the product reads, and nothing else', () => {
    const names = new Set(matches(read('host.json'), /%(\w+)%/g));
    const env = new Proxy<Record<string, string>>(deployed, {
      get: (target, name) => {
        names.add(String(name));
        return target[String(name)];
      },
    });
    loadConfig(env);
    // Keys, which this deployment does without, and the key of a rotation, which is set only while there is one.
    const absent = [
      'WEB_PUBSUB_CONNECTION_STRING',
      'WEB_PUBSUB_CONNECTION_STRING_SECONDARY',
      'CONVERSATION_TABLES_CONNECTION_STRING',
      'TICKET_SIGNING_KEY_PREVIOUS',
      // What is set only where Entra ID signs agents and operators in (infra-variants.test.ts).
      ...['ENTRA_TENANT_ID', 'ENTRA_AUDIENCE', 'ENTRA_AUTHORITY', 'DESK_KEYS', 'OPERATOR_KEYS'],
    ];
    // What keeps the code's default unless the deployer says otherwise.
    const optional = matches(source('more-settings'), /^ {2}(\w+): string\?$/gm);
    expect([...names].filter((name) => !absent.includes(name)).sort()).toEqual(
      [...Object.keys(productSettings), ...optional].sort(),
    );
    expect(Object.keys(deployed).sort()).toEqual(Object.keys(productSettings).sort());
    expect(source('functions')).toMatch(
      /acceptPreviousTicketSigningKey\s+\? \{\s+TICKET_SIGNING_KEY_PREVIOUS: /,
    );
  });

  it('switch identities on', () => {
    expect(loadConfig(deployed)).toMatchObject({
      webPubSub: { connection: { endpoint: 'https://wps-chat.webpubsub.azure.com' } },
      webhookGuard: { type: 'entra', audience: 'https://webpubsub.azure.com' },
      tables: { endpoint: 'https://stchat.table.core.windows.net/' },
      identityClientId: deployed.AZURE_CLIENT_ID,
    });
    expect(productSettings['WEBHOOK_GUARD']).toBe("'entra'");
  });

  it('take secrets from the vault only', () => {
    const reference = "'@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/${ticketSigningKeySecretName})'";
    expect(productSettings['TICKET_SIGNING_KEY']).toBe(reference);
    expect(productSettings['CUSTOMER_INDEX_KEYS']).toBe(
      reference.replace('ticketSigningKey', 'customerIndexKeys'),
    );
    expect(source('functions')).toMatch('keyVaultReferenceIdentity: identityId');
  });

  it('have what the host needs, and nothing that Flex Consumption refuses', () => {
    expect(Object.keys(hostSettings).sort()).toEqual([
      'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
      'APPLICATIONINSIGHTS_CONNECTION_STRING',
      'AzureWebJobsSecretStorageKeyVaultClientId',
      'AzureWebJobsSecretStorageKeyVaultUri',
      'AzureWebJobsSecretStorageType',
      'AzureWebJobsStorage__blobServiceUri',
      'AzureWebJobsStorage__clientId',
      'AzureWebJobsStorage__credential',
      'AzureWebJobsStorage__queueServiceUri',
      'AzureWebJobsStorage__tableServiceUri',
      'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
    ]);
    expect(hostSettings['AzureWebJobsSecretStorageType']).toBe("'keyvault'");
  });
});

describe('the event handler', () => {
  it('leads to the webhook', () => {
    const { routePrefix } = hostJson.extensions.http;
    const { route, authLevel } = recordedFunction('web-pubsub-events').trigger;
    const url = /urlTemplate: 'https:\/\/\$\{functionAppHostName\}(\/[^?]+)\?code=/.exec(
      source('web-pubsub-hub'),
    );
    expect(url?.[1]).toBe(`/${routePrefix}/${String(route)}`);
    expect(authLevel).toBe('function');
  });

  it('sends exactly the events that the webhook understands', () => {
    const parser = read('shared/web-pubsub/cloud-event-parser.ts');
    const hub = source('web-pubsub-hub');
    expect(stringsIn(/systemEvents: (\[.*\])/.exec(hub)?.[1])).toEqual(
      matches(parser, /^ {2}\w+: `\$\{SYSTEM\}(\w+)`/gm),
    );
    expect(/userEventPattern: '(.*)'/.exec(hub)?.[1]?.split(',')).toEqual(
      matches(parser, /^ {2}\w+: `\$\{USER\}(\w+)`/gm),
    );
  });

  it('proves itself with a token of the audience that the guard accepts', () => {
    expect(source('web-pubsub-hub')).toMatch(
      /type: 'ManagedIdentity'\s+managedIdentity: \{ resource: tokenAudience \}/,
    );
    expect(bicep['infra/main.bicep']).toMatch('tokenAudience: webhookTokenAudience');
    expect(productSettings['WEBHOOK_TOKEN_AUDIENCE']).toBe('webhookTokenAudience');
  });
});

describe('function keys made by the deployment', () => {
  /** The naming of the Functions host: what is no letter or digit is a dash and its three-digit decimal code. */
  const encode = (name: string) =>
    name.toLowerCase().replace(/[^a-z0-9]/g, (char) => `-${String(char.charCodeAt(0)).padStart(3, '0')}`);
  const secrets = matches(source('key-vault'), /'(function--[\w-]+)'/g);
  const hasKey = (name: string) => secrets.some((secret) => secret.startsWith(`function--${encode(name)}--`));

  it('are there for every function that wants one', () => {
    const wanting = recordedFunctions().filter(({ trigger }) => trigger['authLevel'] === 'function');
    // Operators take the app's default key, which the host makes by itself.
    const callers = wanting.map(({ name }) => name).filter((name) => !OPERATORS.includes(name));
    expect(callers).toEqual(['negotiate-agent', 'negotiate-customer', 'reconnect-link', 'web-pubsub-events']);
    expect(callers.filter((name) => !hasKey(name))).toEqual([]);
  });

  it('are not deleted by the host when it makes a key for a function whose name is the beginning of another', () => {
    const names = recordedFunctions()
      .filter(({ trigger }) => trigger.type === 'httpTrigger')
      .map(({ name }) => name);
    const endangering = names.filter((name) =>
      names.some((other) => other !== name && encode(other).startsWith(encode(name)) && hasKey(other)),
    );
    expect(endangering).toEqual(['negotiate']);
    expect(endangering.filter((name) => !hasKey(name))).toEqual([]);
  });

  it('are written once, like the ticket signing key', () => {
    const written = matches(
      source('key-vault'),
      /(?:@(\w+)\(\)\n)?resource \w+ 'Microsoft\.KeyVault\/vaults\/secrets@/g,
    );
    expect(written).toEqual(Array<string>(8).fill('onlyIfNotExists'));
  });
});

describe('access', () => {
  it('is by roles, which are these', () => {
    expect(objectOf(source('roles'), 'role')).toEqual({
      storageBlobDataOwner: "'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'",
      storageQueueDataContributor: "'974c5e8b-45b9-4653-ba55-5f855dd0fb88'",
      storageTableDataContributor: "'0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'",
      monitoringMetricsPublisher: "'3913510d-42f4-4e42-8a64-420c390055eb'",
      keyVaultSecretsOfficer: "'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'",
      keyVaultSecretsUser: "'4633458b-17de-408a-b874-0445c86b69e6'",
      durableTaskDataContributor: "'0ad04412-c4d5-4796-b79c-f76d14c8d402'",
    });
  });

  it('is given on single resources, to identities, in one file and that of Web PubSub', () => {
    const assignments = matches(
      `${source('roles')}
${source('web-pubsub-access')}`,
      /^resource \w+ 'Microsoft\.Authorization\/roleAssignments@[\d-]+' = ([^\n]*\{.*?^\})/gms,
    ).map((text) => [
      /scope: (\S+)/.exec(text)?.[1],
      /principalId: (\w+)PrincipalId/.exec(text)?.[1],
      matches(text, /(?:\brole\.|, )(\w+(?:Owner|Contributor|Publisher|User|Officer))/g).join(' '),
      /principalType: '(\w+)'/.exec(text)?.[1],
    ]);
    const twice = (role: string) => `${role} ${role}`;
    expect(assignments).toEqual([
      ['hostStorage', 'app', twice('storageBlobDataOwner'), 'ServicePrincipal'],
      ['hostStorage', 'app', twice('storageQueueDataContributor'), 'ServicePrincipal'],
      ['hostStorage', 'app', twice('storageTableDataContributor'), 'ServicePrincipal'],
      ['scheduler', 'app', twice('durableTaskDataContributor'), 'ServicePrincipal'],
      ['conversationStorage', 'app', twice('storageTableDataContributor'), 'ServicePrincipal'],
      ['component', 'app', twice('monitoringMetricsPublisher'), 'ServicePrincipal'],
      ['keyVault', 'app', twice('keyVaultSecretsOfficer'), 'ServicePrincipal'],
      ['keyVault::webhookKey', 'webPubSub', twice('keyVaultSecretsUser'), 'ServicePrincipal'],
      ['webPubSub', 'app', twice('webPubSubServiceOwner'), 'ServicePrincipal'],
    ]);
    expect(source('web-pubsub-access')).toMatch(
      "var webPubSubServiceOwner = '12cf5a90-567b-43ae-8102-96cf46c7d9b4'",
    );
    expect(everything.match(/roleAssignments@/g)).toHaveLength(assignments.length);
  });

  it('by key is switched off wherever there are keys', () => {
    expect(source('storage')).toMatch('allowSharedKeyAccess: false');
    expect(source('storage')).toMatch('allowBlobPublicAccess: false');
    expect(source('web-pubsub')).toMatch('disableLocalAuth: true');
    for (const hub of ['web-pubsub-hub', 'web-pubsub-hub-for-later']) {
      expect(source(hub)).toMatch("anonymousConnectPolicy: 'deny'");
    }
    expect(source('monitoring')).toMatch('DisableLocalAuth: true');
    expect(source('monitoring')).toMatch('disableLocalAuth: true');
    expect(source('key-vault')).toMatch('enableRbacAuthorization: true');
    expect(source('functions').match(/properties: \{ allow: false \}/g)).toHaveLength(2);
  });

  it('is encrypted', () => {
    expect(source('storage')).toMatch("minimumTlsVersion: 'TLS1_2'");
    expect(source('storage')).toMatch('supportsHttpsTrafficOnly: true');
    expect(source('functions')).toMatch("minTlsVersion: '1.2'");
    expect(source('functions')).toMatch('httpsOnly: true');
  });
});

describe('secrets', () => {
  it('are never listed, and leave no module', () => {
    expect(everything).not.toMatch(/\blist\w*\(/i);
    expect(everything).not.toMatch(/AccountKey|AccessKey|SharedAccess|ClientSecret/);
    const outputs = matches(everything, /^output (.+)$/gm);
    // The connection string of Application Insights opens nothing: local auth is off.
    // The connection string of the scheduler names an identity.
    expect(outputs.filter((line) => /key\b|secret|connection/i.test(line))).toEqual([
      expect.stringMatching(/^connectionString string = 'Endpoint=.*Authentication=ManagedIdentity;/),
      'connectionString string = component.properties.ConnectionString',
    ]);
  });

  it('are no parameters but those that draw a random value', () => {
    const secure = matches(everything, /@secure\(\)\nparam (.+)$/gm);
    expect(secure).toHaveLength(16);
    expect(secure.filter((line) => !/ string = newGuid\(\)$/.test(line))).toEqual([]);
    expect(bicep['infra/main.bicep']).not.toMatch('@secure()');
    expect(read('infra/main.bicepparam')).not.toMatch(/key|secret|password/i);
  });
});

describe('names that code and infrastructure share', () => {
  it('are the tables', () => {
    const names = /DEFAULT_NAMES: TableNames = (\{[^}]*\})/.exec(
      read('shared/storage/table-clients.ts'),
    )?.[1];
    expect(stringsIn(/tables: (\[[^\]]*\])/.exec(bicep['infra/main.bicep']!)?.[1])).toEqual(stringsIn(names));
  });

  it('are the versions of Node.js', () => {
    expect(bicep['infra/main.bicep']).toMatch(/@allowed\(\['22', '24'\]\)\s+param nodeVersion string = '22'/);
  });

  it('are the service that azd deploys', () => {
    const service = /^services:\n {2}(\w+):/m.exec(read('azure.yaml'))?.[1];
    expect(source('functions')).toMatch(`'azd-service-name': '${service}'`);
  });
});

describe('the package', () => {
  const lines = read('.funcignore').split('\n');
  const patterns = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const isLeftOut = (name: string) =>
    patterns.some((pattern) =>
      new RegExp(`^${pattern.slice(1).replace(/[.+]/g, '\\$&').replaceAll('*', '.*')}$`).test(name),
    );

  it('is built before it is sent, so it leaves sources out and takes what they became', () => {
    expect(read('azure.yaml')).toMatch(/^ {4}remoteBuild: false$/m);
    const needed = ['dist', 'node_modules', 'host.json', 'package.json'];
    expect(needed.filter(isLeftOut)).toEqual([]);
    const { stdout } = spawnSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' });
    const tracked = new Set(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((file) => file.split('/')[0]!),
    );
    const local = ['.git', '.local', '.azure', '.vscode', 'coverage', 'local.settings.json'];
    const sent = [...tracked, ...local].filter((name) => !isLeftOut(name));
    expect(sent.filter((name) => !needed.includes(name))).toEqual([]);
  });

  it('is the bundle, which azd has made anew before it sends it', () => {
    const azure = read('azure.yaml');
    expect(/^ {4}dist: (\S+)$/m.exec(azure)?.[1]).toBe(PACKAGE_FOLDER);
    expect(azure).toMatch(/^ {6}prepackage:\n {8}posix: .*\n {8}windows: .*$/m);
    expect(matches(azure, /^ {8}(?:posix|windows): .*run: (.+?) }$/gm)).toEqual(
      Array(2).fill('npm run package'),
    );
  });

  it('has rules for the top folder only, because packages have folders of the same names', () => {
    expect(patterns.filter((pattern) => !pattern.startsWith('/') || /\/./.test(pattern.slice(1)))).toEqual(
      [],
    );
  });
});

// --- what the compiler makes of it ---

const { problem, describeCompiled } = compiledInfra();

describeCompiled('compiled', () => {
  type Template = {
    parameters: Record<string, object>;
    definitions: Record<string, object>;
    resources: Record<
      string,
      { dependsOn?: string[]; '@options'?: object; type: string; properties: { template: Template } }
    >;
  };

  it('has no error and no warning', () => {
    expect(problem).toBe('');
  });

  it('makes these resources', () => {
    const types = readCompiled<{ predictedResources: Resource[] }>('snapshot.json').predictedResources.map(
      ({ type }) => type,
    );
    const counts = Object.fromEntries(
      [...new Set(types)].sort().map((type) => [type, types.filter((other) => other === type).length]),
    );
    expect(counts).toEqual({
      'Microsoft.Authorization/roleAssignments': 8,
      'Microsoft.Insights/components': 1,
      'Microsoft.Insights/diagnosticSettings': 7,
      'Microsoft.Insights/scheduledQueryRules': 14,
      'Microsoft.Insights/workbooks': 1,
      'Microsoft.KeyVault/vaults': 1,
      'Microsoft.KeyVault/vaults/secrets': 8,
      'Microsoft.ManagedIdentity/userAssignedIdentities': 2,
      'Microsoft.OperationalInsights/workspaces': 1,
      'Microsoft.Resources/resourceGroups': 1,
      'Microsoft.SignalRService/webPubSub': 1,
      'Microsoft.SignalRService/webPubSub/hubs': 1,
      'Microsoft.Storage/storageAccounts': 2,
      'Microsoft.Storage/storageAccounts/blobServices': 1,
      'Microsoft.Storage/storageAccounts/blobServices/containers': 1,
      'Microsoft.Storage/storageAccounts/tableServices': 1,
      'Microsoft.Storage/storageAccounts/tableServices/tables': 8,
      'Microsoft.Web/serverfarms': 1,
      'Microsoft.Web/sites': 1,
      'Microsoft.Web/sites/basicPublishingCredentialsPolicies': 2,
      'Microsoft.Web/sites/config': 1,
    });
  });

  it('gives the app exactly the settings of the sources', () => {
    const [settings] = predicted('Microsoft.Web/sites/config');
    const names = [...Object.keys(hostSettings), ...Object.keys(productSettings)];
    // That one by the cloud, see below.
    names.push('AzureWebJobsStorage__accountName');
    expect(Object.keys(settings!.properties).sort()).toEqual(names.sort());
    // What does not depend on Azure has its value already, and it is the one assumed above.
    const known = Object.entries(settings!.properties).filter(([name, value]) => {
      return name in productSettings && !String(value).startsWith('[');
    });
    expect(deployed).toMatchObject(Object.fromEntries(known));
  });

  it("names the host's account beside its addresses, and only in the public cloud, whose address the name stands for", () => {
    const { variables } = readCompiled<Template>('main.json').resources['functions']!.properties
      .template as unknown as {
      variables: Record<string, string>;
    };
    expect(variables['hostStorageSettings']).toBe(
      "[if(equals(environment().name, 'AzureCloud'), createObject('AzureWebJobsStorage__accountName', parameters('hostStorageName')), createObject())]",
    );
    const [account] = predicted('Microsoft.Web/sites/config').map(
      ({ properties }) => properties['AzureWebJobsStorage__accountName'],
    );
    expect(account).toMatch(/^sthost\w+$/);
    expect(predicted('Microsoft.Storage/storageAccounts').map(({ name }) => name)).toContain(account);
  });

  it('writes a handler into the hub that the outputs describe, and no key into any of them', () => {
    type Outputs = { outputs: Record<string, { value: string }> };
    const { outputs } = readCompiled<Outputs>('main.json');
    expect(
      Object.keys(outputs)
        .filter((name) => name.startsWith('EVENT_HANDLER'))
        .sort(),
    ).toEqual([
      'EVENT_HANDLER',
      'EVENT_HANDLER_AUDIENCE',
      'EVENT_HANDLER_SYSTEM_EVENTS',
      'EVENT_HANDLER_URL',
      'EVENT_HANDLER_USER_EVENTS',
    ]);
    const { variables } = readCompiled<Template>('main.json').resources['hub']!.properties
      .template as unknown as { variables: { handler: Record<string, unknown> } };
    expect(variables.handler['urlTemplate']).toMatch(
      "/api/web-pubsub/events?code={{@Microsoft.KeyVault(SecretUri={1}secrets/{2})}}'",
    );
    const [hub] = predicted('Microsoft.SignalRService/webPubSub/hubs');
    const [handler, ...others] = hub!.properties['eventHandlers'] as Record<string, unknown>[];
    expect(others).toEqual([]);
    expect(handler).toMatchObject({ systemEvents: ['connect', 'connected', 'disconnected'] });
    expect(JSON.stringify(outputs)).not.toMatch(/list\w*\(|secureString|Key(?:Start|End)'/i);
  });

  it('lets nobody in by key', () => {
    for (const { properties } of predicted('Microsoft.Storage/storageAccounts')) {
      expect(properties).toMatchObject({ allowSharedKeyAccess: false, minimumTlsVersion: 'TLS1_2' });
    }
    expect(predicted('Microsoft.SignalRService/webPubSub')[0]!.properties).toMatchObject({
      disableLocalAuth: true,
    });
    expect(predicted('Microsoft.Insights/components')[0]!.properties).toMatchObject({
      DisableLocalAuth: true,
    });
  });

  it('gives Web PubSub one secret, and everything else to the app', () => {
    const assignments = predicted('Microsoft.Authorization/roleAssignments').map(({ id, properties }) => [
      /providers\/[^']*?\/([\w-]+?)(?:[a-z0-9]{13})(?:\/secrets\/([\w-]+))?'/
        .exec(id)
        ?.slice(1)
        .filter(Boolean)
        .join(' '),
      /'(\w+)Identity-\{0\}'/.exec(String(properties['principalId']))?.[1],
      properties['principalType'],
    ]);
    const to = (identity: string) => (scope: string) => [scope, identity, 'ServicePrincipal'];
    expect(assignments.sort()).toEqual(
      [
        ...['appi-', 'kv-chat-', 'stchat', 'sthost', 'sthost', 'sthost', 'wps-chat-'].map(to('app')),
        to('webPubSub')('kv-chat- function--web-045pubsub-045events--webpubsub'),
      ].sort(),
    );
  });

  it('starts the app, and sends events to it, only when keys and roles are there', () => {
    const { resources: modules } = readCompiled<Template>('main.json');
    const before = (name: string): string[] => {
      const direct = modules[name]?.dependsOn ?? [];
      return [...direct, ...direct.flatMap(before)];
    };
    expect(modules['functions']!.dependsOn).toEqual(expect.arrayContaining(['roles', 'keyVault']));
    expect(before('hub')).toEqual(expect.arrayContaining(['roles', 'keyVault', 'functions', 'ownWebPubSub']));
    const secrets = Object.values(modules['keyVault']!.properties.template.resources).filter(
      ({ type }) => type === 'Microsoft.KeyVault/vaults/secrets',
    );
    expect(secrets.map((secret) => secret['@options'])).toEqual(Array(8).fill({ onlyIfNotExists: [] }));
  });

  it("keeps timers in the host's storage account unless told otherwise, and host.json says so, too", () => {
    expect(predicted('Microsoft.DurableTask/schedulers')).toEqual([]);
    const { storageProvider } = hostJson.extensions.durableTask;
    expect(storageProvider).toMatchObject({ type: 'AzureStorage' });
    // AzureWebJobsStorage, whose settings the deployment makes, is what the extension takes where none is named.
    expect(storageProvider).not.toHaveProperty('connectionName');
  });

  it('asks for no secret', () => {
    const { parameters, definitions } = readCompiled<Template>('main.json');
    expect(Object.keys(parameters)).toContain('moreSettings');
    expect(JSON.stringify([parameters, definitions])).not.toMatch(/"type":"secure/i);
  });
});
