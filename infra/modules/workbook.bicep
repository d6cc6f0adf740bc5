metadata description = 'The workbook with the project\'s own figures.'

@description('Log Analytics workspace that the logs are in.')
param workspaceName string

@description('Title of the workbook.')
param title string

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // Has to be a GUID; the same for every deployment of an environment.
  name: guid(workspace.id, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: title
    category: 'workbook'
    sourceId: workspace.id
    version: 'Notebook/1.0'
    serializedData: string(union(loadJsonContent('../workbook.json'), { fallbackResourceIds: [workspace.id] }))
  }
}
