import { type Milliseconds, parseIsoDuration } from '../conversation/time';
import { isPageUrl } from '../policies/policy';

/** An accepted form of a setting: how its text is read, and how the form is named. */
export interface Form<T> {
  /** The value; undefined if the text does not have this form. */
  readonly parse: (text: string) => T | undefined;
  readonly says: string;
  readonly example?: string;
}

/** All about a setting but its name and its value. docs/CONFIGURATION.md is made from it. */
export interface Setting<T> {
  /** What the setting decides, with its unit where the form does not have one. Markdown. */
  readonly about: string;
  readonly form: Form<T>;
  /** What holds if the setting is not given, as it would be written. */
  readonly fallback?: string;
  /** When the setting has to be given, or how the default changes. Markdown. */
  readonly note?: string;
}

/** A setting that can be left out. */
export interface SettingWithDefault<T> extends Setting<T> {
  readonly fallback: string;
}

/** Settings by the name of their environment variable. */
export type Settings = Readonly<Record<string, Setting<unknown>>>;

type Value<S> = S extends Setting<infer T> ? T : never;
/** The names of those settings in `S` that are of the kind `K`. */
type Named<S extends Settings, K> = { [N in keyof S]: S[N] extends K ? N : never }[keyof S] & string;

export const matching = (form: RegExp, says: string): Form<string> => ({
  parse: (text) => (form.test(text) ? text : undefined),
  says,
});

export const GUID = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'a GUID');
export const SECRET = matching(/^.{32,}$/s, 'a secret of at least 32 characters');
/** Keys that are not fetched over TLS prove nothing, unless they come from this machine. */
export const AUTHORITY: Form<string> = {
  parse: (text) =>
    /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)(:\d+)?\/?$)\S*$/.test(text) && URL.canParse(text)
      ? text
      : undefined,
  says: 'an https URL, or one of this machine',
};
/** Sent over the network and compared at once, so less will do than for a key that signs. */
export const FUNCTION_KEYS: Form<readonly string[]> = {
  parse: (text) => {
    const keys = text.split(',').map((key) => key.trim());
    return keys.every((key) => /^\S{16,}$/.test(key)) ? keys : undefined;
  },
  says: 'one or more keys of at least 16 characters, separated by commas',
};
export const SECRETS = matching(
  /^[^\s,]{32,}([\s,]+[^\s,]{32,})*$/,
  'secrets of at least 32 characters, without blanks, separated by commas',
);
export const SCHEDULE: Form<string> = {
  ...matching(
    /^[\dA-Za-z*,/-]+( +[\dA-Za-z*,/-]+){5}$/,
    'an NCRONTAB expression of six fields, seconds first',
  ),
  example: '0 * * * * *',
};
export const HTTPS_ORIGIN: Form<string> = {
  parse: (text) => (/^https:\/\/[^/?#]+\/?$/.test(text) && isPageUrl(text) ? text : undefined),
  says: 'an https URL without a path',
};
export const URL_FORM: Form<string> = {
  parse: (text) => (isPageUrl(text) ? text : undefined),
  says: 'an https URL',
};
export const WEB_PUBSUB_STRING: Form<string> = {
  parse: (text) => {
    const endpoint = partOf(text, 'Endpoint') ?? '';
    const isComplete =
      /^https?:/.test(endpoint) && URL.canParse(endpoint) && partOf(text, 'AccessKey') !== undefined;
    return isComplete ? text : undefined;
  },
  says: 'Endpoint=https://…;AccessKey=…;Version=1.0;',
};
export const STORAGE_STRING: Form<string> = {
  parse: (text) => {
    const has = (name: string) => partOf(text, name) !== undefined;
    const withKey = has('AccountName') && has('AccountKey') && has('DefaultEndpointsProtocol');
    const withSas = has('SharedAccessSignature') && URL.canParse(partOf(text, 'TableEndpoint') ?? '');
    return /^UseDevelopmentStorage=true;?$/i.test(text) || withKey || withSas ? text : undefined;
  },
  says: 'the connection string of a storage account',
};

/** A part of a connection string; the names of parts are case-insensitive. */
export const partOf = (connectionString: string, name: string): string | undefined =>
  new RegExp(`(?:^|;)\\s*${name}=([^;]+)`, 'i').exec(connectionString)?.[1];

/** A length of time, both bounds included. The default and the bounds are ISO 8601 durations. */
export const duration = (
  fallback: string,
  min: string,
  max: string,
  about: string,
  note?: string,
): SettingWithDefault<Milliseconds> => ({
  about,
  form: { ...durationFrom(min, max), example: fallback },
  fallback,
  ...(note !== undefined && { note }),
});

/** A length of time, or one of these words. */
export function durationOr<W extends string>(
  words: readonly W[],
  fallback: string,
  min: string,
  max: string,
  about: string,
  note?: string,
): SettingWithDefault<Milliseconds | W> {
  const form = durationFrom(min, max);
  return {
    about,
    form: {
      parse: (text) => words.find((known) => known === text) ?? form.parse(text),
      says: `${words.map((known) => `"${known}"`).join(', ')} or ${form.says}`,
      example: min,
    },
    fallback,
    ...(note !== undefined && { note }),
  };
}

function durationFrom(min: string, max: string): Form<Milliseconds> {
  const [shortest, longest] = [parseIsoDuration(min), parseIsoDuration(max)];
  if (shortest === undefined || longest === undefined) throw new Error(`${min} or ${max} is no duration`);
  return {
    parse: (text) => {
      const length = parseIsoDuration(text);
      return length !== undefined && length >= shortest && length <= longest ? length : undefined;
    },
    says: `an ISO 8601 duration from ${min} to ${max}`,
  };
}

/** A whole number, both bounds included. */
export const wholeNumber = (
  fallback: string,
  min: number,
  max: number,
  about: string,
): SettingWithDefault<number> => ({
  about,
  form: {
    parse: (text) =>
      /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined,
    says: `a whole number from ${min} to ${max}`,
  },
  fallback,
});

/** Something that is off until it is switched on. */
export const flag = (about: string): SettingWithDefault<boolean> => ({
  about,
  form: {
    parse: (text) => (/^(true|false)$/.test(text) ? text === 'true' : undefined),
    says: '"true" or "false"',
  },
  fallback: 'false',
});

/** Reads settings by name and collects what is wrong with them; never repeats a value. */
export class SettingsReader<S extends Settings> {
  readonly problems: string[] = [];

  constructor(
    private readonly settings: S,
    private readonly env: Readonly<Record<string, string | undefined>>,
  ) {}

  has(name: keyof S & string): boolean {
    return this.text(name) !== '';
  }

  /** As it is written; empty if it is not given. */
  text(name: keyof S & string): string {
    return this.env[name]?.trim() ?? '';
  }

  /** What is given; it has to be. */
  required(name: Named<S, Setting<string>>): string {
    if (this.has(name)) return (this.optional(name) as string | undefined) ?? '';
    this.problems.push(`${name} is missing: give ${this.formOf(name).says}`);
    return '';
  }

  /** What is given, or undefined. */
  optional<N extends keyof S & string>(name: N): Value<S[N]> | undefined {
    const text = this.text(name);
    if (text === '') return undefined;
    const { says, example, parse } = this.formOf(name);
    const accepted = example === undefined ? says : `${says}, for example ${example}`;
    // Azure hands over the reference itself while it cannot be resolved; as a key, it could be guessed.
    if (/^@Microsoft\.KeyVault\(/i.test(text)) {
      this.problems.push(`${name} is a Key Vault reference that is not resolved: give ${accepted}`);
      return undefined;
    }
    const value = parse(text);
    if (value === undefined) this.problems.push(`${name} is malformed: give ${accepted}`);
    return value;
  }

  /** What is given, or the default. */
  value<N extends Named<S, SettingWithDefault<unknown>>>(name: N): Value<S[N]> {
    return this.optional(name) ?? this.fallback(name);
  }

  fallback<N extends Named<S, SettingWithDefault<unknown>>>(name: N): Value<S[N]> {
    const value = this.formOf(name).parse(this.settings[name]?.fallback ?? '');
    if (value === undefined) throw new Error(`the default of ${name} does not have the form of ${name}`);
    return value;
  }

  private formOf<N extends keyof S & string>(name: N): Form<Value<S[N]>> {
    return (this.settings[name] as Setting<Value<S[N]>>).form;
  }
}
