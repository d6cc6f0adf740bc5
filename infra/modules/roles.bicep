import { webhookKeySecretName } from 'key-vault.bicep'

metadata description = 'Who may do what: every role assignment but that on Web PubSub (web-pubsub-access.bicep), each on one resource.'

@description('Object id of the function app\'s identity.')
param appPrincipalId string

@description('Object id of Web PubSub\'s identity.')
param webPubSubPrincipalId string

@description('Storage account of the Functions host: task hub, locks, packages.')
param hostStorageName string

@description('Storage account of the conversations.')
param conversationStorageName string

@description('Application Insights component.')
param componentName string

@description('Key vault.')
param keyVaultName string

@description('Durable Task Scheduler. Empty: there is none, and the host\'s storage account holds the task hub.')
param schedulerName string

// Built-in roles; their ids are the same everywhere.
var role = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  durableTaskDataContributor: '0ad04412-c4d5-4796-b79c-f76d14c8d402'
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostStorageName
}

resource conversationStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: conversationStorageName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource keyVault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName

  resource webhookKey 'secrets' existing = {
    name: webhookKeySecretName
  }
}

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' existing = if (!empty(schedulerName)) {
  name: schedulerName
}

// principalType is always given: without it an assignment to an identity made seconds ago fails where the directory
// has not replicated it yet.

// The host: leases and singleton locks, the task hub's large messages, and the package of the code.
resource appOnHostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hostStorage
  name: guid(hostStorage.id, appPrincipalId, role.storageBlobDataOwner)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.storageBlobDataOwner)
  }
}

// Durable Functions on Azure Storage: control and work-item queues.
resource appOnHostQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (empty(schedulerName)) {
  scope: hostStorage
  name: guid(hostStorage.id, appPrincipalId, role.storageQueueDataContributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      role.storageQueueDataContributor
    )
  }
}

// Durable Functions on Azure Storage: histories, instances and partitions. The host itself: diagnostic events.
resource appOnHostTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hostStorage
  name: guid(hostStorage.id, appPrincipalId, role.storageTableDataContributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      role.storageTableDataContributor
    )
  }
}

// Durable Functions on Durable Task Scheduler.
resource appOnScheduler 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(schedulerName)) {
  scope: scheduler
  name: guid(scheduler.id, appPrincipalId, role.durableTaskDataContributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.durableTaskDataContributor)
  }
}

// Conversations and everything beside them.
resource appOnConversationTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: conversationStorage
  name: guid(conversationStorage.id, appPrincipalId, role.storageTableDataContributor)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      role.storageTableDataContributor
    )
  }
}

// Telemetry without the component's key.
resource appOnComponent 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: component
  name: guid(component.id, appPrincipalId, role.monitoringMetricsPublisher)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.monitoringMetricsPublisher)
  }
}

// The host keeps its keys in the vault: it lists, reads, writes and deletes secrets. Reading alone is not enough.
resource appOnKeyVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: keyVault
  name: guid(keyVault.id, appPrincipalId, role.keyVaultSecretsOfficer)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.keyVaultSecretsOfficer)
  }
}

// Web PubSub reads the one secret that is in its webhook URL.
resource webPubSubOnWebhookKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: keyVault::webhookKey
  name: guid(keyVault::webhookKey.id, webPubSubPrincipalId, role.keyVaultSecretsUser)
  properties: {
    principalId: webPubSubPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.keyVaultSecretsUser)
  }
}
