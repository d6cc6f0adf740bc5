metadata description = 'The hub without its event handler, which is set when the code is there.'

@description('Name of the Web PubSub service.')
param webPubSubName string

@description('Name of the hub.')
param name string

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: webPubSubName
}

// Prevents: a deployment takes away the handler that was set after the code, and no event arrives until somebody sets it again.
@onlyIfNotExists()
resource hub 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = {
  parent: service
  name: name
  properties: {
    // Every client has a token of negotiate.
    anonymousConnectPolicy: 'deny'
    eventHandlers: []
  }
}
