import http from 'node:http';
import https from 'node:https';

export interface HttpAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_REDIRECTS = 50;
const REDIRECTS = [300, 301, 302, 303, 307, 308];

/** Plain HTTP calls to the webhook over kept-alive sockets that `close()` releases. Follows redirects. */
export class HttpCaller {
  private readonly plain = new http.Agent({ keepAlive: true });
  private readonly tls = new https.Agent({ keepAlive: true });

  /**
   * Rejects when no answer comes: refused, reset, aborted by the signal, or longer than 16 MiB.
   * @param signal gives up waiting for the head of the answer
   */
  async call(
    method: string,
    url: URL,
    headers: Record<string, string>,
    body: Buffer | undefined,
    signal: AbortSignal,
    redirects = 0,
  ): Promise<HttpAnswer> {
    const answer = await this.once(method, url, headers, body, signal);
    const { location } = answer.headers;
    if (!REDIRECTS.includes(answer.status) || location === undefined || redirects === MAX_REDIRECTS)
      return answer;
    const next = new URL(location, url);
    if (next.protocol !== url.protocol && next.protocol !== 'https:') return answer;
    // As browsers and the service's own HTTP client do: a POST that is sent elsewhere becomes a GET, 307 and 308 keep it.
    const keeps = answer.status > 303 || (method !== 'POST' && answer.status !== 303);
    if (keeps) return this.call(method, next, headers, body, signal, redirects + 1);
    const { 'Content-Length': _length, 'Content-Type': _type, ...others } = headers;
    return this.call('GET', next, others, undefined, signal, redirects + 1);
  }

  private once(
    method: string,
    url: URL,
    headers: Record<string, string>,
    body: Buffer | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const send = secure ? https.request : http.request;
      const request = send(url, { method, headers, signal, agent: secure ? this.tls : this.plain });
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is longer than 16 MiB'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      });
      request.end(body);
    });
  }

  close(): void {
    this.plain.destroy();
    this.tls.destroy();
  }
}
