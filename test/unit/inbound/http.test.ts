import { describe, expect, it } from '@jest/globals';
import { ContentionError, DependencyError, StoredRowError } from '../../../shared/app/errors';
import { IF_MATCH } from '../../../shared/http/fields';
import { problemOf, Refused } from '../../../shared/http/problems';
import { parseJson, problemAnswer, readBody } from '../../../shared/http/route';
import { silent } from '../../support/silent';
import { request } from '../handlers/request';

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
