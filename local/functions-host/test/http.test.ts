import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { ownAccount } from '../../stack/shared-azurite';
import type { FunctionsHost } from '../index';
import { eventually, keys, startFixture } from './support';

describe('HTTP functions of the real @azure/functions library', () => {
  const azurite = ownAccount();
  let host: FunctionsHost;
  let stderr = '';
  let stdout = '';

  beforeAll(async () => {
    host = await startFixture(
      azurite.connectionString,
      {
        LOCAL_FUNCTION_KEYS:
          '{"guarded":"of-guarded","things":"of-another","administered":"of-administered"}',
      },
      {
        logLevel: 'information',
        onOutput: (text) => (text.startsWith('[') ? (stderr += text) : (stdout += text)),
      },
    );
  });
  afterAll(async () => {
    await host?.kill();
  });

  const get = (path: string, init?: RequestInit) => fetch(`${host.url}/api/${path}`, init);
  const text = async (path: string) => (await get(path)).text();

  it('announce the host in one line, with the number of functions', () => {
    expect(stdout).toMatch(
      /^Functions host \(local stand-in\) at http:\/\/localhost:\d+, \d+ functions\. Ctrl-C stops it\.\n$/,
    );
  });

  it('receive body, query, header and parameter, and answer with status, headers and cookies', async () => {
    const response = await get('echo/M%C3%BCller?q=1%2B1', {
      method: 'PUT',
      headers: { 'X-Custom': 'yes' },
      body: 'hello',
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      ...{ name: 'Müller', method: 'PUT', query: '1+1', header: 'yes', body: 'hello' },
    });
    expect(response.headers.get('x-size')).toBe('5');
    expect(response.headers.get('x-url')).toBe(`${host.url}/api/echo/M%C3%BCller?q=1%2B1`);
    expect(response.headers.getSetCookie()).toEqual([
      'a=1; Path=/; HttpOnly; SameSite=Strict',
      'b=2; Max-Age=60',
    ]);
  });

  it('log one line with the name of the function', async () => {
    await get('echo/logged', { method: 'POST', body: 'x' });
    await eventually(
      async () => stderr,
      (lines) => lines.includes('[information] mirror: echo for logged\n'),
    );
  });

  it('do not receive a chunked body: the host hands on what has a length', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const outgoing = httpRequest(`${host.url}/api/echo`, { method: 'POST' }, (response) => {
        let received = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
        response.on('end', () => resolve(received));
      }).on('error', reject);
      outgoing.write('one ');
      outgoing.end('two');
    });
    expect(JSON.parse(answer)).toMatchObject({ name: null, body: '' });
  });

  it('receive a body of several megabytes whole', async () => {
    const response = await get('echo', { method: 'POST', body: 'x'.repeat(5_000_000) });
    expect(response.headers.get('x-size')).toBe('5000000');
  });

  it('refuse a body of more than 100 MB before it is sent', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const outgoing = httpRequest(
        `${host.url}/api/echo`,
        { method: 'POST', headers: { 'content-length': 100 * 1024 * 1024 + 1 } },
        (response) => resolve(response.statusCode),
      ).on('error', reject);
      outgoing.flushHeaders();
    });
    expect(status).toBe(413);
  });

  it('are found by the most specific route', async () => {
    expect(await text('things/special')).toBe('literal {}');
    expect(await text('things/SPECIAL/')).toBe('literal {}');
    expect(await text('things/12')).toBe('number {"id":"12"}');
    expect(await text('things/other')).toBe('thing {"id":"other"}');
    expect(await text('files/a/b%20c')).toBe('rest {"rest":"a/b c"}');
    expect(await text('files')).toBe('rest {}');
  });

  it('are not found under another path or method', async () => {
    const statuses = await Promise.all([
      get('nowhere').then(({ status }) => status),
      get('things/1/2').then(({ status }) => status),
      get('things/special', { method: 'POST' }).then(({ status }) => status),
      fetch(`${host.url}/things/special`).then(({ status }) => status),
      get('things/%E0%A4%A').then(({ status }) => status),
      fetch(`${host.url}//api/things/special`).then(({ status }) => status),
      get('/things/special').then(({ status }) => status),
    ]);
    expect(statuses).toEqual([404, 404, 404, 404, 404, 404, 404]);
  });

  it('answer OPTIONS and HEAD where they are declared', async () => {
    const options = await get('things/special', { method: 'OPTIONS' });
    expect([options.status, await options.text()]).toEqual([200, 'thing {"id":"special"}']);
    const head = await get('echo/x', { method: 'HEAD' });
    expect([head.status, head.headers.get('x-size'), await head.text()]).toEqual([201, '0', '']);
  });

  it('answer in chunks, without a length', async () => {
    const { headers } = await get('things/special');
    expect([headers.get('content-length'), headers.get('transfer-encoding')]).toEqual([null, 'chunked']);
  });

  it('send bytes as they are', async () => {
    expect([...new Uint8Array(await (await get('bytes')).arrayBuffer())]).toEqual([0, 255, 1, 254]);
  });

  it('answer 204 when nothing is returned', async () => {
    expect((await get('nothing')).status).toBe(204);
  });

  it('answer 500 without a word about an uncaught error, which goes to the log', async () => {
    const response = await get('broken');
    expect([response.status, await response.text()]).toEqual([500, '']);
    await eventually(
      async () => stderr,
      (lines) => lines.includes('[error] broken: Failed: the secret reason\n'),
    );
  });

  it.each([
    ['no key', 'guarded', {}, 401],
    ['a wrong key', 'guarded?code=wrong', {}, 401],
    ['the function key in the query', `guarded?code=${keys.LOCAL_FUNCTION_KEY}`, {}, 200],
    ['the function key in the header', 'guarded', { 'x-functions-key': keys.LOCAL_FUNCTION_KEY }, 200],
    ['the master key', 'guarded', { 'x-functions-key': keys.LOCAL_MASTER_KEY }, 200],
    [
      'a wrong header before a right query',
      `guarded?code=${keys.LOCAL_FUNCTION_KEY}`,
      { 'x-functions-key': 'x' },
      401,
    ],
    ['the key of this function', 'guarded?code=of-guarded', {}, 200],
    ['the key of another function', 'guarded?code=of-another', {}, 401],
    ['the key of a function for admin', 'administered?code=of-administered', {}, 401],
    ['the function key for admin', 'administered', { 'x-functions-key': keys.LOCAL_FUNCTION_KEY }, 401],
    ['the master key for admin', 'administered', { 'x-functions-key': keys.LOCAL_MASTER_KEY }, 200],
  ])('are guarded by keys: %s', async (_case, path, headers, status) => {
    const response = await get(path, { headers });
    expect(response.status).toBe(status);
    if (status === 401) expect(await response.text()).toBe('');
  });
});
