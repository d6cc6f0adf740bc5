// Only for `npm run infra:check`: spread over zones, storage behind private endpoints, people signed in.
using '../main.bicep'

param environmentName = 'check'
param location = 'westeurope'
param zoneRedundant = true
param privateNetworking = true
param signInAudience = 'api://00000000-0000-0000-0000-00000000000a'
