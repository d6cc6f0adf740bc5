import {
  ACCESS_SETTINGS,
  AGENT_SETTINGS,
  POLICY_SETTINGS,
  RECONCILIATION_SETTINGS,
  SERVICE_SETTINGS,
  SIGN_IN_SETTINGS,
  SITE_SETTINGS,
  TELEMETRY_SETTINGS,
} from '../../shared/app/config';
import type { Setting, Settings } from '../../shared/app/settings-reader';
import { matching } from '../../shared/app/settings-reader';

/** What the Functions host reads; the product does not. */
const HOST_SETTINGS: Settings = {
  TASKHUB_NAME: {
    about: 'The task hub of Durable Functions. `host.json` reads it.',
    form: matching(/^[A-Za-z][A-Za-z0-9]{2,44}$/, '3 to 45 letters and digits, a letter first'),
    note: 'required',
  },
};

const SECTIONS: readonly (readonly [title: string, intro: string, settings: Settings])[] = [
  [
    'Policies',
    'These hold if no rule of the [policy table](API.md#policies-and-automated-messages) sets the value. Operators change the table while the app runs.',
    POLICY_SETTINGS,
  ],
  ['Agents', '', AGENT_SETTINGS],
  [
    'Reconciliation',
    'Reconciliation does what a lost event, timer or write has left undone ([ARCHITECTURE](ARCHITECTURE.md#reconciliation)).',
    RECONCILIATION_SETTINGS,
  ],
  ['Tickets and limits', '', ACCESS_SETTINGS],
  [
    'Sign-in of agents and operators',
    'With these, the routes of operators and `POST /api/v1/agents/negotiate` take a token of Entra ID or a key ([DEPLOY](DEPLOY.md#sign-in-with-entra-id)). The app then compares the keys itself, because the Functions host cannot take either ([decision 22](decisions/0022-sign-in-with-entra-id.md)).',
    SIGN_IN_SETTINGS,
  ],
  ['Pages', 'The app serves them itself ([decision 32](decisions/0032-pages.md)).', SITE_SETTINGS],
  [
    'Traces',
    'Off unless one of the first two is given ([OPERATIONS](OPERATIONS.md#traces)).',
    TELEMETRY_SETTINGS,
  ],
  [
    'Azure services',
    "A service is reached by a connection string with a key, or by its endpoint and the app's identity: give one of the two.",
    SERVICE_SETTINGS,
  ],
  [
    'Functions host',
    'Besides this one the host needs its own `AzureWebJobsStorage` and `FUNCTIONS_WORKER_RUNTIME` (`node`).',
    HOST_SETTINGS,
  ],
];

/** docs/CONFIGURATION.md */
export const configurationPage = (): string =>
  [
    '# Configuration',
    '<!-- Made by `npm run docs` from shared/app/config.ts. Do not edit it here. -->',
    `The app reads its settings from environment variables (on Azure: app settings) and checks them once, when it starts. A setting
that is missing or malformed stops the start; the error names the setting and its form, and never repeats a value. Durations
are ISO 8601 (\`PT3M\` is three minutes, \`P1D\` one day); both bounds of a range are allowed.`,
    `On your machine the settings come from \`local.settings.json\`. Copy \`local.settings.sample.json\` to make one; without it the
sample itself is used. The environment goes before the file: \`DISCONNECT_GRACE=PT10S npm start\` shortens the wait. On Azure
the parameters of [infra/main.bicep](../infra/main.bicep) give them ([DEPLOY](DEPLOY.md#parameters)).`,
    ...SECTIONS.flatMap(([title, intro, settings]) => [
      `## ${title}`,
      ...(intro === '' ? [] : [intro]),
      ['| setting | meaning | form | default |', '| --- | --- | --- | --- |', ...rowsOf(settings)].join('\n'),
    ]),
  ].join('\n\n') + '\n';

const rowsOf = (settings: Settings): string[] =>
  Object.entries(settings).map(
    ([name, setting]) => `| \`${name}\` | ${setting.about} | ${formOf(setting)} | ${defaultOf(setting)} |`,
  );

/** The words and bounds of a form as code. */
const formOf = ({ form: { says } }: Setting<unknown>): string =>
  says
    .replaceAll(/"([^"]+)"/g, '`$1`')
    .replaceAll(/\bP[\dDTHMS.]+\b/g, '`$&`')
    .replaceAll(/Endpoint=\S+/g, '`$&`')
    .replace('an ISO 8601 duration', 'duration');

function defaultOf({ fallback, note }: Setting<unknown>): string {
  if (fallback === undefined) return note ?? 'none';
  return note === undefined ? `\`${fallback}\`` : `\`${fallback}\`, ${note}`;
}
