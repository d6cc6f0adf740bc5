// Only for `npm run infra:check`: spread over zones, storage behind private endpoints.
using '../main.bicep'

param environmentName = 'check'
param location = 'westeurope'
param zoneRedundant = true
param privateNetworking = true
