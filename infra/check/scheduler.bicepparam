// Only for `npm run infra:check`: timers in Durable Task Scheduler.
using '../main.bicep'

param environmentName = 'check'
param location = 'westeurope'
param durableBackend = 'DurableTaskScheduler'
