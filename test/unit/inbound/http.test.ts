import { describe, expect, it } from '@jest/globals';
import { ROUTES } from '../../../shared/app/routes';
import { ContentionError, DependencyError, StoredRowError } from '../../../shared/app/errors';
import { IF_MATCH } from '../../../shared/http/fields';
import { problemOf, Refused } from '../../../shared/http/problems';
import { parseJson, problemAnswer, readBody } from '../../../shared/http/route';
import { CALL } from '../../support/service';
import { silent } from '../../support/silent';
import { call, request, type RequestParts } from '../handlers/request';

describe('the body of a request', () => {
  it('is read when it is exactly as large as allowed', async () => {
    const exact = request({ body: 'x'.repeat(10), headers: { 'content-length': '10' } });
    expect((await readBody(exact, 10)).toString()).toBe('x'.repeat(10));
  });

  it('is refused as 413 when it is larger, whatever Content-Length says', async () => {
    const lying = request({ body: 'x'.repeat(11), headers: { 'content-length': '1' } });
    await expect(readBody(lying, 10)).rejects.toMatchObject({
      ...{ field: 'body', status: 413, message: 'body: must be at most 10 bytes' },
    });
  });

  it('is not even read when Content-Length says that it is larger', async () => {
    const announced = {
      ...request({ headers: { 'content-length': '11' } }),
      arrayBuffer: () => Promise.reject(new Error('was read')),
    };
    await expect(readBody(announced, 10)).rejects.toMatchObject({ status: 413 });
  });
});

describe('the JSON of a body', () => {
  it.each(['', ' ', '\r\n\t '])('is an empty object when there is nothing (%j)', (text) => {
    expect(parseJson(Buffer.from(text), 'body')).toEqual({});
  });

  it.each([
    ['UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['JSON', Buffer.from('{')],
  ])('is refused when it is not %s, naming the part', (form, bytes) => {
    const refused = expect.objectContaining({
      ...{ field: 'body.part', status: 400, message: expect.stringContaining(`must be ${form}`) },
    });
    expect(() => parseJson(bytes, 'body.part')).toThrow(refused);
  });
});

describe('If-Match', () => {
  it.each([
    ['an ETag', ' W/"7" ', 'W/"7"'],
    ['any version', '*', undefined],
    ['nothing', '', undefined],
    ['no version', undefined, undefined],
  ])('names %s', (_what, header, etag) => {
    expect(IF_MATCH['If-Match'].parse(header)).toBe(etag);
  });
});

describe('an answer', () => {
  it('that tells a problem has a stable code, a type and its status, and is not kept by caches', () => {
    const answer = problemAnswer(
      new Refused('conversation-ended', { detail: 'It is over.', state: 'Closed' }),
      CALL,
    );
    expect(answer).toMatchObject({
      status: 409,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    });
    expect(JSON.parse(answer.body ?? '')).toEqual({
      type: 'urn:chat-disconnect:problem:conversation-ended',
      title: 'conversation ended',
      status: 409,
      code: 'conversation-ended',
      detail: 'It is over.',
      state: 'Closed',
    });
  });

  it.each([
    [503, new DependencyError('table-storage', 'load')],
    [503, new ContentionError(24)],
    [500, new StoredRowError('row', 'is broken')],
    [500, new Error('a bug')],
    [500, 'a thrown text'],
  ])('to a failure of ours is %i', (status, thrown) => {
    expect(problemOf(thrown, 'a-function', silent).status).toBe(status);
  });
});

describe('a body', () => {
  /** Chunks of a kibibyte without an end, and how many were asked for. */
  function endless() {
    const stream = { chunks: 0, isCancelled: false };
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          stream.chunks += 1;
          controller.enqueue(new Uint8Array(1_024));
        },
        cancel: () => void (stream.isCancelled = true),
      },
      { highWaterMark: 0 },
    );
    return { stream, body };
  }

  it('[R176] of unknown length is read up to its bound and no further', async () => {
    const { stream, body } = endless();
    const asked = { ...request({}), body };
    await expect(readBody(asked, 16 * 1_024)).rejects.toMatchObject({ status: 413 });
    expect(stream).toEqual({ chunks: 17, isCancelled: true });
  });

  it('[R176] that is announced as too large is not read at all', async () => {
    const { stream, body } = endless();
    const asked = { ...request({ headers: { 'content-length': '16385' } }), body };
    await expect(readBody(asked, 16 * 1_024)).rejects.toMatchObject({ status: 413 });
    expect(stream.chunks).toBe(0);
  });

  it('[R176] is read as it was sent, in however many pieces', async () => {
    const text = 'a text with ä, in pieces';
    const bytes = Buffer.from(text);
    const body = new Blob([bytes.subarray(0, 13), bytes.subarray(13)]).stream();
    expect((await readBody({ ...request({}), body }, 1_024)).toString()).toBe(text);
  });
});

describe('an answer that is the same at every call', () => {
  it.each(['openapi', 'health'])(
    '[R177] can be kept by callers, and costs nothing when it is known: %s',
    async (id) => {
      const services = { loggerOf: () => silent };
      const first = await call(id, request({ method: 'GET' }), services);
      const {
        etag = '',
        'cache-control': control,
        'access-control-expose-headers': exposed,
      } = first.headers ?? {};
      expect(first.status).toBe(200);
      expect(etag).toMatch(/^"[\w-]{43}"$/);
      expect(control).toMatch(/^public, max-age=\d+$/);
      expect(exposed).toMatch(/^ETag, /);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await call(
          id,
          request({ method: 'GET', headers: { 'if-none-match': known } }),
          services,
        );
        expect(again).toEqual({
          status: 304,
          headers: { etag, 'cache-control': control, 'access-control-expose-headers': exposed },
        });
      }
      const other = await call(
        id,
        request({ method: 'GET', headers: { 'if-none-match': '"other"' } }),
        services,
      );
      expect(other).toEqual(first);
    },
  );
});

describe('the id of an invocation [R365]', () => {
  const invoked = { ...CALL, log: { ...silent, invocationId: 'i-1' } };
  const gone = {
    settings: { forget: () => undefined },
    settingsStore: { deleteOverride: async () => 'deleted' },
  };
  const parts: readonly [string, RequestParts, object, number][] = [
    ['delete-automated-message', { method: 'DELETE', params: { trigger: 'agent-left' } }, gone, 204],
    ['delete-automated-message', { method: 'DELETE', params: { trigger: 'none' } }, gone, 404],
    ['health', { method: 'GET' }, {}, 200],
    ['health', { method: 'GET', headers: { 'if-none-match': '*' } }, {}, 304],
    [
      'validate-web-pubsub-events',
      { method: 'OPTIONS', headers: { 'webhook-request-origin': 'chat.example' } },
      { serviceHosts: ['chat.example'] },
      200,
    ],
  ];
  it.each(parts)('can be read by pages of other origins: %s %j', async (name, asked, services, status) => {
    const route = ROUTES.find(({ id }) => id === name)!;
    const answer = await route.handle(
      request(asked),
      { loggerOf: () => silent, ...services } as never,
      invoked,
    );
    expect(answer).toMatchObject({
      status,
      headers: {
        'x-ms-invocation-id': 'i-1',
        'access-control-expose-headers': expect.stringMatching(/\bx-ms-invocation-id$/),
      },
    });
  });
});
