import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `--help` says of the environment of a command that runs the stack. */
export const SETTINGS_HELP = `Environment: the app's settings, for example TICKET_LIFETIME=PT1H; a variable wins over local.settings.json (where
there is none, over local.settings.sample.json). Set by this command, whatever the environment says:
AzureWebJobsStorage, CONVERSATION_TABLES_CONNECTION_STRING, WEB_PUBSUB_CONNECTION_STRING, LOCAL_FUNCTION_KEY,
LOCAL_MASTER_KEY; by npm start also ENTRA_TENANT_ID, ENTRA_AUDIENCE, ENTRA_AUTHORITY, DESK_KEYS, OPERATOR_KEYS.`;

/** The `local.settings.json` in use: your own, or the committed sample where you have made none. */
export function localSettingsFile(root: string): string {
  const own = join(root, 'local.settings.json');
  return existsSync(own) ? own : join(root, 'local.settings.sample.json');
}

/** The values of the `local.settings.json` in use. Throws an error that names the file when it is not JSON. */
export function readLocalSettings(root: string): Record<string, string> {
  const file = localSettingsFile(root);
  try {
    const parsed = JSON.parse(readFileSync(file, 'utf8')) as { Values?: Record<string, string> };
    return parsed.Values ?? {};
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** The hub that the app will read from its settings, for the whole stack: the environment wins over the file. */
export const hubInForce = (root: string): string =>
  (process.env['WEB_PUBSUB_HUB'] ?? readLocalSettings(root)['WEB_PUBSUB_HUB'] ?? '').trim() || 'chat';
