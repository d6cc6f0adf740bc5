metadata description = 'Which logs and metrics of the resources are kept in the workspace.'

// Every row is paid for, and most of what these services can log is one row for each request of the app itself. So what
// is kept is what nothing else tells: who came for secrets, who changed code or removed data, which sockets came and went.
// Requests and log lines of the app are in Application Insights. Platform metrics are in the portal for 93 days without
// any setting; where a resource has no log worth its price, they are kept here as well, to be read beside the logs.

@description('Log Analytics workspace.')
param workspaceName string

@description('Storage account of the Functions host.')
param hostStorageName string

@description('Storage account of the conversations.')
param conversationStorageName string

@description('Key vault.')
param keyVaultName string

@description('Web PubSub service of this deployment. Empty: it is somebody else\'s, and so are its settings.')
param webPubSubName string

@description('Function app.')
param functionAppName string

var name = 'to-workspace'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostStorageName

  resource blobs 'blobServices' existing = { name: 'default' }
  resource queues 'queueServices' existing = { name: 'default' }
  resource tables 'tableServices' existing = { name: 'default' }
}

resource conversationStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: conversationStorageName

  resource tables 'tableServices' existing = { name: 'default' }
}

resource keyVault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = if (!empty(webPubSubName)) {
  name: webPubSubName
}

resource functionApp 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

// The only version that is not a preview is of 2016 and knows one setting a resource; all the world uses this one.

// Every use of a secret, and every change. The host asks rarely, so this is little.
resource ofKeyVault 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: keyVault
  name: name
  properties: {
    workspaceId: workspace.id
    // Into a table of its own (AZKVAuditLogs), not the one that all services share.
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}

// Two or three rows a socket: when it came and went, and why; what the webhook answered where that was no success.
// Not MessagingLogs (rows for each message) and HttpRequestLogs (a row for each push).
resource ofWebPubSub 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(webPubSubName)) {
  scope: webPubSub
  name: name
  properties: {
    workspaceId: workspace.id
    // Into a table of its own (WebPubSubConnectivity), not the one that all services share.
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'ConnectivityLogs', enabled: true }]
  }
}

// Who removed data: one or two rows a conversation, from the work list. Not StorageRead and StorageWrite, which would
// be a row for each event of each customer.
resource ofConversationTables 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: conversationStorage::tables
  name: name
  properties: {
    workspaceId: workspace.id
    logs: [{ category: 'StorageDelete', enabled: true }]
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

// Who changed code: packages are blobs. Beside them these are the leases of host and task hub, some ten a minute.
resource ofHostBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: hostStorage::blobs
  name: name
  properties: {
    workspaceId: workspace.id
    logs: [
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

// The task hub polls its queues and writes its history all day: counts, failures and latency, no row for each.
resource ofHostQueues 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: hostStorage::queues
  name: name
  properties: {
    workspaceId: workspace.id
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

resource ofHostTables 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: hostStorage::tables
  name: name
  properties: {
    workspaceId: workspace.id
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

// Not FunctionAppLogs: they are the lines of Application Insights once more, at the same price.
resource ofFunctionApp 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: functionApp
  name: name
  properties: {
    workspaceId: workspace.id
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}
