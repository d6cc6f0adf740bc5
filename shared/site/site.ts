/** One file of the site, as the build has written it into `manifest.json` (scripts/web/build.ts). */
export interface SiteFile {
  /** Media type. */
  readonly type: string;
  /** Strong: of the content. */
  readonly etag: string;
  /** The name has a hash of the content: it never changes. */
  readonly immutable?: true;
  /** Whoever asks for it by the hash of another build gets this one: it shares no module with what that build has loaded. */
  readonly standsIn?: true;
  /** Pages of other origins load it: the widget. */
  readonly shared?: true;
  /** What it shows is written as HTML, by a library that cleans it itself. */
  readonly writesHtml?: true;
  /** To try the chat on one's own machine, and not for the world. */
  readonly demo?: true;
  /** Endings of the compressed copies beside it. */
  readonly encodings: readonly Encoding[];
}
export type Encoding = 'br' | 'gz';

/** Which files are served: all, those of the widget, or none. */
export type SitePart = 'all' | 'widget' | 'none';

/** The files that were built, and no others. */
export interface SiteFiles {
  readonly find: (name: string) => SiteFile | undefined;
  /** What stands in for a file of another build, by its name there. */
  readonly standInFor: (name: string) => string | undefined;
  /** As it is, or the compressed copy. @throws when the file is gone since the app has started */
  readonly read: (name: string, encoding: Encoding | undefined) => Promise<Uint8Array>;
}

/** Where pages of this deployment may connect to, besides the app itself. Origins. */
export interface SiteOrigins {
  /** Web PubSub: `wss:`. */
  readonly sockets: readonly string[];
  /** Where agents sign in. */
  readonly signIn: readonly string[];
}

const DAY = 86_400;

/** How a file is called in Content-Encoding. */
const CODINGS: Readonly<Record<Encoding, string>> = { br: 'br', gz: 'gzip' };

/** The best copy that the caller takes (RFC 9110, section 12.5.3): the file as it is, if it takes none. */
export function encodingFor(accepted: string | null, { encodings }: SiteFile): Encoding | undefined {
  const refused = /;\s*q=0(\.0*)?\s*$/;
  const names = (accepted ?? '')
    .toLowerCase()
    .split(',')
    .filter((one) => !refused.test(one))
    .map((one) => one.split(';')[0]!.trim());
  return encodings.find((one) => names.includes(CODINGS[one]));
}

/** Headers of an answer with this file; of a 304, too, but for what is about the body. */
export function headersOf(
  file: SiteFile,
  encoding: Encoding | undefined,
  origins: SiteOrigins,
): Record<string, string> {
  const isPage = file.type.startsWith('text/html');
  return {
    // A copy in another coding is another representation (RFC 9110, section 8.8.3.3).
    etag: encoding === undefined ? file.etag : file.etag.replace(/"$/, `.${encoding}"`),
    'cache-control': file.immutable ? `public, max-age=${365 * DAY}, immutable` : 'no-cache',
    ...(file.encodings.length > 0 && { vary: 'Accept-Encoding' }),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-resource-policy': file.shared ? 'cross-origin' : 'same-origin',
    ...(file.shared && { 'access-control-allow-origin': '*' }),
    ...(isPage && { 'content-security-policy': pagePolicy(origins, file) }),
  };
}

/** What is about the body. */
export const bodyHeadersOf = (
  { type }: SiteFile,
  encoding: Encoding | undefined,
): Record<string, string> => ({
  'content-type': type,
  ...(encoding && { 'content-encoding': CODINGS[encoding] }),
});

/**
 * What a page may do. Nothing that is written into it runs, nothing comes from anybody else, and text becomes no code: messages
 * and names are whatever people wrote. Frames: the page with the customer beside the agent, and the silent sign-in.
 */
const pagePolicy = ({ sockets, signIn }: SiteOrigins, { writesHtml }: SiteFile): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self'${writesHtml ? ' data:' : ''}`,
    ["connect-src 'self'", ...sockets, ...signIn].join(' '),
    ["frame-src 'self'", ...signIn].join(' '),
    "frame-ancestors 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    ...(writesHtml ? [] : ["require-trusted-types-for 'script'", 'trusted-types lit-html']),
  ].join('; ');

/** Whether `If-None-Match` names this ETag (RFC 9110, section 13.1.2). */
export const isKnown = (ifNoneMatch: string | null, etag: string): boolean =>
  (ifNoneMatch ?? '')
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''))
    .some((one) => one === etag || one === '*');
