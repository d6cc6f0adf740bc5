import { readFile } from 'node:fs/promises';
import { HostError } from './host-error';
import { toError } from './to-error';

export type Settings = Readonly<Record<string, string | undefined>>;

/** What a local.settings.json says about the host itself. */
export interface HostSettings {
  /** Origins that browsers may call from: `*` or a comma-separated list. */
  readonly cors?: string;
}

/** Puts the `Values` of a local.settings.json into the environment (what is set there already wins); gives the rest. */
export async function applySettingsFile(
  file: string,
  env: Record<string, string | undefined>,
): Promise<HostSettings> {
  let parsed: { Values?: Record<string, unknown>; IsEncrypted?: boolean; Host?: { CORS?: unknown } };
  try {
    parsed = JSON.parse(await readFile(file, 'utf8')) as typeof parsed;
  } catch (error) {
    throw new HostError(`The settings file ${file} cannot be read: ${toError(error).message}`);
  }
  if (parsed.IsEncrypted)
    throw new HostError(`The settings file ${file} is encrypted; this host reads plain ones.`);
  for (const [name, value] of Object.entries(parsed.Values ?? {})) {
    if (typeof value === 'string') env[name] ??= value;
  }
  const cors = parsed.Host?.CORS;
  return typeof cors === 'string' ? { cors } : {};
}

/** Replaces `%NAME%` by the setting of that name, as the Functions host does in schedules and the task hub name. */
export function resolveSettings(text: string, settings: Settings, where: string): string {
  return text.replaceAll(/%([^%]+)%/g, (_match, name: string) => {
    const value = settings[name];
    if (!value) throw new HostError(`${where} refers to the setting ${name}, which is not set.`);
    return value;
  });
}
