// Only for `npm run infra:check`: spread over zones.
using '../main.bicep'

param environmentName = 'check'
param location = 'westeurope'
param zoneRedundant = true
