import type { HttpInput } from './http';

/**
 * Where a request comes from, as far as the platform can tell: the last entry of `X-Forwarded-For` is the one that the
 * platform's front end has added, whatever the client has written before it. Of `trustedProxies` of the deployer's own
 * each has added one more. An IPv6 client is its /64, of which it has every address. Undefined where nothing says so.
 */
export function clientAddressOf(headers: HttpInput['headers'], trustedProxies: number): string | undefined {
  const entries = (headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim());
  const entry = entries[Math.max(0, entries.length - 1 - trustedProxies)] ?? '';
  const ipv4 = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/i.exec(entry)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const ipv6 = /^\[?([0-9a-f:.]{2,45})\]?(?::\d{1,5})?$/i.exec(entry)?.[1];
  return ipv6 === undefined ? undefined : networkOf(ipv6);
}

/** The first four of an IPv6 address's eight groups. */
function networkOf(address: string): string | undefined {
  if (!URL.canParse(`http://[${address}]`)) return undefined;
  // The URL's parser writes every address in the same way.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail ?? '')];
  return `${all.slice(0, 4).join(':')}::/64`;
}
