import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HostError } from '../cli/host-error';
import type { Settings } from '../cli/settings';

export interface Keys {
  /** Opens every function, as the host's default key does on Azure. */
  readonly functionKey?: string;
  /** Each opens the function of its name and no other. */
  readonly ofFunctions?: Readonly<Record<string, string>>;
  readonly masterKey?: string;
}

/** `LOCAL_FUNCTION_KEYS`: JSON, a key by the name of its function. */
function keysOfFunctions(text: string | undefined): Readonly<Record<string, string>> {
  try {
    const keys = JSON.parse(text || '{}') as Record<string, unknown> | null;
    const given = Object.entries(keys ?? {});
    if (given.every(([, key]) => typeof key === 'string')) return Object.fromEntries(given) as never;
  } catch {
    // The same as a value of another form.
  }
  throw new HostError('LOCAL_FUNCTION_KEYS must be a JSON object: a key by the name of its function.');
}

/** Reads the local keys, and refuses by name the routes for which the key is missing: a local app is not left open. */
export function readKeys(
  settings: Settings,
  routes: readonly { readonly name: string; readonly authLevel: string }[],
): Keys {
  const need = (level: string, setting: string) => {
    const names = routes.filter(({ authLevel }) => authLevel === level).map(({ name }) => name);
    if (names.length === 0 || settings[setting]) return;
    throw new HostError(`Set ${setting}: authLevel '${level}' is enforced for ${names.join(', ')}.`);
  };
  need('function', 'LOCAL_FUNCTION_KEY');
  need('admin', 'LOCAL_MASTER_KEY');
  return {
    functionKey: settings['LOCAL_FUNCTION_KEY'],
    ofFunctions: keysOfFunctions(settings['LOCAL_FUNCTION_KEYS']),
    masterKey: settings['LOCAL_MASTER_KEY'],
  };
}

/** Compares digests, so that the time taken tells neither content nor length. */
export function sameKey(given: string, expected: string | undefined): boolean {
  if (!expected) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The key a request carries; the header wins over `?code=`. */
export function givenKey(headers: IncomingHttpHeaders, query: URLSearchParams): string {
  const header = headers['x-functions-key'];
  return (Array.isArray(header) ? header[0] : header) ?? query.get('code') ?? '';
}

/** Whether a key opens the function at its level. The master key opens every level. */
export function isAuthorized(authLevel: string, name: string, given: string, keys: Keys): boolean {
  if (authLevel === 'anonymous') return true;
  if (sameKey(given, keys.masterKey)) return true;
  if (authLevel !== 'function') return false;
  const own = Object.entries(keys.ofFunctions ?? {}).find(([one]) => one === name)?.[1];
  return sameKey(given, keys.functionKey) || sameKey(given, own);
}
