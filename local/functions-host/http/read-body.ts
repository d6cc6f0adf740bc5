import type { IncomingMessage } from 'node:http';

const HOST_LIMIT = 100 * 1024 * 1024;

/** What the Functions host accepts: 100 MB, or what the app's setting says. */
export const bodyLimit = (settings: NodeJS.ProcessEnv = process.env): number =>
  Number(settings['FUNCTIONS_REQUEST_BODY_SIZE_LIMIT'] ?? '') || HOST_LIMIT;

/** The whole body, or undefined as soon as it is larger than the limit: no more is read. */
export async function readBody(request: IncomingMessage, limit = HOST_LIMIT): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  // What is not read stays where it is, and the refusal can still be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
