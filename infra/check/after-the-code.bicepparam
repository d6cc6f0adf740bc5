// Only for `npm run infra:check`: the hub without its event handler, more instances, tags and alerts.
using '../main.bicep'

param environmentName = 'check'
param location = 'westeurope'
param eventHandler = 'after the code'
param alwaysReadyInstances = 2
param moreTags = { costCentre: '4711', 'azd-env-name': 'other' }
param alertEmails = ['operators@contoso.com']
