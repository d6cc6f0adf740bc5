using './main.bicep'

// azd sets both. With the Azure CLI, set them yourself; there is no default, so that nothing lands in the wrong place.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')

// Here as a variable, because the package has to go by it, too (scripts/package/host-json.ts): `azd env set DURABLE_BACKEND …`.
param durableBackend = readEnvironmentVariable('DURABLE_BACKEND', 'AzureStorage')

// The same for the hook after the deployment: `azd env set EVENT_HANDLER 'after the code'`.
param eventHandler = readEnvironmentVariable('EVENT_HANDLER', 'with the template')
