import { webhookKeySecretName } from 'key-vault.bicep'

metadata description = 'The hub, and where its events go.'

@description('Name of the Web PubSub service.')
param webPubSubName string

@description('Name of the hub.')
param name string

@description('Host name of the function app.')
param functionAppHostName string

@description('Address of the key vault, with a slash at its end.')
param keyVaultUri string

@description('The resource that the service asks its token for.')
param tokenAudience string

@description('Whether this makes the hub. Otherwise it only says what the hub is to be told (web-pubsub-hub-for-later.bicep).')
param withHandler bool

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: webPubSubName
}

var handler = {
  // The service reads the key itself when it needs it, so the key is neither in this resource nor in the
  // deployment history. The address has no version: after a rotation the service finds the new key.
  urlTemplate: 'https://${functionAppHostName}/api/web-pubsub/events?code={@Microsoft.KeyVault(SecretUri=${keyVaultUri}secrets/${webhookKeySecretName})}'
  systemEvents: ['connect', 'connected', 'disconnected']
  userEventPattern: 'message,leave,typing'
  // WEBHOOK_GUARD=entra: every event carries a token of the service's identity.
  auth: {
    type: 'ManagedIdentity'
    managedIdentity: { resource: tokenAudience }
  }
}

resource hub 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = if (withHandler) {
  parent: service
  name: name
  properties: {
    // Every client has a token of negotiate.
    anonymousConnectPolicy: 'deny'
    eventHandlers: [handler]
  }
}

@description('The event handler that the hub has or is to get. No secret: it names the secret with the key.')
output handler { urlTemplate: string, systemEvents: string[], userEventPattern: string } = {
  urlTemplate: handler.urlTemplate
  systemEvents: handler.systemEvents
  userEventPattern: handler.userEventPattern
}
