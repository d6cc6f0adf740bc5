metadata description = 'The app\'s role on Web PubSub. By itself, because an existing service is in a resource group of its own.'

@description('Name of the service, in the resource group of this deployment.')
param webPubSubName string

@description('Object id of the function app\'s identity.')
param appPrincipalId string

var webPubSubServiceOwner = '12cf5a90-567b-43ae-8102-96cf46c7d9b4'

resource webPubSub 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: webPubSubName
}

// Client tokens, pushes, presence.
resource appOnWebPubSub 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: webPubSub
  name: guid(webPubSub.id, appPrincipalId, webPubSubServiceOwner)
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', webPubSubServiceOwner)
  }
}

@description('Address of the service.')
output endpoint string = 'https://${webPubSub.properties.hostName}'
