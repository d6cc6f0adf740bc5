import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HostError } from '../cli/host-error';
import type { Settings } from '../cli/settings';

export interface Keys {
  readonly functionKey?: string;
  readonly masterKey?: string;
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
  return { functionKey: settings['LOCAL_FUNCTION_KEY'], masterKey: settings['LOCAL_MASTER_KEY'] };
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

/** Whether a key opens a route of this level. The master key opens every level. */
export function isAuthorized(authLevel: string, given: string, keys: Keys): boolean {
  if (authLevel === 'anonymous') return true;
  if (sameKey(given, keys.masterKey)) return true;
  return authLevel === 'function' && sameKey(given, keys.functionKey);
}
