import { expect, it } from '@jest/globals';
import { DURABLE_BACKENDS, durableBackendOf, hostJsonFor } from '../../scripts/package/host-json';
import {
  compiledInfra,
  predicted,
  predictedFor,
  readCompiled,
  type Resource,
} from '../support/compiled-infra';
import { read } from './text';

// What the parameters switch on; the default deployment is in infra.test.ts. A variant is a file of infra/check.

interface HostJson {
  extensions: { durableTask: { storageProvider?: Record<string, unknown> } };
}

const settingsOf = (config: Resource[]) => config[0]!.properties;
const ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments';
const rolesOf = (assignments: Resource[]) =>
  assignments.map(({ properties }) => /[\w-]{36}(?='|$)/.exec(String(properties['roleDefinitionId']))?.[0]);

const { describeCompiled } = compiledInfra();

describeCompiled('with Durable Task Scheduler', () => {
  const settings = () => settingsOf(predictedFor('scheduler', 'Microsoft.Web/sites/config'));

  it('the task hub of host.json is made there', () => {
    expect(read('host.json')).toMatch('"hubName": "%TASKHUB_NAME%"');
    const [hub] = predictedFor('scheduler', 'Microsoft.DurableTask/schedulers/taskHubs');
    expect(hub!.name).toMatch(/^dts-chat-\w+\/ChatDisconnect$/);
    expect(settings()['TASKHUB_NAME']).toBe('ChatDisconnect');
  });

  it('host.json is overridden in what names the backend, and nowhere else', () => {
    const overridden = 'AzureFunctionsJobHost__extensions__durableTask__storageProvider__';
    const byDefault = Object.keys(settingsOf(predicted('Microsoft.Web/sites/config')));
    const added = Object.entries(settings()).filter(([name]) => !byDefault.includes(name));
    expect(Object.fromEntries(added)).toEqual({
      [`${overridden}type`]: 'azureManaged',
      [`${overridden}connectionStringName`]: 'DURABLE_TASK_SCHEDULER',
      DURABLE_TASK_SCHEDULER: expect.stringMatching(/scheduler-.*connectionString/),
    });
    expect(Object.keys(settings())).toEqual(expect.arrayContaining(byDefault));
    expect(read('infra/modules/durable-task-scheduler.bicep')).toMatch(
      "'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'",
    );
  });

  it('host.json of the package says the same, because scaling knows no settings, and has nothing of Azure Storage', () => {
    const overridden = Object.entries(settings()).flatMap(([name, value]) => {
      const key = /^AzureFunctionsJobHost__extensions__durableTask__storageProvider__(\w+)$/.exec(name)?.[1];
      return key === undefined ? [] : [[key, value]];
    });
    const byDefault = JSON.parse(hostJsonFor('AzureStorage', read('host.json'))) as HostJson;
    const packaged = JSON.parse(hostJsonFor('DurableTaskScheduler', read('host.json'))) as HostJson;
    const { storageProvider, ...durableTask } = packaged.extensions.durableTask;
    expect(storageProvider).toEqual(Object.fromEntries(overridden));
    expect({ ...packaged, extensions: { ...packaged.extensions, durableTask } }).toEqual({
      ...byDefault,
      extensions: {
        ...byDefault.extensions,
        durableTask: { ...byDefault.extensions.durableTask, storageProvider: undefined },
      },
    });
  });

  it('one variable chooses it for the deployment and for the package', () => {
    const { parameters } = readCompiled<{ parameters: Record<string, { value: unknown }> }>(
      'parameters.json',
    );
    expect(read('infra/main.bicepparam')).toMatch(
      "param durableBackend = readEnvironmentVariable('DURABLE_BACKEND', 'AzureStorage')",
    );
    expect(parameters['durableBackend']?.value).toBe('AzureStorage');
    expect(durableBackendOf({})).toBe('AzureStorage');
    const allowed = readCompiled<{ parameters: Record<string, { allowedValues: string[] }> }>('main.json');
    expect(allowed.parameters['durableBackend']?.allowedValues).toEqual(DURABLE_BACKENDS);
    expect(DURABLE_BACKENDS.map((DURABLE_BACKEND) => durableBackendOf({ DURABLE_BACKEND }))).toEqual(
      DURABLE_BACKENDS,
    );
    expect(() => durableBackendOf({ DURABLE_BACKEND: 'Netherite' })).toThrow(
      "DURABLE_BACKEND is 'Netherite'",
    );
  });

  it('the app may use the scheduler, and no longer the queues of the host', () => {
    const queues = '974c5e8b-45b9-4653-ba55-5f855dd0fb88';
    const scheduler = '0ad04412-c4d5-4796-b79c-f76d14c8d402';
    const assignments = predictedFor('scheduler', ASSIGNMENTS);
    expect(rolesOf(assignments).sort()).toEqual(
      [...rolesOf(predicted(ASSIGNMENTS)).filter((role) => role !== queues), scheduler].sort(),
    );
    const onScheduler = assignments.filter(({ id }) =>
      id.includes('Microsoft.DurableTask/schedulers/dts-chat-'),
    );
    expect(rolesOf(onScheduler)).toEqual([scheduler]);
  });
});

describeCompiled('with the event handler after the code', () => {
  const HUB = 'Microsoft.SignalRService/webPubSub/hubs';
  const inModule = (module: string) =>
    readCompiled<{
      resources: Record<string, { properties: { template: { resources: Record<string, object> } } }>;
    }>('main.json').resources[module]!.properties.template.resources;

  it('the hub is made without handler, and a later deployment leaves it and its handler alone', () => {
    const handlers = (hubs: Resource[]) => hubs.map(({ properties }) => properties['eventHandlers']);
    expect(handlers(predictedFor('after-the-code', HUB))).toEqual([[]]);
    expect(handlers(predicted(HUB))).toEqual([[expect.anything()]]);
    expect(inModule('hubForLater')['hub']).toMatchObject({
      type: HUB,
      '@options': { onlyIfNotExists: [] },
    });
    expect(inModule('hub')['hub']).not.toHaveProperty('@options');
  });

  it('one variable chooses it', () => {
    const { parameters } = readCompiled<{ parameters: Record<string, { value: unknown }> }>(
      'parameters.json',
    );
    expect(parameters['eventHandler']?.value).toBe('with the template');
    expect(read('infra/main.bicepparam')).toMatch(
      "param eventHandler = readEnvironmentVariable('EVENT_HANDLER', 'with the template')",
    );
  });
});

describeCompiled('with more instances and tags', () => {
  const alwaysReady = (sites: Resource[]) =>
    (
      sites[0]!.properties as {
        functionAppConfig: { scaleAndConcurrency: { alwaysReady: { instanceCount: number }[] } };
      }
    ).functionAppConfig.scaleAndConcurrency.alwaysReady;

  it('so many are always ready for the timers, and one by default', () => {
    const sites = 'Microsoft.Web/sites';
    expect(alwaysReady(predicted(sites))).toEqual([{ name: 'durable', instanceCount: 1 }]);
    expect(alwaysReady(predictedFor('after-the-code', sites))).toEqual([
      { name: 'durable', instanceCount: 2 },
    ]);
  });

  it('each resource that has tags has them, and azd still finds what is its own', () => {
    type Tagged = Resource & { readonly tags?: Record<string, string> };
    const tagged = readCompiled<{ predictedResources: Tagged[] }>(
      'snapshot-after-the-code.json',
    ).predictedResources.filter(({ tags }) => tags !== undefined);
    expect(tagged.length).toBeGreaterThan(20);
    for (const { tags } of tagged) {
      expect(tags).toMatchObject({ costCentre: '4711', 'azd-env-name': 'check' });
    }
    expect(tagged.find(({ type }) => type === 'Microsoft.Web/sites')?.tags).toHaveProperty(
      'azd-service-name',
      'api',
    );
  });
});

describeCompiled('over zones', () => {
  const skus = (resources: (Resource & { readonly sku?: { readonly name: string } })[]) =>
    resources.map(({ sku }) => sku?.name);

  it('are the app and both storage accounts, but only where that is asked for', () => {
    const accounts = 'Microsoft.Storage/storageAccounts';
    expect(skus(predicted(accounts))).toEqual(['Standard_LRS', 'Standard_LRS']);
    expect(skus(predictedFor('hardened', accounts))).toEqual(['Standard_ZRS', 'Standard_ZRS']);
    const plan = 'Microsoft.Web/serverfarms';
    expect(predicted(plan)[0]!.properties['zoneRedundant']).toBe(false);
    expect(predictedFor('hardened', plan)[0]!.properties['zoneRedundant']).toBe(true);
  });
});

describeCompiled('with private networking', () => {
  const accounts = 'Microsoft.Storage/storageAccounts';

  it('both storage accounts are closed to every network, and only then', () => {
    const access = (resources: Resource[]) =>
      resources.map(({ properties }) => properties['publicNetworkAccess']);
    expect(access(predicted(accounts))).toEqual(['Enabled', 'Enabled']);
    expect(access(predictedFor('hardened', accounts))).toEqual(['Disabled', 'Disabled']);
  });

  it('every kind of storage that the settings name has an endpoint, and its names resolve in the network', () => {
    const endpoints = predictedFor('hardened', 'Microsoft.Network/privateEndpoints');
    const kinds = endpoints.flatMap(({ properties }) =>
      (
        properties as {
          privateLinkServiceConnections: {
            properties: { groupIds: string[]; privateLinkServiceId: string };
          }[];
        }
      ).privateLinkServiceConnections.map(
        ({ properties: { groupIds, privateLinkServiceId } }) =>
          `${/st(host|chat)/.exec(privateLinkServiceId)?.[1]} ${groupIds.join()}`,
      ),
    );
    expect(kinds.sort()).toEqual(['chat table', 'host blob', 'host queue', 'host table']);
    const zones = predictedFor('hardened', 'Microsoft.Network/privateDnsZones').map(
      ({ name }) => /privatelink\W.*?\b(blob|queue|table)\b/.exec(name)?.[1],
    );
    expect(zones.sort()).toEqual(['blob', 'queue', 'table']);
    expect(predictedFor('hardened', 'Microsoft.Network/privateDnsZones/virtualNetworkLinks')).toHaveLength(3);
    expect(predicted('Microsoft.Network/privateEndpoints')).toEqual([]);
  });

  it('the app calls from a subnet of its own', () => {
    const subnet = (resources: Resource[]) => resources[0]!.properties['virtualNetworkSubnetId'];
    const sites = 'Microsoft.Web/sites';
    expect(subnet(predictedFor('hardened', sites))).toMatch(/\/virtualNetworks\/vnet-.*\/subnets\/app$/);
    expect(subnet(predicted(sites)) ?? null).toBeNull();
  });
});

describeCompiled('attached to an existing Web PubSub', () => {
  const webPubSub = 'Microsoft.SignalRService/webPubSub';
  const service = `/resourceGroups/rg-company/providers/${webPubSub}/wps-company`;

  it("no other is made, nor an identity for it, and its logs are its owner's", () => {
    expect(predictedFor('attached', webPubSub)).toEqual([]);
    const identities = predictedFor('attached', 'Microsoft.ManagedIdentity/userAssignedIdentities');
    expect(identities.map(({ name }) => name)).toEqual([expect.stringMatching(/^id-app-/)]);
    const logged = predictedFor('attached', 'Microsoft.Insights/diagnosticSettings').map(({ id }) => id);
    expect(logged).toHaveLength(predicted('Microsoft.Insights/diagnosticSettings').length - 1);
    expect(logged.filter((id) => id.includes(webPubSub))).toEqual([]);
  });

  it('the hub and the role of the app are on it, in its resource group', () => {
    const [hub] = predictedFor('attached', `${webPubSub}/hubs`);
    expect(hub!.id).toMatch(new RegExp(`${service}/hubs/chat$`));
    const onService = predictedFor('attached', ASSIGNMENTS).filter(({ id }) => id.includes('wps-company'));
    expect(rolesOf(onService)).toEqual(['12cf5a90-567b-43ae-8102-96cf46c7d9b4']);
    expect(onService[0]!.id).toMatch('/resourceGroups/rg-company/');
  });

  it("its own identity reads the webhook's key, and is the caller that the webhook accepts", () => {
    const identity = '00000000-0000-0000-0000-000000000009';
    const given = predictedFor('attached', ASSIGNMENTS).filter(
      ({ properties }) => properties['principalId'] === identity,
    );
    expect(given.map(({ id }) => /\/secrets\/([\w-]+)\//.exec(id)?.[1])).toEqual([
      'function--web-045pubsub-045events--webpubsub',
    ]);
    expect(rolesOf(given)).toEqual(['4633458b-17de-408a-b874-0445c86b69e6']);
    const settings = settingsOf(predictedFor('attached', 'Microsoft.Web/sites/config'));
    expect(settings['WEBHOOK_TOKEN_CALLER']).toBe(identity);
  });
});

describeCompiled('with sign-in of agents and operators', () => {
  const settings = () => settingsOf(predictedFor('hardened', 'Microsoft.Web/sites/config'));

  it("the app takes the tenant's tokens, and compares the keys that the vault has for desk and operators [R155]", () => {
    const added = Object.entries(settings()).filter(
      ([name]) => !(name in settingsOf(predicted('Microsoft.Web/sites/config'))),
    );
    // The compiler does not know the vault's address yet.
    const secret = (name: string) =>
      expect.stringMatching(new RegExp(`Microsoft\\.KeyVault\\(SecretUri=.*'${name}'\\)\\]$`));
    expect(Object.fromEntries(added)).toEqual({
      ENTRA_TENANT_ID: expect.stringMatching(/^[\w-]{36}$/),
      ENTRA_AUDIENCE: 'api://00000000-0000-0000-0000-00000000000a',
      ENTRA_AUTHORITY: '[environment().authentication.loginEndpoint]',
      DESK_KEYS: secret('function--negotiate-045agent--desk'),
      OPERATOR_KEYS: secret('operator-keys'),
    });
    const secrets = predictedFor('hardened', 'Microsoft.KeyVault/vaults/secrets').map(({ name }) => name);
    for (const [, value] of added.filter(([name]) => name.endsWith('_KEYS'))) {
      const [, name = ''] = /'([\w-]+)'\)\]$/.exec(String(value)) ?? [];
      expect(secrets).toContainEqual(expect.stringMatching(new RegExp(`/${name}$`)));
    }
  });
});

describeCompiled('settings other than the defaults', () => {
  it('are app settings, and none is without them', () => {
    const byDefault = settingsOf(predicted('Microsoft.Web/sites/config'));
    const given = Object.entries(settingsOf(predictedFor('attached', 'Microsoft.Web/sites/config')));
    expect(Object.fromEntries(given.filter(([name]) => !(name in byDefault)))).toEqual({
      RECONCILE_OVERDUE_AFTER: 'PT1M',
      TRUSTED_PROXIES: '1',
    });
  });
});
