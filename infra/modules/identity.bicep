metadata description = 'A user-assigned identity: unlike a system-assigned one it exists, and has its roles, before the resource that uses it.'

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id, which a resource takes to be given the identity.')
output id string = identity.id

@description('Client id, by which code chooses the identity.')
output clientId string = identity.properties.clientId

@description('Object id, which roles are assigned to.')
output principalId string = identity.properties.principalId
