metadata description = 'Durable Task Scheduler, with the task hub in it: keeps the orchestrations in place of the host\'s storage account.'

@description('Name of the scheduler.')
@minLength(3)
@maxLength(64)
param name string

@description('Region. Not every region has the scheduler.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the task hub.')
param taskHubName string

@description('Client id of the app\'s identity.')
param identityClientId string

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    // Paid by what is done.
    sku: { name: 'Consumption' }
    // Open to every network, closed to everybody without the role; it knows no keys. An empty list would let nobody in.
    ipAllowlist: ['0.0.0.0/0']
  }

  resource taskHub 'taskHubs' = {
    name: taskHubName
  }
}

@description('How the app reaches it. Not a secret: it only names the scheduler and the identity.')
output connectionString string = 'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
