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
    meaning: 'The webhook answered more than 10 events with 5xx within 15 minutes. Web PubSub repeats each three times; then it is lost, and reconciliation has to find out.'
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
    meaning: 'Customers got tickets, but no event of Web PubSub was accepted within 15 minutes: nobody can connect, and losses are noticed late.'
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
    meaning: 'The webhook answered more than 5 events with 4xx within 30 minutes, without the refusals that belong to the rules. They are not repeated.'
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

resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
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
