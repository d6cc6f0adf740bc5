import { describe, expect, it } from '@jest/globals';
import { InvalidInputError, UserEventError } from '../../../shared/app/errors';
import { encodeConnectionState, parseWebPubSubEvent } from '../../../shared/web-pubsub/cloud-event-parser';
import { bytesOf, eventHeaders, HUB, without, type EventParts } from '../handlers/request';

const parse = (headers: Record<string, string>, body?: unknown, hub = HUB) =>
  parseWebPubSubEvent(new Headers(headers), bytesOf(body), hub);

const event = (parts: EventParts, body?: unknown) => parse(eventHeaders(parts), body);

/** What refuses; that it says more than the name of the field is looked at everywhere. */
function failure(run: () => unknown): InvalidInputError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) {
      expect(thrown.message).toMatch(new RegExp(`^${thrown.field}:? \\w+ \\w+`));
      return thrown;
    }
    throw thrown;
  }
  throw new Error('nothing was refused');
}

const CONNECTION = { participant: { role: 'customer', conversationId: 'conversation-0001' } };

describe('an event that the service sends', () => {
  it('has its name, participant, connection, time and an id of its own', () => {
    expect(event({ name: 'disconnected', id: '7' }, { reason: 'whatever' })).toEqual({
      ...CONNECTION,
      name: 'disconnected',
      connectionId: 'connection-a',
      occurredAt: Date.parse('2026-03-01T10:00:00Z'),
    });
  });

  it.each(['chat', 'Chat', 'CHAT'])('belongs to the hub "Chat" when it names "%s"', (hub) => {
    expect(parse(eventHeaders({ hub }), undefined, 'Chat').name).toBe('connected');
  });

  it('may write its type and its name in any case, as the client does that sends it', () => {
    const headers = {
      ...eventHeaders(),
      'ce-type': 'AZURE.WebPubSub.Sys.Connected',
      'ce-eventName': 'CONNECTED',
    };
    expect(parse(headers).name).toBe('connected');
    const asSent = { 'ce-type': 'azure.webpubsub.user.Leave', 'ce-eventName': 'Leave' };
    expect(parse({ ...eventHeaders(), ...asSent }).name).toBe('leave');
  });

  it('may write its name in any case, as the client has and as the pattern of the event handler allows', () => {
    expect(event({ name: 'Message', kind: 'user' }, { text: 'Hello' }).name).toBe('message');
  });

  it.each([
    ['customer.conversation-0001', { role: 'customer', conversationId: 'conversation-0001' }],
    ['agent.Ann_Smith-1', { role: 'agent', agentId: 'Ann_Smith-1' }],
  ])('names its participant in the user id %s', (userId, participant) => {
    expect(event({ userId }).participant).toEqual(participant);
  });

  it.each([
    ['2026-03-01T10:00:00.5Z', '2026-03-01T10:00:00.500Z'],
    ['2026-03-01T10:00:00.123456789Z', '2026-03-01T10:00:00.123Z'],
    ['2026-03-01T12:00:00+02:00', '2026-03-01T10:00:00.000Z'],
  ])('may give its time as %s', (time, instant) => {
    expect(event({ time }).occurredAt).toBe(Date.parse(instant));
  });

  it.each(['connected', 'disconnected', 'message', 'leave'])(
    '(%s) brings back the device that its connect was answered with',
    (name) => {
      const state = encodeConnectionState({ device: 'tablet' });
      const headers = { ...eventHeaders({ name }), 'ce-connectionState': state };
      expect(parse(headers, { text: 'Hello' })).toMatchObject({ name, device: 'tablet' });
    },
  );

  it.each(['not ours', Buffer.from('{"device":"phone"}').toString('base64'), 'x'.repeat(100_000)])(
    'says nothing of the device in the state of somebody else',
    (state) => {
      expect(parse({ ...eventHeaders(), 'ce-connectionState': state })).not.toHaveProperty('device');
    },
  );
});

describe('a header that is not as the service sends it is named', () => {
  const needed = ['ce-type', 'ce-eventName', 'ce-hub', 'ce-userId', 'ce-connectionId', 'ce-id', 'ce-time'];

  it.each(needed)('%s is missing, empty or far too long', (name) => {
    const others = without(eventHeaders(), name);
    for (const headers of [others, { ...others, [name]: '' }]) {
      const missing = { field: name, status: 400, message: `${name}: is missing` };
      expect(failure(() => parse(headers))).toMatchObject(missing);
    }
    expect(failure(() => parse({ ...others, [name]: 'x'.repeat(100_000) })).field).toBe(name);
  });

  it.each([
    ['ce-type', 'azure.webpubsub.sys.exploded'],
    ['ce-type', 'connected'],
    ['ce-type', 'azure.webpubsub.sys.connected, azure.webpubsub.sys.connected'],
    ['ce-type', 'constructor'],
    ['ce-eventName', 'disconnected'],
    ['ce-userId', 'conversation-0001'],
    ['ce-userId', 'customer.'],
    ['ce-userId', 'customer.UPPER-CASE'],
    ['ce-userId', 'customer.../../agents'],
    ['ce-userId', 'agent.a b'],
    ['ce-userId', 'agent.ann.other'],
    ['ce-userId', 'admin.root-0001'],
    ['ce-connectionId', 'with space'],
    ['ce-connectionId', "' or 1 eq 1"],
    ['ce-connectionId', 'x'.repeat(129)],
    ['ce-id', '1, 1'],
    ['ce-id', 'x'.repeat(65)],
    ['ce-time', 'yesterday'],
    ['ce-time', '+002026-03-01T10:00:00Z'],
    ['ce-time', '2026-03-01T10:00:00Z or so'],
    ['ce-hub', 'x'.repeat(257)],
    ['ce-userId', 'x'.repeat(257)],
    ['ce-time', '2026-03-01'],
    ['ce-time', '2026-03-01T10:00:00'],
    ['ce-time', '2026-13-01T10:00:00Z'],
    ['ce-time', '2026-03-01T25:00:00Z'],
    ['ce-time', '1772359200'],
  ])('%s: %s', (name, value) => {
    const refused = failure(() => parse({ ...without(eventHeaders(), name), [name]: value }));
    expect(refused).toMatchObject({ field: name, status: 400 });
  });

  it.each(['shouting', 'connected', 'disconnect', 'sys.connected'])(
    'a user event "%s" is none of the service, but a mistake of its sender',
    (name) => {
      const refused = failure(() => event({ name, kind: 'user' }));
      expect(refused).toBeInstanceOf(UserEventError);
      expect(refused).toMatchObject({ field: 'event', ids: { conversationId: 'conversation-0001' } });
    },
  );

  it('another hub is not found here', () => {
    expect(failure(() => event({ hub: 'other' }))).toMatchObject({ field: 'ce-hub', status: 404 });
  });

  it('is not repeated in the error', () => {
    const refused = failure(() => event({ userId: 'customer.NOT-TO-BE-REPEATED' }));
    expect(refused.message).not.toContain('NOT-TO-BE-REPEATED');
  });
});

describe('connect', () => {
  const connect = (body: unknown, userId?: string) =>
    event({ name: 'connect', id: '0', ...(userId !== undefined && { userId }) }, body);

  it('says who the customer is in the query of the socket URL', () => {
    const query = {
      name: ['Erika Mustermann'],
      locale: ['de-DE'],
      queue: ['support'],
      workstream: ['sales'],
      channelInstance: ['shop'],
      'ctx.OrderId': ['4711'],
      'ctx.constructor': ['harmless'],
      access_token: ['not looked at'],
      'x-ctx.OrderId': ['not looked at'],
    };
    expect(connect({ claims: {}, query, headers: {}, subprotocols: [] })).toMatchObject({
      name: 'connect',
      profile: {
        name: 'Erika Mustermann',
        locale: 'de-DE',
        queue: 'support',
        workstream: 'sales',
        channelInstance: 'shop',
        context: { OrderId: '4711', constructor: 'harmless' },
      },
    });
  });

  it.each([undefined, '', {}, { query: {} }])('has defaults when the body is %j', (body) => {
    expect(connect(body)).toMatchObject({
      profile: {
        name: 'Customer',
        locale: 'en',
        queue: 'default',
        workstream: 'default',
        channelInstance: 'default',
        context: {},
      },
      device: 'unknown',
    });
  });

  const PHONE = 'Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0';

  const ON_A_PHONE = { 'User-Agent': [PHONE] };

  it.each<[string, unknown, unknown]>([
    ['phone', undefined, { Host: ['x.example'], ...ON_A_PHONE }],
    ['phone', undefined, { 'user-agent': [PHONE] }],
    ['phone', undefined, { 'USER-AGENT': [PHONE] }],
    ['phone', ['phone'], ON_A_PHONE],
    ['tablet', ['tablet'], ON_A_PHONE],
    ['desktop', ['desktop'], ON_A_PHONE],
    ['phone', ['watch'], ON_A_PHONE],
    ['phone', ['unknown'], ON_A_PHONE],
    ['phone', [''], ON_A_PHONE],
    ['phone', [], ON_A_PHONE],
    ['unknown', undefined, null],
    ['unknown', undefined, 'User-Agent: x'],
    ['unknown', undefined, { 'User-Agent': PHONE }],
    ['unknown', undefined, { 'User-Agent': [] }],
    ['unknown', undefined, { 'User-Agent': [7] }],
    ['unknown', undefined, { 'User-Agent': ['x'.repeat(100_000)] }],
  ])('is of the class %s when the widget says %j', (device, said, headers) => {
    expect(connect({ query: { device: said }, headers })).toMatchObject({ device });
  });

  it('is asked for its device anew, whatever state it comes with', () => {
    const state = encodeConnectionState({ device: 'tablet' });
    const headers = { ...eventHeaders({ name: 'connect', id: '0' }), 'ce-connectionState': state };
    expect(parse(headers, { query: { device: ['phone'] } })).toMatchObject({ device: 'phone' });
  });

  it('of an agent needs no profile', () => {
    expect(connect({}, 'agent.ann')).toMatchObject({ name: 'connect', profile: undefined });
    expect(connect({ query: { queue: ['sales'] } }, 'agent.ann')).toMatchObject({ queues: ['sales'] });
    expect(() => connect('not even JSON', 'agent.ann')).toThrow('body: must be JSON');
  });

  it.each([
    ['body', 'not JSON'],
    ['body', '[]'],
    ['body', 'null'],
    ['body', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['body.query', { query: 'name=Erika' }],
    ['body.query.name', { query: { name: 'Erika' } }],
    ['query.name', { query: { name: ['Erika', 'Max'] } }],
    ['query.name', { query: { name: [''] } }],
    ['query.name', { query: { name: ['x'.repeat(101)] } }],
    ['query.name', { query: { name: ['two\nlines'] } }],
    ['query.name', { query: { name: ['two\u2028lines'] } }],
    ['query.name', { query: { name: ['Ann \u202eeman'] } }],
    ['query.locale', { query: { locale: ['not a language'] } }],
    ['query.queue', { query: { queue: ['../agents'] } }],
    ['query.workstream', { query: { workstream: [''] } }],
    ['query.workstream', { query: { workstream: ['x'.repeat(65)] } }],
    ['query.workstream', { query: { workstream: ['a', 'b'] } }],
    ['query.channelInstance', { query: { channelInstance: ['a b'] } }],
    ['query.channelInstance', { query: { channelInstance: ['__proto__.x'] } }],
    ['query.context.1st', { query: { 'ctx.1st': ['x'] } }],
    ['query.context.OrderId', { query: { 'ctx.OrderId': ['x'.repeat(501)] } }],
    ['query.ctx.OrderId', { query: { 'ctx.OrderId': ['1', '2'] } }],
    [
      'query.context',
      { query: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`ctx.v${i}`, ['x']])) },
    ],
  ])('is refused, naming %s', (field, body) => {
    expect(failure(() => connect(body))).toMatchObject({ field, status: 400 });
  });
});

describe('message', () => {
  /** The id under which a message is stored, for a frame of the given number. */
  const idOf = (ceId: string, body: object, connectionId = 'connection-a') => {
    const parsed = event({ name: 'message', id: ceId, connectionId }, { text: 'Hello', ...body });
    return parsed.name === 'message' ? parsed.messageId : undefined;
  };

  it('is told apart from the same numbered event of another connection', () => {
    expect(idOf('1', {}, 'connection-a')).not.toBe(idOf('1', {}, 'connection-b'));
  });

  it("is the same one under the sender's own id, however often it is sent", () => {
    expect(idOf('1', { messageId: 'm-1' })).toBe(idOf('2', { messageId: 'm-1' }, 'connection-b'));
  });

  it("is another one under the sender's own id with another text", () => {
    expect(idOf('1', { messageId: 'm-1' })).not.toBe(idOf('2', { messageId: 'm-1', text: 'I disagree' }));
  });

  it('has a short id, whatever its length', () => {
    expect(idOf('1', { messageId: 'm-1', text: 'x'.repeat(8_000) })).toMatch(/^sent\.m-1\.[0-9a-f]{16}$/);
  });

  it.each(['', 'a b', 'ü', 'x'.repeat(65), 7])('is refused with %j as an id of its own', (messageId) => {
    const refusal = failure(() => event({ name: 'message', id: '1' }, { text: 'Hello', messageId }));
    expect(refusal.field).toBe('messageId');
  });

  const message = (body: unknown, contentType = 'application/json', userId?: string) =>
    event({ name: 'message', contentType, ...(userId !== undefined && { userId }) }, body);

  it.each([
    ['application/json', { text: 'Where is my parcel?' }],
    ['Application/JSON; charset=UTF-8', { text: 'Where is my parcel?' }],
    ['text/plain', 'Where is my parcel?'],
    ['text/plain; charset=utf-8', 'Where is my parcel?'],
  ])('may come as %s', (contentType, body) => {
    expect(message(body, contentType)).toMatchObject({ name: 'message', text: 'Where is my parcel?' });
  });

  it.each([
    'Grüße\r\n\tаж 你好 👩‍👩‍👧',
    'שלום ‏abc‏ 123',
    '  indented\n',
    'line\u2028separator, paragraph\u2029separator',
    'soft\u00adhyphen, no\u00a0break, \ufeffmark',
    'private use \ue000, object \ufffc',
    '😀'.repeat(8_000),
  ])('keeps %j as it was written', (text) => {
    expect(message({ text })).toMatchObject({ text });
  });

  it.each([
    ['half a character', 'x\ud83d', 'x\ufffd'],
    ['a soft line break', 'line 1\u000bline 2', 'line 1\nline 2'],
    ['a page break', 'page 1\fpage 2', 'page 1\npage 2'],
    ['the next line of a mainframe', 'a\u0085b', 'a\nb'],
    ['colours of a terminal', '\u001b[31mred\u001b[0m', '[31mred[0m'],
    ['a zero byte', 'nul \u0000 byte', 'nul  byte'],
    ['what nobody can see', 'a\b\u0001\u001f\u007f\u0092b', 'ab'],
    ['a text that is too long until it is cleaned', `${'\u0000'.repeat(8_000)}x`, 'x'],
  ])('with %s is taken, and cleaned [R131]', (_what, text, stored) => {
    expect(message({ text })).toMatchObject({ text: stored });
    expect(message(text, 'text/plain')).toMatchObject({ text: Buffer.from(stored).toString() });
  });

  it("is the same message under the sender's own id, whatever of its text was cleaned away", () => {
    const id = idOf('1', { messageId: 'm-1', text: 'a\u0000b' });
    expect(idOf('2', { messageId: 'm-1', text: 'ab' })).toBe(id);
  });

  it('of an agent says which conversation it is for', () => {
    const body = { text: 'Hello', conversationId: 'conversation-0002' };
    expect(message(body, 'application/json', 'agent.ann')).toMatchObject(body);
    const refused = failure(() => message({ text: 'Hello' }, 'application/json', 'agent.ann'));
    expect(refused).toMatchObject({ field: 'conversationId', ids: {} });
  });

  it.each(['application/octet-stream', 'application/xml', 'multipart/form-data', '', undefined])(
    'of the type "%s" is refused',
    (type) => {
      const others = without(eventHeaders({ name: 'message' }), 'content-type');
      const headers = type === undefined ? others : { ...others, 'content-type': type };
      expect(failure(() => parse(headers, 'x'))).toMatchObject({ field: 'dataType' });
    },
  );

  it.each([
    ['data', 'not JSON'],
    ['data', '"text"'],
    ['data', 'null'],
    ['data', [{ text: 'x' }]],
    ['text', {}],
    ['text', { text: null }],
    ['text', { text: '' }],
    ['text', { text: ' \t\r\n\u00a0\u2003' }],
    ['text', { text: '\u200b\u2060\ufeff\u202e\u3164' }],
    ['text', { text: '\u0000\u001b' }],
    ['text', { text: 7 }],
    ['text', { text: ['x'] }],
    ['text', { text: 'x'.repeat(8_001) }],
    ['text', { text: '😀'.repeat(8_001) }],
    ['text', { text: 'x'.repeat(900_000) }],
    ['conversationId', { text: 'x', conversationId: "' or 1 eq 1" }],
    ['data', Buffer.from('{"text":"\xff"}', 'latin1')],
  ])('is refused as a mistake of its sender, naming %s', (field, body) => {
    const refused = failure(() => message(body));
    expect(refused).toBeInstanceOf(UserEventError);
    expect(refused).toMatchObject({ field, ids: { conversationId: 'conversation-0001' } });
  });

  it('as plain text is refused, naming the data, when it is not UTF-8', () => {
    const refused = failure(() => message(Buffer.from([0xff]), 'text/plain'));
    expect(refused).toMatchObject({ field: 'data' });
  });

  it.each([
    ['customer.conversation-0001', { conversationId: 'conversation-0001', messageId: 'm-1' }],
    ['agent.ann', { conversationId: 'conversation-0002', messageId: 'm-1' }],
  ])('of %s is refused under the ids that can be read', (userId, ids) => {
    const body = { text: '', conversationId: 'conversation-0002', messageId: 'm-1' };
    expect(failure(() => message(body, 'application/json', userId))).toMatchObject({ field: 'text', ids });
    const unread = failure(() => message({ ...body, messageId: 'a b' }, 'application/json', userId));
    expect(unread).toMatchObject({ ids: { conversationId: ids.conversationId } });
    expect(unread).not.toHaveProperty('ids.messageId', expect.anything());
  });

  it('never appears in an error', () => {
    for (const body of ['{"text": PRIVATE', { text: 'PRIVATE'.repeat(2_000) }, { text: ['PRIVATE'] }]) {
      const refused = failure(() => message(body));
      expect(`${refused.message} ${String(refused.cause)}`).not.toContain('PRIVATE');
    }
  });
});
