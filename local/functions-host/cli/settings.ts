import { readFile } from 'node:fs/promises';
import { HostError } from './host-error';
import { toError } from './to-error';

export type Settings = Readonly<Record<string, string | undefined>>;

/** Puts the `Values` of a local.settings.json into the environment; what is set there already wins. */
export async function applySettingsFile(
  file: string,
  env: Record<string, string | undefined>,
): Promise<void> {
  let parsed: { Values?: Record<string, unknown>; IsEncrypted?: boolean };
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
}

/** Replaces `%NAME%` by the setting of that name, as the Functions host does in schedules and the task hub name. */
export function resolveSettings(text: string, settings: Settings, where: string): string {
  return text.replaceAll(/%([^%]+)%/g, (_match, name: string) => {
    const value = settings[name];
    if (!value) throw new HostError(`${where} refers to the setting ${name}, which is not set.`);
    return value;
  });
}
