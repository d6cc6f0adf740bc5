metadata description = 'The vault of this one app: the ticket signing key, and the function keys, which the Functions host keeps here.'

@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Name of the secret with the ticket signing key.')
@export()
var ticketSigningKeySecretName = 'ticket-signing-key'

@description('Name of the secret with the keys of the index of customers: the first is written with, all are read with.')
@export()
var customerIndexKeysSecretName = 'customer-index-keys'

@description('Name of the secret with the webhook\'s function key, in the naming of the Functions host (see below).')
@export()
var webhookKeySecretName = 'function--web-045pubsub-045events--webpubsub'

@description('Name of the secret with the desk\'s function key.')
@export()
var deskKeySecretName = 'function--negotiate-045agent--desk'

@description('Name of the secret with the operators\' key where Entra ID signs in.')
@export()
var operatorKeysSecretName = 'operator-keys'

// Random values for the first deployment. newGuid() may only be a parameter's default, and a secure parameter does
// not show in the deployment history. Every deployment draws new ones, and only those whose secret does not exist
// yet are used: see onlyIfNotExists below. Two version 4 GUIDs hold 244 random bits.

@description('Half of a new ticket signing key.')
@secure()
param ticketKeyStart string = newGuid()

@description('Half of a new ticket signing key.')
@secure()
param ticketKeyEnd string = newGuid()

@description('Half of a new key of the index of customers.')
@secure()
param customerIndexKeyStart string = newGuid()

@description('Half of a new key of the index of customers.')
@secure()
param customerIndexKeyEnd string = newGuid()

@description('Half of a new function key for the webhook.')
@secure()
param webhookKeyStart string = newGuid()

@description('Half of a new function key for the webhook.')
@secure()
param webhookKeyEnd string = newGuid()

@description('Half of a new function key for the agent desk.')
@secure()
param deskKeyStart string = newGuid()

@description('Half of a new function key for the agent desk.')
@secure()
param deskKeyEnd string = newGuid()

@description('Half of a new function key for the site.')
@secure()
param siteKeyStart string = newGuid()

@description('Half of a new function key for the site.')
@secure()
param siteKeyEnd string = newGuid()

@description('Half of a new function key for the links that the site sends.')
@secure()
param siteLinkKeyStart string = newGuid()

@description('Half of a new function key for the links that the site sends.')
@secure()
param siteLinkKeyEnd string = newGuid()

@description('Half of a new key for operators.')
@secure()
param operatorKeyStart string = newGuid()

@description('Half of a new key for operators.')
@secure()
param operatorKeyEnd string = newGuid()

@description('Half of a function key that nobody uses.')
@secure()
param unusedKeyStart string = newGuid()

@description('Half of a function key that nobody uses.')
@secure()
param unusedKeyEnd string = newGuid()

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    // Access by roles, like everywhere else, instead of the vault's own access policies.
    enableRbacAuthorization: true
    // Everything here can be made anew at the price of signing everybody in again. So a deleted vault is kept for
    // the shortest time, and purge protection stays off: it would keep the name of a deleted environment taken.
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    // No template, machine or disk reads from this vault.
    enabledForTemplateDeployment: false
    enabledForDeployment: false
    enabledForDiskEncryption: false
    // Open to every network, closed to everybody without a role. Private networking is not part of this version.
    publicNetworkAccess: 'Enabled'
    networkAcls: { defaultAction: 'Allow', bypass: 'AzureServices' }
  }
}

// A second deployment must not change a key: every ticket would become invalid. With onlyIfNotExists a secret is
// written once and afterwards belongs to whoever rotates it.
// Prevents: a vault that was made seconds ago gets several secrets at the same time, and answers 409 to some. So each waits for the
// one before.
@onlyIfNotExists()
resource ticketSigningKey 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: ticketSigningKeySecretName
  properties: {
    contentType: 'TICKET_SIGNING_KEY of the function app'
    value: replace('${ticketKeyStart}${ticketKeyEnd}', '-', '')
  }
}

// Another one would hide every customer's conversations, from the customer and from their erasure.
@onlyIfNotExists()
resource customerIndexKeys 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: customerIndexKeysSecretName
  properties: {
    contentType: 'CUSTOMER_INDEX_KEYS of the function app'
    value: replace('${customerIndexKeyStart}${customerIndexKeyEnd}', '-', '')
  }
  dependsOn: [ticketSigningKey]
}

// Function keys. The host is told to keep its keys in this vault (functions.bicep), looks here for the keys of a
// function before it makes any, and takes what it finds. That is how the key of the webhook is known before the
// code has run. The host's naming is function--{function}--{key}, where every character that is no letter or digit
// is written as a dash and its three-digit decimal code: "-" is "-045".

@onlyIfNotExists()
resource webhookKey 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: webhookKeySecretName
  properties: {
    contentType: 'Function key of web-pubsub-events, for Web PubSub'
    value: replace('${webhookKeyStart}${webhookKeyEnd}', '-', '')
  }
  dependsOn: [customerIndexKeys]
}

@onlyIfNotExists()
resource deskKey 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: deskKeySecretName
  properties: {
    contentType: 'Function key of negotiate-agent, for the backend of the agent desk'
    value: replace('${deskKeyStart}${deskKeyEnd}', '-', '')
  }
  dependsOn: [webhookKey]
}

@onlyIfNotExists()
resource siteKey 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'function--negotiate-045customer--site'
  properties: {
    contentType: 'Function key of negotiate-customer, for the backend of the site with the chat widget'
    value: replace('${siteKeyStart}${siteKeyEnd}', '-', '')
  }
  dependsOn: [deskKey]
}

@onlyIfNotExists()
resource siteLinkKey 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'function--reconnect-045link--site'
  properties: {
    contentType: 'Function key of reconnect-link, for the backend of the site, which sends the link to its customer'
    value: replace('${siteLinkKeyStart}${siteLinkKeyEnd}', '-', '')
  }
  dependsOn: [siteKey]
}

// The other functions with a key are for operators, who take the app's default key: the host makes that by itself. The app cannot
// read it, so where it compares keys itself, because a token will do as well, operators have this one (functions.bicep).
@onlyIfNotExists()
resource operatorKeys 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: operatorKeysSecretName
  properties: {
    contentType: 'OPERATOR_KEYS of the function app'
    value: replace('${operatorKeyStart}${operatorKeyEnd}', '-', '')
  }
  dependsOn: [siteLinkKey]
}

// negotiate is anonymous and needs no key, but it has to have one: where a caller sends any key to a function that
// has none, the host makes one and then deletes every other secret whose name begins with function--negotiate. Those
// are the keys of the desk and the site, too. With a key in place the host has nothing to make.
@onlyIfNotExists()
resource unusedKey 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'function--negotiate--unused'
  properties: {
    contentType: 'Keeps the host from replacing the keys of negotiate-agent and negotiate-customer; gives access to nothing that is not public'
    value: replace('${unusedKeyStart}${unusedKeyEnd}', '-', '')
  }
  dependsOn: [operatorKeys]
}

@description('Address of the vault, with a slash at its end.')
output uri string = vault.properties.vaultUri
