import {
  customerIndexKeysSecretName
  deskKeySecretName
  operatorKeysSecretName
  ticketSigningKeySecretName
} from 'key-vault.bicep'
import { MoreSettings } from 'more-settings.bicep'

metadata description = 'The function app on Flex Consumption, and all its settings.'

@description('Name of the plan. A Flex Consumption plan holds one app.')
param planName string

@description('Name of the function app. Shorter than 32 characters, because the host derives its id from the first 32.')
@maxLength(31)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Node.js version.')
param nodeVersion string

@description('Whether instances are spread over availability zones. The platform then keeps two ready of each function or group that scales by itself.')
param zoneRedundant bool

@description('Most instances.')
param maximumInstanceCount int

@description('Instances that are always ready for the timers.')
param alwaysReadyInstances int

@description('Memory of an instance.')
param instanceMemoryMB int

@description('Origins of the pages that call the API.')
param allowedOrigins string[]

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Subnet that the app\'s own calls leave from; empty where there is no network.')
param subnetId string

@description('Storage account of the Functions host.')
param hostStorageName string

@description('Addresses of its services.')
param hostStorage { blob: string, queue: string, table: string }

@description('Blob container of the packages.')
param packageContainer string

@description('Address of the conversations\' tables.')
param conversationTablesEndpoint string

@description('Connection string of Application Insights, which names the component and opens nothing.')
param applicationInsightsConnectionString string

@description('Address of the key vault, with a slash at its end.')
param keyVaultUri string

@description('Address of Web PubSub.')
param webPubSubEndpoint string

@description('Hub.')
param webPubSubHub string

@description('The resource that Web PubSub asks its token for.')
param webhookTokenAudience string

@description('Object id of the identity whose token the webhook accepts: that of Web PubSub.')
param webhookTokenCaller string

@description('How long a disconnection may last.')
param disconnectGrace string

@description('How long a ticket is valid.')
param ticketLifetime string

@description('Task hub.')
param taskHubName string

@description('Whether the task hub is in Durable Task Scheduler. Otherwise the host\'s storage account holds it.')
param useScheduler bool

@description('How Durable Task Scheduler is reached, where it is used.')
param schedulerConnectionString string

@description('Whether tickets of the previous signing key are accepted.')
param acceptPreviousTicketSigningKey bool

@description('The app registration that agents and operators get tokens for; empty: function keys alone.')
param signInAudience string

@description('Settings that are not to keep the code\'s defaults.')
param moreSettings MoreSettings

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  // "reserved" says Linux.
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // By this tag azd finds where the service "api" of azure.yaml is deployed to.
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    // Key Vault references in settings use the system-assigned identity unless told otherwise; there is none here.
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      runtime: { name: 'node', version: nodeVersion }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
        // Durable Functions on Azure Storage needs one: an app scaled to zero would be woken late by its timers, and
        // a timer that ends conversations should not be late. With Durable Task Scheduler it saves the start.
        alwaysReady: [{ name: 'durable', instanceCount: alwaysReadyInstances }]
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      // The widget and the desk are pages of other origins. Tickets travel in a header, so no cookies are needed.
      cors: { allowedOrigins: allowedOrigins, supportCredentials: false }
    }
  }
}

// Prevents: two writes to one site at the same time, of which Azure refuses one ("another operation is in progress"). So the
// three below come one after the other.

// Deployment signs in; publishing user names and passwords are off.
resource noPasswordForDeployment 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource noPasswordForFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
  dependsOn: [noPasswordForDeployment]
}

// What the Functions host reads. No FUNCTIONS_WORKER_RUNTIME, FUNCTIONS_EXTENSION_VERSION, WEBSITE_*: Flex Consumption
// has functionAppConfig instead and refuses or ignores them.
var hostSettings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  // Not __managedIdentityResourceId: Durable Functions does not accept it.
  AzureWebJobsStorage__clientId: identityClientId
  // All three, because Durable Functions uses all three.
  AzureWebJobsStorage__blobServiceUri: hostStorage.blob
  AzureWebJobsStorage__queueServiceUri: hostStorage.queue
  AzureWebJobsStorage__tableServiceUri: hostStorage.table
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // Function keys live in the vault, where the deployment has put the webhook's key (key-vault.bicep).
  AzureWebJobsSecretStorageType: 'keyvault'
  AzureWebJobsSecretStorageKeyVaultUri: keyVaultUri
  AzureWebJobsSecretStorageKeyVaultClientId: identityClientId
  // The host reads a body as a whole before the app is asked, and its own limit is 100 MB. The largest that the app takes is 1 MiB
  // (a user event); a kibibyte more, so that what is a little too large is answered by the app.
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: string(1024 * 1024 + 1024)
}

// Prevents: the host makes its client for blobs before it knows the addresses above, cannot, and answers 401 from that instance
// (Azure/azure-functions-host#11787). The name is what it falls back to. It stands for an address of the public cloud, which is
// why other clouds do without it.
var hostStorageSettings = environment().name == 'AzureCloud'
  ? { AzureWebJobsStorage__accountName: hostStorageName }
  : {}

// What shared/app/config.ts and host.json read.
var productSettings = {
  DISCONNECT_GRACE: disconnectGrace
  WEB_PUBSUB_ENDPOINT: webPubSubEndpoint
  WEB_PUBSUB_HUB: webPubSubHub
  WEBHOOK_GUARD: 'entra'
  WEBHOOK_TOKEN_TENANT_ID: tenant().tenantId
  WEBHOOK_TOKEN_AUDIENCE: webhookTokenAudience
  WEBHOOK_TOKEN_CALLER: webhookTokenCaller
  WEBHOOK_TOKEN_AUTHORITY: environment().authentication.loginEndpoint
  CONVERSATION_TABLES_ENDPOINT: conversationTablesEndpoint
  // Without a version, so that a new version of the secret is picked up (within a day, or at once by a restart).
  TICKET_SIGNING_KEY: '@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/${ticketSigningKeySecretName})'
  CUSTOMER_INDEX_KEYS: '@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/${customerIndexKeysSecretName})'
  TICKET_LIFETIME: ticketLifetime
  AZURE_CLIENT_ID: identityClientId
  TASKHUB_NAME: taskHubName
}

// Only while it exists: a reference to a secret that is not there would be taken for a key, word for word.
var rotationSettings = acceptPreviousTicketSigningKey
  ? {
      TICKET_SIGNING_KEY_PREVIOUS: '@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/${ticketSigningKeySecretName}-previous)'
    }
  : {}

// With them the host lets callers through to the routes that take a key or a token, and the app compares the keys: the desk's, which
// stays as it is, and one for operators.
var signInSettings = empty(signInAudience)
  ? {}
  : {
      ENTRA_TENANT_ID: tenant().tenantId
      ENTRA_AUDIENCE: signInAudience
      ENTRA_AUTHORITY: environment().authentication.loginEndpoint
      DESK_KEYS: '@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/${deskKeySecretName})'
      OPERATOR_KEYS: '@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/${operatorKeysSecretName})'
    }

// Each AzureFunctionsJobHost__… takes the place of one value of host.json, so the package is the same for both backends.
// The rest of storageProvider there is for Azure Storage only.
var schedulerSettings = useScheduler
  ? {
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
      AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER'
      DURABLE_TASK_SCHEDULER: schedulerConnectionString
    }
  : {}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    hostSettings,
    hostStorageSettings,
    productSettings,
    rotationSettings,
    signInSettings,
    schedulerSettings,
    moreSettings
  )
  dependsOn: [noPasswordForFtp]
}

@description('Host name of the function app, known before any code is in it.')
output hostName string = app.properties.defaultHostName
