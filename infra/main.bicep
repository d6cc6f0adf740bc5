import { MoreSettings } from 'modules/more-settings.bicep'

targetScope = 'subscription'

metadata description = 'Chat disconnect detection: one deployment, identities instead of keys.'

// ---------------------------------------------------------------------------------------------- parameters

@description('Name of the environment. It is part of the resource group\'s name and, hashed, of every other name.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of every resource. It has to offer Flex Consumption and Web PubSub.')
param location string

@description('Node.js version of the function app.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('DISCONNECT_GRACE: how long a disconnection may last, as an ISO 8601 duration.')
param disconnectGrace string = 'PT3M'

@description('TICKET_LIFETIME: how long an agent\'s ticket is valid, as an ISO 8601 duration.')
param ticketLifetime string = 'PT12H'

@description('Settings of docs/CONFIGURATION.md that are not to keep the code\'s defaults, such as { RECONCILE_OVERDUE_AFTER: \'PT1M\' }.')
param moreSettings MoreSettings = {}

@description('TASKHUB_NAME: the Durable Functions task hub. Another name starts an empty hub: running timers stay behind.')
@minLength(3)
@maxLength(45)
param taskHubName string = 'ChatDisconnect'

@description('Where Durable Functions keeps its timers. Changing it leaves running timers behind, like another TASKHUB_NAME.')
@allowed(['AzureStorage', 'DurableTaskScheduler'])
param durableBackend string = 'AzureStorage'

@description('WEB_PUBSUB_HUB: the hub that customers and agents connect to.')
param webPubSubHub string = 'chat'

@description('Size of Web PubSub. Free_F1 allows 20 connections at a time, which is enough for a try.')
@allowed(['Free_F1', 'Standard_S1', 'Premium_P1'])
param webPubSubSku string = 'Standard_S1'

@description('Units of Web PubSub, 1000 connections each. Free_F1 has one.')
@allowed([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
param webPubSubCapacity int = 1

@description('A Web PubSub service of this subscription to attach the hub to. Empty: one is made. A hub of the same name there is replaced.')
param existingWebPubSubName string = ''

@description('Resource group of the existing service.')
param existingWebPubSubResourceGroup string = ''

@description('Object id of the existing service\'s identity, with which it reads the webhook\'s key and proves who is calling. See infra/README.md.')
param existingWebPubSubPrincipalId string = ''

@description('When the hub is told where its events go. After the code: the hub is made without, once, and the postdeploy hook of azure.yaml tells it, for the case that Azure only saves an address that answers.')
@allowed(['with the template', 'after the code'])
param eventHandler string = 'with the template'

@description('WEBHOOK_TOKEN_AUDIENCE: the resource that Web PubSub asks its token for. See infra/README.md before changing it.')
param webhookTokenAudience string = 'https://webpubsub.azure.com'

@description('Whether both storage accounts are closed to every network but the app\'s own. The app, Web PubSub and the vault stay reachable, see infra/README.md.')
param privateNetworking bool = false

@description('Origins of the pages that hold the chat widget and the agent desk, such as https://www.contoso.com.')
param allowedOrigins string[] = []

@description('Most instances the function app may scale out to.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that are always ready for the timers. One alone is drained and replaced from time to time, and what fires in that moment is late; two cost twice as much.')
@minValue(1)
@maxValue(40)
param alwaysReadyInstances int = 1

@description('Memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Survive the loss of an availability zone: app and storage are spread over zones. The region has to have them. Web PubSub does so by itself with Premium_P1, and not at all with the other sizes. Choose it for a new environment: an account that exists is not converted.')
param zoneRedundant bool = false

@description('While the ticket signing key is being rotated: accept tickets of the secret ticket-signing-key-previous, too.')
param acceptPreviousTicketSigningKey bool = false

@description('ENTRA_AUDIENCE: the app registration by whose roles agents and operators sign in, as api://<client id>. Empty: function keys alone. Bicep cannot make it, docs/DEPLOY.md has the commands.')
param signInAudience string = ''

@description('Addresses that alerts are sent to. Without any, alerts only show in the portal.')
param alertEmails string[] = []

@description('Tags for the resource group and every resource, such as { costCentre: \'4711\' }. A deployment replaces the tags that are there, so what others have set has to be named here to stay.')
param moreTags { *: string } = {}

@description('Most gigabytes of logs that the workspace takes in a day; what comes later is lost, and alerts fall silent. 0: no cap. An alert tells at 80 percent.')
@minValue(0)
@maxValue(1000)
param logDailyCapGb int = 5

// --------------------------------------------------------------------------------------------------- names

// By this tag azd finds what belongs to the environment, so no other may take its place.
var tags = union(moreTags, { 'azd-env-name': environmentName })

// The same for every deployment of an environment, so that a deployment updates instead of adding; different
// between environments, because half of these names are unique in all of Azure.
var token = uniqueString(subscription().id, environmentName, location)

// Modules take names from here and not from each other's outputs: a preview (what-if) knows a name made of parameters
// before anything exists, so it can show every resource.
var names = {
  appIdentity: 'id-app-${token}'
  webPubSubIdentity: 'id-webpubsub-${token}'
  workspace: 'log-${token}'
  component: 'appi-${token}'
  hostStorage: 'sthost${token}'
  conversationStorage: 'stchat${token}'
  keyVault: 'kv-chat-${token}'
  scheduler: 'dts-chat-${token}'
  webPubSub: 'wps-chat-${token}'
  network: 'vnet-${token}'
  plan: 'plan-${token}'
  functionApp: 'func-chat-${token}'
  actionGroup: 'ag-chat-${token}'
}

var attaches = !empty(existingWebPubSubName)
var webPubSub = !attaches
  ? { name: names.webPubSub, resourceGroup: 'rg-${environmentName}' }
  : empty(existingWebPubSubResourceGroup) || empty(existingWebPubSubPrincipalId)
      ? fail('existingWebPubSubName needs existingWebPubSubResourceGroup and existingWebPubSubPrincipalId, too.')
      : { name: existingWebPubSubName, resourceGroup: existingWebPubSubResourceGroup }

// ----------------------------------------------------------------------------------------------- resources

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module appIdentity 'modules/identity.bicep' = {
  scope: group
  params: { name: names.appIdentity, location: location, tags: tags }
}

// Web PubSub calls the webhook with an identity of its own: it can read one secret and nothing else, so that the
// token it sends is of no use anywhere else.
module webPubSubIdentity 'modules/identity.bicep' = if (!attaches) {
  scope: group
  params: { name: names.webPubSubIdentity, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    componentName: names.component
    location: location
    tags: tags
    dailyCapGb: logDailyCapGb
  }
}

// Whoever can write to the host's account can run code in the app (packages, task hub). The conversations are
// data, so they have an account of their own.
var packageContainer = 'app-package'

module hostStorage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.hostStorage
    location: location
    tags: tags
    isPrivate: privateNetworking
    zoneRedundant: zoneRedundant
    containers: [packageContainer]
  }
}

module conversationStorage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.conversationStorage
    location: location
    tags: tags
    isPrivate: privateNetworking
    zoneRedundant: zoneRedundant
    tables: [
      'Conversations'
      'WorkList'
      'AgentCapacity'
      'Settings'
      'Customers'
      'DeadLetters'
      'ClosedConversations'
      'Erasures'
    ]
  }
}

module keyVault 'modules/key-vault.bicep' = {
  scope: group
  params: { name: names.keyVault, location: location, tags: tags }
}

var useScheduler = durableBackend == 'DurableTaskScheduler'

module scheduler 'modules/durable-task-scheduler.bicep' = if (useScheduler) {
  scope: group
  params: {
    name: names.scheduler
    location: location
    tags: tags
    taskHubName: taskHubName
    identityClientId: appIdentity.outputs.clientId
  }
}

module ownWebPubSub 'modules/web-pubsub.bicep' = if (!attaches) {
  scope: group
  params: {
    name: names.webPubSub
    location: location
    tags: tags
    sku: webPubSubSku
    capacity: webPubSubCapacity
    identityId: webPubSubIdentity!.outputs.id
  }
}

module webPubSubAccess 'modules/web-pubsub-access.bicep' = {
  scope: resourceGroup(webPubSub.resourceGroup)
  params: {
    webPubSubName: webPubSub.name
    #disable-next-line what-if-short-circuiting
    appPrincipalId: appIdentity.outputs.principalId
  }
  dependsOn: [ownWebPubSub]
}

var webPubSubPrincipalId = attaches ? existingWebPubSubPrincipalId : webPubSubIdentity!.outputs.principalId

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    // An assignment is named after the identity's object id, which Azure makes: an identity that is deleted and made
    // anew needs new assignments, and an assignment cannot be moved to another principal.
    #disable-next-line what-if-short-circuiting
    appPrincipalId: appIdentity.outputs.principalId
    #disable-next-line what-if-short-circuiting
    webPubSubPrincipalId: webPubSubPrincipalId
    hostStorageName: names.hostStorage
    conversationStorageName: names.conversationStorage
    componentName: names.component
    keyVaultName: names.keyVault
    schedulerName: useScheduler ? names.scheduler : ''
  }
  dependsOn: [hostStorage, conversationStorage, monitoring, keyVault, scheduler]
}

module network 'modules/private-network.bicep' = if (privateNetworking) {
  scope: group
  params: {
    name: names.network
    location: location
    tags: tags
    hostStorageName: names.hostStorage
    conversationStorageName: names.conversationStorage
  }
  dependsOn: [hostStorage, conversationStorage]
}

module functions 'modules/functions.bicep' = {
  scope: group
  params: {
    planName: names.plan
    name: names.functionApp
    location: location
    tags: tags
    nodeVersion: nodeVersion
    zoneRedundant: zoneRedundant
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    instanceMemoryMB: instanceMemoryMB
    allowedOrigins: allowedOrigins
    subnetId: privateNetworking
      ? resourceId(
          subscription().subscriptionId,
          group.name,
          'Microsoft.Network/virtualNetworks/subnets',
          names.network,
          'app'
        )
      : ''
    identityId: appIdentity.outputs.id
    identityClientId: appIdentity.outputs.clientId
    hostStorageName: names.hostStorage
    hostStorage: hostStorage.outputs.endpoints
    packageContainer: packageContainer
    conversationTablesEndpoint: conversationStorage.outputs.endpoints.table
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    keyVaultUri: keyVault.outputs.uri
    webPubSubEndpoint: webPubSubAccess.outputs.endpoint
    webPubSubHub: webPubSubHub
    webhookTokenAudience: webhookTokenAudience
    webhookTokenCaller: webPubSubPrincipalId
    disconnectGrace: disconnectGrace
    ticketLifetime: ticketLifetime
    taskHubName: taskHubName
    useScheduler: useScheduler
    schedulerConnectionString: scheduler.?outputs.connectionString ?? ''
    acceptPreviousTicketSigningKey: acceptPreviousTicketSigningKey
    signInAudience: signInAudience
    moreSettings: moreSettings
  }
  // The host reads its storage, its keys and the ticket signing key as soon as it starts.
  dependsOn: [roles, network]
}

module hub 'modules/web-pubsub-hub.bicep' = {
  scope: resourceGroup(webPubSub.resourceGroup)
  params: {
    webPubSubName: webPubSub.name
    name: webPubSubHub
    functionAppHostName: functions.outputs.hostName
    keyVaultUri: keyVault.outputs.uri
    tokenAudience: webhookTokenAudience
    withHandler: eventHandler == 'with the template'
  }
  // Web PubSub reads the key in its webhook URL with its identity.
  dependsOn: [roles]
}

module hubForLater 'modules/web-pubsub-hub-for-later.bicep' = if (eventHandler == 'after the code') {
  scope: resourceGroup(webPubSub.resourceGroup)
  params: { webPubSubName: webPubSub.name, name: webPubSubHub }
  // Not before the service.
  dependsOn: [webPubSubAccess]
}

module diagnostics 'modules/diagnostics.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    hostStorageName: names.hostStorage
    conversationStorageName: names.conversationStorage
    keyVaultName: names.keyVault
    webPubSubName: attaches ? '' : names.webPubSub
    functionAppName: names.functionApp
  }
  dependsOn: [monitoring, hostStorage, conversationStorage, keyVault, ownWebPubSub, functions]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    actionGroupName: names.actionGroup
    location: location
    tags: tags
    emails: alertEmails
    logDailyCapGb: logDailyCapGb
  }
  // Last, because a rule begins to look at once, and what it misses before the app is there is no news.
  dependsOn: [monitoring, functions, hub]
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    title: 'Chat disconnect detection (${environmentName})'
    location: location
    tags: tags
  }
  dependsOn: [monitoring]
}

// ------------------------------------------------------------------------------------------------- outputs
// azd keeps outputs in the environment's .env file, and Azure in the deployment history: no secret belongs here.

@description('Resource group that holds everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output FUNCTION_APP_NAME string = names.functionApp

@description('Address of the API: the widget and the desk call it.')
output FUNCTION_APP_URL string = 'https://${functions.outputs.hostName}'

@description('Address of Web PubSub.')
output WEB_PUBSUB_ENDPOINT string = webPubSubAccess.outputs.endpoint

@description('Address of the conversations\' tables, for backup and restore.')
output CONVERSATION_TABLES_ENDPOINT string = conversationStorage.outputs.endpoints.table

@description('Key vault with the ticket signing key and the function keys.')
output KEY_VAULT_NAME string = names.keyVault

@description('Name of the Web PubSub service.')
output WEB_PUBSUB_NAME string = webPubSub.name

@description('Resource group of the Web PubSub service.')
output WEB_PUBSUB_RESOURCE_GROUP string = webPubSub.resourceGroup

@description('Hub that customers and agents connect to.')
output WEB_PUBSUB_HUB string = webPubSubHub

@description('Whether the hub has its event handler from this deployment, or waits for the hook after the code.')
output EVENT_HANDLER string = eventHandler

@description('Where the events go. It has a reference to the key, and not the key.')
output EVENT_HANDLER_URL string = hub.outputs.handler.urlTemplate

@description('System events that are sent, separated by commas.')
output EVENT_HANDLER_SYSTEM_EVENTS string = join(hub.outputs.handler.systemEvents, ',')

@description('User events that are sent, separated by commas.')
output EVENT_HANDLER_USER_EVENTS string = hub.outputs.handler.userEventPattern

@description('The resource that Web PubSub asks its token for.')
output EVENT_HANDLER_AUDIENCE string = webhookTokenAudience
