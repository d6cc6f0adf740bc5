import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { newId, SIGNING_KEY, startSystem, type Call, type EventParts, type Row, type System } from './system';

let system: System;
beforeAll(async () => {
  system = await startSystem({ settings: { DISCONNECT_GRACE: 'PT10M' } });
});
afterAll(() => system?.stop());

/** Runs something and says which rows are different afterwards. */
async function rowsChangedBy(run: () => Promise<void>): Promise<Row[]> {
  const before = new Set((await system.rows()).map((row) => JSON.stringify(row)));
  await run();
  return (await system.rows()).filter((row) => !before.has(JSON.stringify(row)));
}

const ACTIONS = ['offer', 'accept', 'end', 'close'] as const;

describe('the webhook', () => {
  const warnings = () => system.output().match(/refused a request that is not allowed/g)?.length ?? 0;

  it.each<[string, Partial<EventParts>]>([
    ['without a signature', { headers: { 'ce-signature': undefined } }],
    ['with a wrong signature', { headers: { 'ce-signature': `sha256=${'0'.repeat(64)}` } }],
    ['with the signature of another connection', { headers: { 'ce-connectionId': 'another' } }],
  ])('%s: 401, nothing stored, one warning', async (_what, parts) => {
    const seen = warnings();
    const changed = await rowsChangedBy(async () => {
      const answer = await system.event({ name: 'connect', conversationId: newId(), ...parts });
      expect(answer.status).toBe(401);
      expect(answer.json['code']).toBe('not-authenticated');
    });
    expect(changed).toEqual([]);
    expect(warnings()).toBe(seen + 1);
  });

  it('without or with a wrong function key: 401, nothing stored', async () => {
    const changed = await rowsChangedBy(async () => {
      const conversationId = newId();
      expect((await system.event({ name: 'connect', conversationId, withoutKey: true })).status).toBe(401);
      const wrong = { 'x-functions-key': 'wrong' };
      const parts = { name: 'connect', conversationId, headers: wrong, withoutKey: true };
      expect((await system.event(parts)).status).toBe(401);
    });
    expect(changed).toEqual([]);
  });

  const big = (bytes: number) => 'x'.repeat(bytes);
  it.each<[number, string, EventParts]>([
    [400, 'ce-eventName', { name: 'connect', headers: { 'ce-eventName': undefined } }],
    [404, 'ce-hub', { name: 'connect', headers: { 'ce-hub': 'other' } }],
    [400, 'ce-id', { name: 'connect', headers: { 'ce-id': big(2_000) } }],
    [400, 'body', { name: 'connect', body: Buffer.from([0xff, 0xfe, 0x00]) }],
    [400, 'body', { name: 'connect', body: '['.repeat(50_000) }],
    [400, 'body', { name: 'connect', body: `${'['.repeat(50_000)}${']'.repeat(50_000)}` }],
    [400, 'query.locale', { name: 'connect', body: { query: { locale: ['<script>'] } } }],
    [413, 'body', { name: 'connect', body: big(128 * 1024 + 1) }],
    [413, 'body', { name: 'message', body: big(1024 * 1024 + 1) }],
  ])('answers %i naming %s, and stores nothing', async (status, field, parts) => {
    const changed = await rowsChangedBy(async () => {
      const answer = await system.event({ conversationId: newId(), ...parts });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.json).toMatchObject({ code: 'invalid-input', field, status });
    });
    expect(changed).toEqual([]);
  });

  it.each<[string, Omit<EventParts, 'name'>]>([
    ['dataType', { headers: { 'content-type': 'application/octet-stream' } }],
    ['text', { body: { text: { toString: 'x' } } }],
    ['text', { body: { text: big(200_000) } }],
    ['data', { body: '['.repeat(50_000) }],
  ])('answers the sender of a message, naming %s, and stores nothing', async (field, parts) => {
    const changed = await rowsChangedBy(async () => {
      const answer = await system.event({ conversationId: newId(), name: 'message', ...parts });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ type: 'refused', code: 'invalid-input', field });
    });
    expect(changed).toEqual([]);
  });

  it('answers 4xx to context variables that are too long to be stored', async () => {
    const context = Array.from({ length: 20 }, (_, index) => [`ctx.v${index}`, ['\u0001'.repeat(500)]]);
    const body = { query: Object.fromEntries(context) as object };
    const answer = await system.event({ name: 'connect', conversationId: newId(), body });
    expect(answer.status).toBe(400);
  });

  it('is not there for other methods, and validates the service only', async () => {
    const path = `web-pubsub/events?code=${system.stack.functionKey}`;
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect((await system.call(path, { method })).status).toBe(404);
    }
    const ask = (origin: string) =>
      system.call(path, { method: 'OPTIONS', headers: { 'webhook-request-origin': origin } });
    expect((await ask('localhost')).headers.get('webhook-allowed-origin')).toBe('localhost');
    expect((await ask('evil.example')).status).toBe(400);
  });
});

describe('negotiate', () => {
  it('takes no harm from names that mean something to JavaScript', async () => {
    const refused = await system.call('v1/negotiate', { body: '{"__proto__":{"name":"x"}}' });
    expect([refused.status, refused.json['field']]).toEqual([400, 'body.__proto__']);
    const body = '{"context":{"__proto__":"x","constructor":"y","toString":"z"}}';
    const answer = await system.call('v1/negotiate', { body });
    expect(answer.status).toBe(200);
    const query = new URL(String(answer.json['url'])).searchParams;
    expect(query.get('name')).toBe('Customer');
    expect(query.get('ctx.constructor')).toBe('y');
  });

  it('stores nothing, however often it is asked', async () => {
    const changed = await rowsChangedBy(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => system.customer()));
      expect(new Set(answers.map(({ conversationId }) => conversationId)).size).toBe(20);
    });
    expect(changed).toEqual([]);
  });
});

describe('a ticket', () => {
  const forged = (subject: string, key: string, expires = '1h') =>
    new SignJWT({ name: 'Mallory' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('chat-disconnect-detection')
      .setAudience('conversation-api')
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(Buffer.from(key));

  const calls = (id: string): [string, Call][] => [
    ['v1/conversations', { method: 'GET' }],
    [`v1/conversations/${id}`, { method: 'GET' }],
    ...ACTIONS.map((action): [string, Call] => [
      `v1/conversations/${id}/${action}`,
      { body: { agentId: 'ann' } },
    ]),
  ];

  it('missing, forged, expired or not signed: 401 everywhere, nothing stored', async () => {
    const { conversationId } = await system.born();
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const bad = [
      undefined,
      'Bearer',
      `Bearer ${await forged('agent.mallory', 'k'.repeat(48))}`,
      `Bearer ${await forged('agent.mallory', SIGNING_KEY, '-1s')}`,
      `Bearer ${none}.${(await forged('agent.mallory', SIGNING_KEY)).split('.')[1]}.x`,
    ];
    const changed = await rowsChangedBy(async () => {
      for (const authorization of bad) {
        for (const [path, call] of calls(conversationId)) {
          const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
          const answer = await system.call(path, { ...call, headers });
          expect([path, answer.status]).toEqual([path, 401]);
          expect(answer.headers.get('www-authenticate')).toBe('Bearer');
        }
      }
    });
    expect(changed).toEqual([]);
  });
});

describe('an agent', () => {
  const act = async (action: string, conversationId: string, agentId = 'ann') => {
    const { bearer } = await system.agent(agentId);
    const path = `v1/conversations/${encodeURIComponent(conversationId)}/${action}`;
    return system.call(path, { headers: bearer, body: { agentId: 'ann' } });
  };

  it('gets 404 for a conversation that nobody knows, nothing stored', async () => {
    const changed = await rowsChangedBy(async () => {
      for (const action of ACTIONS) {
        for (const id of [newId(), 'NOT AN ID', "' or 1 eq 1"]) {
          const answer = await act(action, id);
          expect([action, answer.status]).toEqual([action, 404]);
          expect(answer.json['code']).toBe('conversation-not-found');
        }
      }
    });
    expect(changed).toEqual([]);
  });

  it('gets 409 for an ended conversation, nothing changed', async () => {
    const { conversationId } = await system.born();
    expect((await system.event({ name: 'leave', conversationId, id: '2' })).status).toBe(204);
    const changed = await rowsChangedBy(async () => {
      for (const action of ACTIONS) {
        const answer = await act(action, conversationId);
        expect([action, answer.status]).toEqual([action, 409]);
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
      }
    });
    expect(changed).toEqual([]);
  });

  it('wins alone when eight accept at once', async () => {
    const { conversationId } = await system.born();
    const agents = await Promise.all(
      Array.from({ length: 8 }, (_, number) => system.agent(`agent-${number}`)),
    );
    const answers = await Promise.all(
      agents.map(({ bearer }) =>
        system.call(`v1/conversations/${conversationId}/accept`, { headers: bearer }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(409)]);
    const winner = answers.findIndex(({ status }) => status === 200);
    const rows = (await system.rows()).filter((row) => row['partitionKey'] === conversationId);
    expect(rows).toMatchObject([
      { table: 'Conversations', state: 'Active', agentId: `agent-${winner}` },
      { kind: 'notice', trigger: 'agent-joined', text: 'Agent has joined the conversation.' },
    ]);
    const held = (await system.rows()).filter((row) => row['conversationId'] === conversationId);
    expect(held).toMatchObject([{ table: 'AgentCapacity', partitionKey: `agent-${winner}` }]);
  });
});
