import { parseOptions as parse, UsageError } from '../../local/stack/command-line';
import type { WorldOptions } from './world';

export const USAGE = `Plays every scenario against a running deployment and checks what becomes of it.

  npm run e2e -- --functions URL --web-pubsub CONNECTION_STRING [--function-key KEY] [--patience SECONDS]

  --functions     address of the function app, without /api
  --web-pubsub    connection string of its Web PubSub service, or the service's https endpoint when your
                  Azure sign-in may use it (role "Web PubSub Service Owner")
  --function-key  default function key; not needed where the host asks for none
  --patience      seconds that anything may take beyond what the product promises (default 90). Below 60, the scenes
                  fail that drop a client of the reliable protocol: Web PubSub tells of its loss after 30 seconds

Exit code 1 when a scenario fails, 2 when the options cannot be used.

Environment: with an https endpoint, the variables of DefaultAzureCredential (AZURE_CLIENT_ID, AZURE_TENANT_ID,
AZURE_CLIENT_SECRET, AZURE_TOKEN_CREDENTIALS, …); nothing else.

npm start (prints this command with its connection string when it is up):
  npm run e2e -- --functions http://localhost:7071 --function-key local-function-key \\
    --web-pubsub "Endpoint=http://localhost;AccessKey=…;Port=8080;Version=1.0;"

func start (Core Tools ask for no key):
  npm run e2e -- --functions http://localhost:7071 --web-pubsub "Endpoint=…;AccessKey=…;Version=1.0;"

Azure:
  npm run e2e -- --functions https://APP.azurewebsites.net --web-pubsub https://NAME.webpubsub.azure.com \\
    --function-key "$(az functionapp keys list -g GROUP -n APP --query functionKeys.default -o tsv)"`;

const DEFAULT_PATIENCE_S = 90;

export const SMOKE_USAGE = `Plays one loss, one return and one end on a deployment, step by step, and reads what has become of them.

  npm run smoke -- --functions URL [--function-key KEY] [--web-pubsub CONNECTION_STRING] [--patience SECONDS]

  --functions     address of the function app, without /api
  --function-key  default function key; not needed where the host asks for none
  --web-pubsub    as for npm run e2e; with it Web PubSub itself is asked whether the customer's sockets are closed
  --patience      seconds that anything may take beyond what the product promises (default 90)

It takes the grace period and about a minute: 4 to 5 minutes where the policies say 3. It changes no setting. The three
conversations are real: agents see them, in the queue e2e, and they stay in the tables until retention erases them.

Exit code 1 when something is not as expected, 2 when the options cannot be used.

Environment: as for npm run e2e, and only with --web-pubsub.

Azure:
  npm run smoke -- --functions https://APP.azurewebsites.net \\
    --function-key "$(az functionapp keys list -g GROUP -n APP --query functionKeys.default -o tsv)"`;

/** @throws UsageError */
export function parseOptions(argv: readonly string[]): WorldOptions {
  const options = parseSmokeOptions(argv);
  if (options.webPubSub === undefined) throw new UsageError('--web-pubsub is missing.');
  return options;
}

/** The service may stay unnamed. @throws UsageError */
export function parseSmokeOptions(argv: readonly string[]): WorldOptions {
  const type = 'string';
  const values = parse(argv, {
    functions: { type },
    'web-pubsub': { type },
    'function-key': { type },
    patience: { type },
  });
  const functions = values.functions;
  if (functions === undefined) throw new UsageError('--functions is missing.');
  if (!URL.canParse(functions) || !/^https?:$/.test(new URL(functions).protocol)) {
    throw new UsageError('--functions must be an http or https URL.');
  }
  const webPubSub = values['web-pubsub'];
  if (webPubSub !== undefined && !/^https:\/\/\S+$|(^|;)\s*Endpoint=https?:\/\/.+/i.test(webPubSub)) {
    throw new UsageError(
      '--web-pubsub must be a connection string (Endpoint=…;AccessKey=…;) or an https URL.',
    );
  }
  const patience = Number(values.patience ?? DEFAULT_PATIENCE_S);
  if (!(patience >= 1 && patience <= 3_600)) {
    throw new UsageError('--patience must be a number of seconds from 1 to 3600.');
  }
  return {
    functionsUrl: functions.replace(/\/+$/, ''),
    functionKey: values['function-key'],
    webPubSub,
    patienceMs: patience * 1_000,
  };
}
