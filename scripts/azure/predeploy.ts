import { setTimeout as delay } from 'node:timers/promises';
import { readCommandLine } from '../../local/stack/command-line';
import { PREDEPLOY_USAGE, parsePredeployOptions } from './options';
import { NotDone, ResourceManager } from './resource-manager';

/**
 * Azure's upload of the package goes by the app's role on `sthost…`, and a role that was just assigned is refused for some
 * minutes. azd uploads once and ends there, before any hook that could repeat it; so what can be done is to be late enough.
 * What it cannot find out keeps no deployment from being tried.
 */
async function main({ ageMs }: { readonly ageMs: number }): Promise<void> {
  const { AZURE_SUBSCRIPTION_ID: subscription, AZURE_RESOURCE_GROUP: group } = process.env;
  if (!subscription || !group) return;
  const assignments = await new ResourceManager(process.env).list<RoleAssignment>(
    `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Authorization/roleAssignments` +
      '?api-version=2022-04-01',
  );
  const made = assignments
    .filter(({ properties: { scope } }) => /\/storageAccounts\/sthost/i.test(scope))
    .map(({ properties: { createdOn } }) => Date.parse(createdOn));
  // However wrong this computer's clock is, it waits that long at most.
  const left = Math.min(ageMs, Math.max(...made) + ageMs - Date.now());
  if (!(left > 0)) return;
  console.log(
    `The app's roles on its storage are fresh, and Azure may not know them everywhere: waiting ${Math.ceil(left / 1_000)} s, so that ` +
      'the upload is not refused. Later deployments do not wait.',
  );
  await delay(left);
}

interface RoleAssignment {
  readonly properties: { readonly scope: string; readonly createdOn: string };
}

main(readCommandLine('npm run hook:predeploy', PREDEPLOY_USAGE, parsePredeployOptions)).then(
  () => process.exit(0),
  (thrown: unknown) => {
    if (!(thrown instanceof NotDone)) throw thrown;
    console.log(`The age of the app's roles is not known (${thrown.message}); going on.`);
    process.exit(0);
  },
);
