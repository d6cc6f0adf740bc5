metadata description = 'A network of the app\'s own, and private endpoints in it for both storage accounts.'

@description('Name of the virtual network.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Storage account of the Functions host.')
param hostStorageName string

@description('Storage account of the conversations.')
param conversationStorageName string

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostStorageName
}

resource conversationStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: conversationStorageName
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.80.0.0/24'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.80.0.0/26'
          // What Flex Consumption asks for. Its subnet belongs to one app alone.
          delegations: [{ name: 'flex-consumption', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.80.0.64/26' }
      }
    ]
  }

  resource endpointsSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

var kinds = ['blob', 'queue', 'table']

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for kind in kinds: {
    name: 'privatelink.${kind}.${environment().suffixes.storage}'
    location: 'global'
    tags: tags
  }
]

// The app resolves the services' names in these zones, so its settings are the same as without a network.
resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (kind, index) in kinds: {
    parent: zone[index]
    name: name
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

var endpoints = [
  { name: 'host-blob', isOfHost: true, kind: 'blob' }
  { name: 'host-queue', isOfHost: true, kind: 'queue' }
  { name: 'host-table', isOfHost: true, kind: 'table' }
  { name: 'chat-table', isOfHost: false, kind: 'table' }
]

// Prevents: several endpoints of one account are made at the same time, and the account refuses all but one
// (StorageAccountOperationInProgress).
@batchSize(1)
resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for one in endpoints: {
    name: '${name}-${one.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: network::endpointsSubnet.id }
      privateLinkServiceConnections: [
        {
          name: one.name
          properties: {
            privateLinkServiceId: one.isOfHost ? hostStorage.id : conversationStorage.id
            groupIds: [one.kind]
          }
        }
      ]
    }
  }
]

resource address 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (one, index) in endpoints: {
    parent: endpoint[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        { name: one.kind, properties: { privateDnsZoneId: zone[indexOf(kinds, one.kind)].id } }
      ]
    }
  }
]
