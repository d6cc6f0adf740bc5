// What the compiler does not look at in the ARM template that it makes: what Azure refuses although it compiles, or has never been
// seen to take. Each check gives its findings, none if all is well.

/** Two of them under one parent at the same time, and Azure refuses one. */
const ONE_AT_A_TIME = [
  { is: /^Microsoft\.KeyVault\/vaults\/secrets$/i, because: 'a new vault answers 409 to some' },
  { is: /^Microsoft\.Web\/sites\/.+$/i, because: 'a site takes one operation at a time' },
  { is: /^Microsoft\.Network\/privateEndpoints$/i, because: 'an account takes one endpoint at a time' },
];

/** Parts of the deployment that have to wait for others. */
const AFTER = {
  // The host reads its storage, its keys and the ticket signing key as soon as it starts.
  functions: ['roles', 'network'],
  // Web PubSub reads the key in its webhook URL with its identity.
  hub: ['functions', 'roles'],
  // What rules miss before the app is there is no news.
  alerts: ['functions', 'hub'],
};

/**
 * Settings that Flex Consumption has something else for, and refuses or ignores: "Flex Consumption plan deprecations",
 * learn.microsoft.com/azure/azure-functions/functions-app-settings, as `az functionapp flex-migration` leaves them out.
 */
const NOT_ON_FLEX = [
  'ENABLE_ORYX_BUILD',
  'FUNCTIONS_EXTENSION_VERSION',
  'FUNCTIONS_MAX_HTTP_CONCURRENCY',
  'FUNCTIONS_WORKER_DYNAMIC_CONCURRENCY_ENABLED',
  'FUNCTIONS_WORKER_PROCESS_COUNT',
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTIONS_WORKER_RUNTIME_VERSION',
  'SCM_DO_BUILD_DURING_DEPLOYMENT',
  'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
  'WEBSITE_CONTENTOVERVNET',
  'WEBSITE_CONTENTSHARE',
  'WEBSITE_DNS_SERVER',
  'WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT',
  'WEBSITE_MOUNT_ENABLED',
  'WEBSITE_NODE_DEFAULT_VERSION',
  'WEBSITE_RUN_FROM_PACKAGE',
  'WEBSITE_SKIP_CONTENTSHARE_VALIDATION',
  'WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED',
  'WEBSITE_VNET_ROUTE_ALL',
];
/** Settings with a key, which the host takes before its identity, also where they are empty. */
const BEFORE_THE_IDENTITY = [
  'AzureWebJobsStorage',
  'AzureWebJobsDashboard',
  'DEPLOYMENT_STORAGE_CONNECTION_STRING',
];

/** Every template of a deployment: the outer one and those of its modules, each with its name. */
function* templatesOf(template, name = 'main') {
  yield { name, resources: Object.entries(template.resources) };
  for (const [key, resource] of Object.entries(template.resources)) {
    const inner = resource.properties?.template;
    if (inner !== undefined) yield* templatesOf(inner, Array.isArray(template.resources) ? name : key);
  }
}

/** What a resource of a template waits for, directly or not. */
function waitsFor(resources, key, seen = new Set()) {
  const { dependsOn = [] } = Object.fromEntries(resources)[key] ?? {};
  for (const one of dependsOn) {
    if (seen.has(one)) continue;
    seen.add(one);
    waitsFor(resources, one, seen);
  }
  return seen;
}

/** Resources that are written at the same time although their parent takes one after the other. */
function writtenTogether(template) {
  const findings = [];
  for (const { name, resources } of templatesOf(template)) {
    for (const { is, because } of ONE_AT_A_TIME) {
      const family = resources.filter(([, { type, existing }]) => is.test(type) && !existing);
      for (const [key, { copy }] of family) {
        if (copy !== undefined && !(copy.mode === 'serial' && copy.batchSize === 1)) {
          findings.push(`${name}: ${key} is a loop without @batchSize(1), and ${because}`);
        }
      }
      const ordered = family.map(([key]) => [key, waitsFor(resources, key)]);
      for (const [index, [key, before]] of ordered.entries()) {
        for (const [other, otherBefore] of ordered.slice(index + 1)) {
          if (before.has(other) || otherBefore.has(key)) continue;
          findings.push(`${name}: neither of ${key} and ${other} waits for the other, and ${because}`);
        }
      }
    }
  }
  return findings;
}

/** Parts of the deployment that do not wait for what they need. */
function outOfOrder(template) {
  const resources = Object.entries(template.resources);
  return Object.entries(AFTER).flatMap(([part, needed]) => {
    if (!(part in template.resources)) return [`main: there is no ${part}`];
    const before = waitsFor(resources, part);
    return needed.filter((one) => !before.has(one)).map((one) => `main: ${part} does not wait for ${one}`);
  });
}

/** Versions that are used without a row in the table of infra/README.md, and rows that nothing uses. */
function versionsWithoutProof(template, readme) {
  const used = new Set();
  for (const { resources } of templatesOf(template)) {
    // That of nested deployments is the compiler's choice.
    for (const [, { type, apiVersion }] of resources) {
      if (type !== 'Microsoft.Resources/deployments') used.add(`${type}@${apiVersion}`);
    }
  }
  const rows = [...readme.matchAll(/^\| `(Microsoft\.[\w./]+)` \| `([\w-]+)` \| (.*) \|$/gm)];
  const shown = new Map(rows.map(([, type, version, seen]) => [`${type}@${version}`, seen]));
  return [
    ...[...used]
      .filter((one) => !shown.has(one))
      .map((one) => `${one} is used, and infra/README.md does not say who has deployed it`),
    ...[...shown.keys()]
      .filter((one) => !used.has(one))
      .map((one) => `infra/README.md has ${one}, which is not used`),
    ...[...shown]
      .filter(([, seen]) => seen.trim() === '')
      .map(([one]) => `infra/README.md does not say who has deployed ${one}`),
  ];
}

/** App settings of a predicted deployment that Flex Consumption refuses, or that take the place of the identity. */
function refusedSettings({ predictedResources }) {
  const settings = predictedResources.flatMap(({ type, name, properties }) => {
    if (/^Microsoft\.Web\/sites$/i.test(type))
      return (properties.siteConfig?.appSettings ?? []).map((one) => one.name);
    if (!/^Microsoft\.Web\/sites\/config$/i.test(type) || !name.endsWith('/appsettings')) return [];
    // An expression that the compiler could not work out: then nothing would be checked.
    return typeof properties === 'object' ? Object.keys(properties) : [undefined];
  });
  if (settings.length === 0 || settings.includes(undefined)) return ['the app settings cannot be read'];
  const among = (names, setting) => names.some((name) => name.toUpperCase() === setting.toUpperCase());
  return settings.flatMap((setting) => {
    if (among(NOT_ON_FLEX, setting)) return [`${setting} is not for Flex Consumption`];
    return among(BEFORE_THE_IDENTITY, setting) ? [`${setting} would be taken before the identity`] : [];
  });
}

module.exports = { outOfOrder, refusedSettings, versionsWithoutProof, writtenTogether };
