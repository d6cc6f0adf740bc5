import { MINUTE, SECOND, toIsoDuration, type Milliseconds } from './domain/time';
import { ConfigurationError } from './errors';

/** How a client proves itself to an Azure service: a connection string with a key, or the app's identity. */
export type Connection = { readonly connectionString: string } | { readonly endpoint: string };

/** Everything the product reads from its environment. README has the table of settings. */
export interface Config {
  /** `DISCONNECT_GRACE`: how long a disconnection may last. */
  readonly gracePeriod: Milliseconds;
  readonly webPubSub: {
    readonly connection: Connection;
    readonly hub: string;
    /** Host name of the service, which its events name as their origin. */
    readonly host: string;
  };
  /** `WEBHOOK_GUARD`: what proves that an event comes from the service. There is no "none". */
  readonly webhookGuard:
    | { readonly type: 'signature'; readonly accessKeys: readonly string[] }
    | {
        readonly type: 'entra';
        readonly tenantId: string;
        readonly audience: string;
        readonly authority: string;
      };
  readonly tables: Connection;
  /** The first key signs tickets, all are accepted. */
  readonly ticketSigningKeys: readonly [string, ...string[]];
  readonly ticketLifetime: Milliseconds;
  /** `AZURE_CLIENT_ID`: the user-assigned identity, where there is one. */
  readonly identityClientId: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks the whole configuration once.
 * @throws ConfigurationError naming every missing or malformed variable and its accepted form, never its value
 */
export function loadConfig(env: Environment): Config {
  const problems: string[] = [];
  const read = createReader(env, problems);

  const webPubSub = read.connection('WEB_PUBSUB', 'Endpoint=https://…;AccessKey=…;Version=1.0;');
  const config: Config = {
    gracePeriod: read.duration('DISCONNECT_GRACE', 3 * MINUTE, SECOND, 24 * 60 * MINUTE),
    webPubSub: {
      connection: webPubSub,
      hub: read.text('WEB_PUBSUB_HUB', /^[A-Za-z][A-Za-z0-9_]{0,127}$/, 'a hub name such as "chat"', 'chat'),
      host: hostOf(webPubSub),
    },
    webhookGuard: readGuard(read, webPubSub, env, problems),
    tables: read.connection('CONVERSATION_TABLES', 'a storage connection string'),
    ticketSigningKeys: [
      read.text('TICKET_SIGNING_KEY', /^.{32,}$/s, 'a secret of at least 32 characters'),
      ...read.optional('TICKET_SIGNING_KEY_PREVIOUS', /^.{32,}$/s, 'a secret of at least 32 characters'),
    ],
    ticketLifetime: read.duration('TICKET_LIFETIME', 12 * 60 * MINUTE, MINUTE, 7 * 24 * 60 * MINUTE),
    identityClientId: read.optional('AZURE_CLIENT_ID', /^[0-9a-fA-F-]{36}$/, 'a GUID')[0],
  };
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.freeze(config);
}

type Reader = ReturnType<typeof createReader>;

function createReader(env: Environment, problems: string[]) {
  const valueOf = (name: string) => env[name]?.trim() || undefined;
  const text = (name: string, form: RegExp, accepted: string, fallback?: string): string => {
    const value = valueOf(name) ?? fallback;
    if (value === undefined) problems.push(`${name} is missing: give ${accepted}`);
    else if (!form.test(value)) problems.push(`${name} is malformed: give ${accepted}`);
    else return value;
    return '';
  };
  return {
    text,
    optional: (name: string, form: RegExp, accepted: string): string[] =>
      valueOf(name) === undefined ? [] : [text(name, form, accepted)],

    duration(name: string, fallback: Milliseconds, min: Milliseconds, max: Milliseconds): Milliseconds {
      const accepted = `an ISO 8601 duration from ${toIsoDuration(min)} to ${toIsoDuration(max)}, for example ${toIsoDuration(fallback)}`;
      const value = text(name, /^P/, accepted, toIsoDuration(fallback));
      const length = parseIsoDuration(value);
      if (value !== '' && (length === undefined || length < min || length > max)) {
        problems.push(`${name} is malformed: give ${accepted}`);
      }
      return length ?? fallback;
    },

    connection(prefix: string, accepted: string): Connection {
      const [string, endpoint] = [`${prefix}_CONNECTION_STRING`, `${prefix}_ENDPOINT`];
      if (valueOf(string) !== undefined && valueOf(endpoint) !== undefined) {
        problems.push(`${string} and ${endpoint} are both given: give one of them`);
      } else if (valueOf(endpoint) !== undefined) {
        return { endpoint: text(endpoint, /^https:\/\/[^\s/]+\/?$/, 'an https URL without a path') };
      } else if (valueOf(string) !== undefined) {
        const form =
          /^(UseDevelopmentStorage=true;?|(?=.*(Endpoint|AccountName|SharedAccessSignature)=).+)$/is;
        return { connectionString: text(string, form, accepted) };
      } else {
        problems.push(
          `${string} or ${endpoint} is missing: give ${accepted}, or the https URL of the service`,
        );
      }
      return { connectionString: '' };
    },
  };
}

function readGuard(
  read: Reader,
  webPubSub: Connection,
  env: Environment,
  problems: string[],
): Config['webhookGuard'] {
  const type = read.text('WEBHOOK_GUARD', /^(signature|entra)$/, '"signature" or "entra"');
  if (type === 'entra') {
    return {
      type,
      tenantId: read.text('WEBHOOK_TOKEN_TENANT_ID', /^[0-9a-fA-F-]{36}$/, 'a GUID'),
      audience: read.text(
        'WEBHOOK_TOKEN_AUDIENCE',
        /^\S+$/,
        'the application id URI the event handler asks for',
      ),
      authority: read
        .text('WEBHOOK_TOKEN_AUTHORITY', /^https?:\/\/\S+$/, 'a URL', 'https://login.microsoftonline.com')
        .replace(/\/$/, ''),
    };
  }
  const secondary = env['WEB_PUBSUB_CONNECTION_STRING_SECONDARY'];
  const strings = ['connectionString' in webPubSub ? webPubSub.connectionString : undefined, secondary];
  const accessKeys = strings.flatMap((text) => partOf(text, 'AccessKey') ?? []);
  if (type === 'signature' && accessKeys.length === 0) {
    problems.push(
      'WEBHOOK_GUARD "signature" needs an AccessKey in WEB_PUBSUB_CONNECTION_STRING: give it, or use "entra"',
    );
  }
  return { type: 'signature', accessKeys };
}

/** A part of a connection string; the names of parts are case-insensitive. */
const partOf = (connectionString: string | undefined, name: string): string | undefined =>
  new RegExp(`(?:^|;)\\s*${name}=([^;]+)`, 'i').exec(connectionString ?? '')?.[1];

function hostOf(connection: Connection): string {
  const url =
    'endpoint' in connection ? connection.endpoint : partOf(connection.connectionString, 'Endpoint');
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
}

/** `P1DT2H3M4.5S` as milliseconds. Years, months and weeks have no fixed length here and are not accepted. */
function parseIsoDuration(text: string): Milliseconds | undefined {
  const match = /^P(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/.exec(text);
  if (match === null || text === 'P') return undefined;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days! * 24 + hours!) * 60 + minutes!) * MINUTE + Math.round(seconds! * SECOND);
}
