// Only for `npm run infra:check`: attached to a Web PubSub service of another resource group; settings other than the defaults.
using '../main.bicep'

param environmentName = 'check'
param location = 'westeurope'
param existingWebPubSubName = 'wps-company'
param existingWebPubSubResourceGroup = 'rg-company'
param existingWebPubSubPrincipalId = '00000000-0000-0000-0000-000000000009'
param moreSettings = { RECONCILE_OVERDUE_AFTER: 'PT1M', TRUSTED_PROXIES: '1' }
