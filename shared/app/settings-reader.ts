import { type Milliseconds, parseIsoDuration, toIsoDuration } from '../conversation/time';

/** An accepted form of a setting: how to recognise it, and how to say it. */
export interface Form {
  readonly accepts: (value: string) => boolean;
  readonly says: string;
}

export const matching = (form: RegExp, says: string): Form => ({
  accepts: (value) => form.test(value),
  says,
});

export const GUID = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'a GUID');
export const SECRET = matching(/^.{32,}$/s, 'a secret of at least 32 characters');
export const SCHEDULE = matching(
  /^[\dA-Za-z*,/-]+( +[\dA-Za-z*,/-]+){5}$/,
  'an NCRONTAB expression of six fields, seconds first, for example 0 * * * * *',
);
export const HTTPS_ORIGIN: Form = {
  accepts: (value) => /^https:\/\/[^\s/]+\/?$/.test(value) && URL.canParse(value),
  says: 'an https URL without a path',
};
export const URL_FORM: Form = {
  accepts: (value) => /^https?:\/\/\S+$/.test(value) && URL.canParse(value),
  says: 'a URL',
};
export const WEB_PUBSUB_STRING: Form = {
  accepts: (value) => {
    const endpoint = partOf(value, 'Endpoint') ?? '';
    return /^https?:/.test(endpoint) && URL.canParse(endpoint) && partOf(value, 'AccessKey') !== undefined;
  },
  says: 'Endpoint=https://…;AccessKey=…;Version=1.0;',
};
export const STORAGE_STRING: Form = {
  accepts: (value) => {
    const has = (name: string) => partOf(value, name) !== undefined;
    const withKey = has('AccountName') && has('AccountKey') && has('DefaultEndpointsProtocol');
    const withSas = has('SharedAccessSignature') && URL.canParse(partOf(value, 'TableEndpoint') ?? '');
    return /^UseDevelopmentStorage=true;?$/i.test(value) || withKey || withSas;
  },
  says: 'the connection string of a storage account',
};

/** A part of a connection string; the names of parts are case-insensitive. */
export const partOf = (connectionString: string, name: string): string | undefined =>
  new RegExp(`(?:^|;)\\s*${name}=([^;]+)`, 'i').exec(connectionString)?.[1];

/** Reads settings by name and collects what is wrong with them; never repeats a value. */
export class SettingsReader {
  readonly problems: string[] = [];

  constructor(private readonly env: Readonly<Record<string, string | undefined>>) {}

  has(name: string): boolean {
    return this.valueOf(name) !== undefined;
  }

  required(name: string, form: Form): string {
    if (this.has(name)) return this.optional(name, form) ?? '';
    this.problems.push(`${name} is missing: give ${form.says}`);
    return '';
  }

  optional(name: string, form: Form): string | undefined {
    const value = this.valueOf(name);
    if (value === undefined) return undefined;
    // Azure hands over the reference itself while it cannot be resolved; as a key, it could be guessed.
    if (/^@Microsoft\.KeyVault\(/i.test(value)) {
      this.problems.push(`${name} is a Key Vault reference that is not resolved: give ${form.says}`);
    } else if (!form.accepts(value)) {
      this.problems.push(`${name} is malformed: give ${form.says}`);
    } else {
      return value;
    }
    return undefined;
  }

  duration(
    name: string,
    fallback: Milliseconds,
    min: Milliseconds,
    max: Milliseconds,
    alternatives = '',
  ): Milliseconds {
    const value = this.optional(name, {
      accepts: (text) => {
        const length = parseIsoDuration(text);
        return length !== undefined && length >= min && length <= max;
      },
      says: `${alternatives}an ISO 8601 duration from ${toIsoDuration(min)} to ${toIsoDuration(max)}, for example ${toIsoDuration(fallback)}`,
    });
    return (value === undefined ? undefined : parseIsoDuration(value)) ?? fallback;
  }

  /** A duration, or one of these words. */
  durationOr<W extends string>(
    name: string,
    words: readonly W[],
    fallback: Milliseconds | W,
    min: Milliseconds,
    max: Milliseconds,
  ): Milliseconds | W {
    const word = words.find((known) => known === this.valueOf(name));
    if (word !== undefined) return word;
    if (!this.has(name)) return fallback;
    const said = words.map((known) => `"${known}"`).join(', ');
    return this.duration(name, min, min, max, `${said} or `);
  }

  wholeNumber(name: string, fallback: number, min: number, max: number): number {
    const value = this.optional(name, {
      accepts: (text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
      says: `a whole number from ${min} to ${max}`,
    });
    return value === undefined ? fallback : Number(value);
  }

  private valueOf(name: string): string | undefined {
    return this.env[name]?.trim() || undefined;
  }
}
