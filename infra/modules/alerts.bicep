metadata description = 'Alerts on what the app logs, and whom they are sent to.'

@description('Log Analytics workspace that the logs are in.')
param workspaceName string

@description('Name of the action group.')
param actionGroupName string

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Addresses that alerts are sent to. Without any, alerts only show in the portal.')
param emails string[]

@description('Daily cap of the workspace in gigabytes; 0: none.')
param logDailyCapGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'chat'
    enabled: true
    emailReceivers: [
      for (email, index) in emails: {
        name: 'email-${index + 1}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

// Severity 1: customers are concerned now. 2: some are, or soon will be. 3: look at it in office hours. What is urgent
// is looked at every 5 minutes, the rest every 15: a rule is paid by how often it looks. Each look goes back at least 10
// minutes further than the one before: logs arrive late, and what arrives after the last look at its time is never seen.
// What to do is in docs/OPERATIONS.md, under the name of the rule.
var rules = [
  {
    name: 'reconciliation-silent'
    title: 'Reconciliation has not run'
    meaning: 'Not one run in 15 minutes, where every minute should have one: the app does not run, or its log does not arrive, and then no other alert can be trusted.'
    severity: 1
    every: 'PT5M'
    window: 'PT15M'
    query: loadTextContent('../queries/reconciliation-silent.kql')
    measure: 'runs'
    operator: 'LessThan'
    threshold: 1
  }
  {
    name: 'overdue-disconnections'
    title: 'Disconnections overdue'
    meaning: 'Reconciliation ended conversations whose timers should have done it: timers do not fire, or far too late.'
    severity: 1
    every: 'PT5M'
    window: 'PT15M'
    query: loadTextContent('../queries/overdue-disconnections.kql')
    measure: 'expired'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'orchestrations-failed'
    title: 'Timers failed'
    meaning: 'Orchestrations conversation-deadline ended as Failed. Many at once: a worker or the host restarted while timers were at work, and reconciliation does their work; do not restart the app for it. Again and again since a deployment: the code does not fit the histories.'
    severity: 1
    every: 'PT5M'
    window: 'PT15M'
    query: loadTextContent('../queries/orchestrations-failed.kql')
    measure: 'failed'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'webhook-failing'
    title: 'The webhook fails'
    meaning: 'The webhook answered more than 10 events with 5xx within 15 minutes, without those of conversations that changed too fast. Web PubSub repeats each three times; then it is lost, and reconciliation has to find out.'
    severity: 1
    every: 'PT5M'
    window: 'PT15M'
    query: loadTextContent('../queries/webhook-failing.kql')
    measure: 'failed'
    operator: 'GreaterThan'
    threshold: 10
  }
  {
    name: 'webhook-silent'
    title: 'No events arrive'
    meaning: 'Customers from 5 networks got tickets, or 5 events did not fit the settings, but none was accepted within 15 minutes: nobody can connect, and losses are noticed late.'
    severity: 1
    every: 'PT5M'
    window: 'PT15M'
    query: loadTextContent('../queries/webhook-silent.kql')
    measure: 'unanswered'
    operator: 'GreaterThan'
    threshold: 4
  }
  {
    name: 'webhook-refusing'
    title: 'The webhook refuses events'
    meaning: 'More than 5 events within 30 minutes did not fit the settings of the webhook: another key, another hub, other headers. They are not repeated.'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    query: loadTextContent('../queries/webhook-refusing.kql')
    measure: 'refused'
    operator: 'GreaterThan'
    threshold: 5
  }
  {
    name: 'ends-late'
    title: 'Conversations are ended late'
    meaning: 'More than 2 customers were ended over 15 seconds after their deadline within 30 minutes.'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    query: loadTextContent('../queries/ends-late.kql')
    measure: 'late'
    operator: 'GreaterThan'
    threshold: 2
  }
  {
    name: 'dead-letters-open'
    title: 'Dead letters are open'
    meaning: 'Conversations cannot be handled before somebody mends them. They are not ended meanwhile.'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    query: loadTextContent('../queries/dead-letters-open.kql')
    measure: 'open'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'policies-unreadable'
    title: 'The policies cannot be read'
    meaning: 'The stored policy document is damaged or of a newer version. Nobody waits shorter because of it, but it is not what is in force.'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    query: loadTextContent('../queries/policies-unreadable.kql')
    measure: 'unreadable'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'log-volume'
    title: 'The log nears its daily cap'
    meaning: 'More than 80 percent of the daily cap of the workspace within a day. Beyond the cap nothing is kept, and no alert can be trusted.'
    severity: 2
    every: 'PT1H'
    window: 'P1D'
    query: loadTextContent('../queries/log-volume.kql')
    measure: 'megabytes'
    operator: 'GreaterThan'
    // The cap is in gigabytes; 0 is none, and then there is nothing to be near to.
    threshold: logDailyCapGb == 0 ? 1000000000 : logDailyCapGb * 800
  }
  {
    name: 'erasures-failing'
    title: 'An erasure does not come to its end'
    meaning: 'The erasure of a conversation has failed at six tries or more within an hour, or nothing tries. Nobody can read or open the conversation, but something of it is still stored.'
    severity: 2
    every: 'PT15M'
    window: 'PT1H'
    query: loadTextContent('../queries/erasures-failing.kql')
    measure: 'failing'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'purge-behind'
    title: 'Nightly removals are behind'
    meaning: 'A kind of thing that has to go was not looked through within a day: there are too many, it is too slow, it fails, or it does not run. The task hub and the tables grow, and what is older than retention is still there.'
    severity: 3
    every: 'PT1H'
    window: 'P1D'
    query: loadTextContent('../queries/purge-behind.kql')
    measure: 'behind'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'reconciliation-behind'
    title: 'Comparisons are behind'
    meaning: 'Reconciliation was more than 8 minutes behind with comparing conversations when a run was over: a loss that was not told is noticed late.'
    severity: 3
    every: 'PT15M'
    window: 'PT30M'
    query: loadTextContent('../queries/reconciliation-behind.kql')
    measure: 'minutes'
    operator: 'GreaterThan'
    threshold: 8
  }
  {
    name: 'reconciliation-acting'
    title: 'Reconciliation keeps acting'
    meaning: 'More than 8 runs within 30 minutes found something lost: events, timers or writes go missing regularly. Customers notice little, because reconciliation makes up for it.'
    severity: 3
    every: 'PT15M'
    window: 'PT30M'
    query: loadTextContent('../queries/reconciliation-acting.kql')
    measure: 'actingRuns'
    operator: 'GreaterThan'
    threshold: 8
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [
  for rule in rules: {
    name: rule.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: '${rule.meaning} What to do: docs/OPERATIONS.md#${rule.name}'
      severity: rule.severity
      enabled: true
      scopes: [workspace.id]
      evaluationFrequency: rule.every
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: rule.query
            metricMeasureColumn: rule.measure
            timeAggregation: 'Total'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      // Closes by itself when the condition is no longer met.
      autoMitigate: true
      // A new workspace has no data, and refuses queries of what it has not seen. That they are right is tested in
      // test/contract/monitoring.test.ts, with the parser of the query language.
      skipQueryValidation: true
      actions: {
        actionGroups: empty(emails) ? [] : [actionGroup.id]
        customProperties: { runbook: 'docs/OPERATIONS.md#${rule.name}' }
      }
    }
  }
]
