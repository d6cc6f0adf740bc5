import type { Expected } from '../application/ports/settings-store';
import { problem, type HttpInput, type HttpOutput } from '../inbound/http';

/**
 * Which version a request wants to replace (RFC 9110, 13.1); undefined where it does not say. `If-Match: *` replaces
 * whatever is stored: the way out for a document that can no longer be read, and so has no ETag that could be asked for.
 */
export function expectedOf(headers: HttpInput['headers']): Expected | undefined {
  const etag = headers.get('if-match')?.trim() ?? '';
  if (etag !== '') return { etag };
  return headers.get('if-none-match')?.trim() === '*' ? 'create' : undefined;
}

export const preconditionRequired = (): HttpOutput =>
  problem(
    428,
    'precondition-required',
    'Say which version is replaced: If-Match with its ETag, or If-None-Match: * where there is none yet.',
  );

export const preconditionFailed = (): HttpOutput =>
  problem(412, 'precondition-failed', 'Another version is stored: read it, and try again.');
