metadata description = 'Web PubSub without access keys. Its hub comes last, in web-pubsub-hub.bicep, because it names the function app.'

@description('Name of the service.')
@minLength(3)
@maxLength(63)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Size.')
param sku string

@description('Units.')
param capacity int

@description('Resource id of the identity that the service calls the webhook with. A service can have one only.')
param identityId string

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'WebPubSub'
  sku: { name: sku, capacity: capacity }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    // No access keys. The app asks the service for client tokens with its identity, and the service proves itself to
    // the webhook with its own, instead of ce-signature, which is made of an access key.
    disableLocalAuth: true
    disableAadAuth: false
    // Customers are browsers anywhere.
    publicNetworkAccess: 'Enabled'
    tls: { clientCertEnabled: false }
  }
}
