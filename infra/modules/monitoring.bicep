metadata description = 'Log Analytics and Application Insights.'

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param componentName string

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Daily cap of the workspace in gigabytes; 0: none.')
param dailyCapGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    // A flood is paid for up to here and no further; the alert "log-volume" tells before. -1 is none.
    workspaceCapping: { dailyQuotaGb: dailyCapGb == 0 ? -1 : dailyCapGb }
    // No workspace keys: telemetry arrives through the component, and people sign in.
    features: { disableLocalAuth: true }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The connection string alone no longer lets anybody send: the app does so with its identity.
    DisableLocalAuth: true
  }
}

@description('Where telemetry is sent. Not a secret: with local auth off it only names the component.')
output connectionString string = component.properties.ConnectionString
