import { describe, expect, it } from '@jest/globals';
import { createSettingsSource } from '../../../shared/policies/settings-service';
import { DEFAULTS } from '../../support/domain/policies';
import { MemorySettings } from '../../support/memory-settings';
import { CALL } from '../../support/service';
import { bodyOf, call, request, type RequestParts } from './request';
import { ANN, CUSTOMER, ID, NOW, scene } from './scene';

const DOCUMENT = {
  channels: { portal: 'persistent-chat' },
  rules: [
    { id: 'sales', when: { workstream: ['sales'] }, set: { grace: 'PT10M' } },
    { id: 'queue', when: { state: ['Open'] }, set: { grace: 'PT1M', reconnectPortalUrl: null } },
  ],
};
/** Lengths of time as nobody but their operator would write them. */
const SPELT = {
  channels: {},
  rules: [{ id: 'all', when: {}, set: { grace: 'PT1440M', agentGrace: 'PT86400S', offerTimeout: 'PT24H' } }],
};
const BASE_SPELT = { wrapUpAutoClose: 'PT900S', waitingAutoClose: 'PT24H', maxExtension: 'PT0H30M' };
const CREATE = { 'if-none-match': '*' };

function api() {
  const here = scene();
  const store = new MemorySettings();
  const deps = {
    ...here.deps,
    settings: createSettingsSource({
      store,
      base: DEFAULTS,
      written: BASE_SPELT,
      now: () => NOW,
      loggerOf: here.deps.loggerOf,
    }),
    settingsStore: store,
    policyBase: DEFAULTS,
    policyBaseWritten: BASE_SPELT,
  };
  const message = (trigger: string, parts: RequestParts) => request({ ...parts, params: { trigger } });
  return {
    ...here,
    store,
    settings: deps.settings,
    read: () => call('read-policies', request({ method: 'GET' }), deps),
    write: (body: unknown, headers: Record<string, string> = CREATE) =>
      call('write-policies', request({ method: 'PUT', headers, body }), deps),
    explain: (headers: Record<string, string>, conversationId = ID) =>
      call('explain-policies', request({ method: 'GET', headers, params: { conversationId } }), deps),
    list: (query = {}) => call('list-automated-messages', request({ method: 'GET', query }), deps),
    put: (trigger: string, body: unknown, headers: Record<string, string> = CREATE) =>
      call('write-automated-message', message(trigger, { method: 'PUT', headers, body }), deps),
    remove: (trigger: string, query = {}, headers: Record<string, string> = {}) =>
      call('delete-automated-message', message(trigger, { method: 'DELETE', headers, query }), deps),
  };
}

const etagOf = (answer: { readonly headers?: Record<string, string> }): string =>
  answer.headers?.['etag'] ?? 'the answer has no ETag';

describe('the policies', () => {
  it('are what is built in and the base, as long as nobody has set any; there is no version to replace [R39]', async () => {
    const answer = await api().read();
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('etag');
    expect(bodyOf(answer)).toMatchObject({
      channels: {},
      rules: [],
      builtIn: [{ id: 'built-in-persistent-chat', when: { channel: ['persistent-chat'] } }],
      base: { grace: 'PT3M', wrapUpCapacity: 'always', capacityUnits: 20, reconnectPortalUrl: null },
    });
  });

  it('are read as they were written, with the ETag that the next writer names', async () => {
    const { read, write } = api();
    const written = await write(DOCUMENT);
    expect(written.status).toBe(200);
    expect(bodyOf(written)).toEqual({ ...DOCUMENT, etag: etagOf(written) });
    const answer = await read();
    expect(bodyOf(answer)).toMatchObject({ ...DOCUMENT, etag: etagOf(written) });
    expect(etagOf(answer)).toBe(etagOf(written));
    const again = await write({ channels: {}, rules: [] }, { 'if-match': etagOf(answer) });
    expect(again.status).toBe(200);
    expect(bodyOf(await read())).toMatchObject({ channels: {}, rules: [] });
  });

  it('read back with their lengths of time as operators wrote them, in every answer [R215]', async () => {
    const { born, read, write, explain, bearer } = api();
    await born();
    expect(bodyOf(await write(SPELT))).toMatchObject(SPELT);
    expect(bodyOf(await read())).toMatchObject({ ...SPELT, base: { ...BASE_SPELT, readAfterEnd: 'P1D' } });
    const { policies } = bodyOf(await explain(await bearer(ANN))) as {
      policies: { name: string; value: unknown }[];
    };
    const values = Object.fromEntries(policies.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({
      ...SPELT.rules[0]!.set,
      ...BASE_SPELT,
      readAfterEnd: 'P1D',
      capacityUnits: 20,
    });
  });

  it.each<[string, object]>([
    ['body', {}],
    ['body.channels', { rules: [] }],
    ['body.rules', { channels: {} }],
  ])('are not removed by what leaves them out: %s', async (field, document) => {
    const { read, write } = api();
    const seen = etagOf(await write(DOCUMENT));
    for (const version of [seen, '*']) {
      const answer = await write(document, { 'if-match': version });
      expect([answer.status, bodyOf(answer)['field']]).toEqual([400, field]);
    }
    expect(bodyOf(await read())).toMatchObject({ ...DOCUMENT, etag: seen });
  });

  it('may be written in part while the other part has nothing', async () => {
    const { write } = api();
    const rules = DOCUMENT.rules;
    const seen = etagOf(await write({ rules }));
    const answer = await write({ rules: [] }, { 'if-match': seen });
    expect(bodyOf(answer)).toMatchObject({ channels: {}, rules: [] });
  });

  it('are in force in this process as soon as they are written', async () => {
    const { write, settings } = api();
    await settings.current(CALL);
    await write(DOCUMENT);
    expect((await settings.current(CALL)).policies.rules).toMatchObject([{ id: 'sales' }, { id: 'queue' }]);
  });

  it('written by somebody else in between are not overwritten: 412 [R120]', async () => {
    const { read, write } = api();
    const seen = etagOf(await write(DOCUMENT));
    expect((await write({ channels: {}, rules: [] }, { 'if-match': seen })).status).toBe(200);
    for (const headers of [{ 'if-match': seen }, CREATE]) {
      const answer = await write(DOCUMENT, headers);
      expect(answer.status).toBe(412);
      expect(bodyOf(answer)['code']).toBe('precondition-failed');
    }
    expect(bodyOf(await read())).toMatchObject({ rules: [] });
  });

  it.each<Record<string, string>>([{}, { 'if-match': ' ' }, { 'if-none-match': 'W/"1"' }])(
    'are not written by a request that says nothing of their version, %j: 428',
    async (headers) => {
      const { read, write } = api();
      const answer = await write(DOCUMENT, headers);
      expect(answer.status).toBe(428);
      expect(bodyOf(answer)['code']).toBe('precondition-required');
      expect(bodyOf(await read())).toMatchObject({ rules: [] });
    },
  );

  it.each([
    ['openAutoClose', { openAutoClose: 'PT2M', grace: 'PT3M' }],
    ['reconnectTimeLimit', { reconnectTimeLimit: 'PT2M', reconnect: true, grace: 'PT3M' }],
  ])('with a rule that contradicts itself are refused, naming %s', async (policy, set) => {
    const rules = [{ id: 'contradicts', when: {}, set }];
    const { read, write } = api();
    const answer = await write({ rules });
    expect([answer.status, bodyOf(answer)['field']]).toEqual([400, `body.rules.0.set.${policy}`]);
    const equal = { ...set, grace: 'PT2M' };
    expect((await write({ rules: [{ ...rules[0], set: equal }] })).status).toBe(200);
    expect(bodyOf(await read())).toMatchObject({ rules: [{ set: equal }] });
  });

  it.each([
    [400, 'body', 'not JSON'],
    [400, 'body.rules.0.set.grace', { rules: [{ id: 'a', when: {}, set: { grace: 'soon' } }] }],
    [413, 'body', 'x'.repeat(64 * 1024 + 1)],
  ])('that are malformed are refused with %d, naming %s [R102]', async (status, field, body) => {
    const { read, write } = api();
    const answer = await write(body);
    expect(answer.status).toBe(status);
    expect(bodyOf(answer)).toMatchObject({ code: 'invalid-input', field });
    expect(bodyOf(await read())).toMatchObject({ rules: [] });
  });

  it('that are well formed, but too many to be stored, are refused with 413', async () => {
    const { read, write } = api();
    const workstream = Array.from({ length: 6 }, (_, i) => `${'x'.repeat(60)}${i}`);
    const rules = Array.from({ length: 100 }, (_, i) => ({
      id: `rule-${i}`,
      when: { workstream },
      set: { grace: 'PT1M' },
    }));
    const answer = await write({ rules });
    expect(answer.status).toBe(413);
    expect(bodyOf(answer)).toMatchObject({ code: 'invalid-input', field: 'body' });
    expect(bodyOf(await read())).toMatchObject({ rules: [] });
  });

  it('that nobody can read any more are replaced with If-Match: *', async () => {
    const { read, write, store } = api();
    await write(DOCUMENT);
    store.isUnreadable = true;
    // What is in force instead, and which row it is that cannot be read.
    expect(bodyOf(await read())).toMatchObject({ unreadable: 'policies/document', rules: [] });
    expect((await write(DOCUMENT)).status).toBe(412);
    expect((await write(DOCUMENT, { 'if-match': '*' })).status).toBe(200);
    expect(bodyOf(await read())).toMatchObject(DOCUMENT);
    expect(bodyOf(await read())).not.toHaveProperty('unreadable');
  });
});

describe('the policies of a conversation', () => {
  it('are told to agents with their values, and why [R101]', async () => {
    const { born, write, explain, bearer } = api();
    await born();
    await write(DOCUMENT);
    const answer = await explain(await bearer(ANN));
    expect(answer.status).toBe(200);
    const body = bodyOf(answer);
    expect(body).toMatchObject({
      conversationId: ID,
      situation: { channel: 'live-chat', workstream: 'default', state: 'Open' },
      grace: {
        name: 'grace',
        value: 'PT1M',
        from: 'queue',
        considered: [
          { rule: 'sales', because: 'workstream is default' },
          { rule: 'queue', because: 'applies' },
        ],
      },
    });
    expect(body['policies']).toContainEqual({
      name: 'openAutoClose',
      value: 'PT20M',
      from: 'default',
      considered: [{ rule: 'built-in-persistent-chat', because: 'channel is live-chat' }],
    });
    const names = (body['policies'] as { name: string }[]).map(({ name }) => name);
    expect(names.sort()).toEqual(Object.keys(DEFAULTS).sort());
  });

  it('name the time limit of reconnection as what the customer may be away, where it takes that place', async () => {
    const { born, write, explain, bearer, service } = api();
    await born();
    await service.handle(ID, { type: 'agent-accepted', agentId: 'ann', agentName: 'Ann Smith' });
    await write({ rules: [{ id: 'back', when: {}, set: { reconnect: true, reconnectTimeLimit: 'PT15M' } }] });
    expect(bodyOf(await explain(await bearer(ANN)))).toMatchObject({
      grace: { name: 'reconnectTimeLimit', value: 'PT15M', from: 'back' },
    });
  });

  it('are no business of customers, nor of anybody without a ticket', async () => {
    const { born, explain, bearer } = api();
    await born();
    expect((await explain(await bearer(CUSTOMER))).status).toBe(403);
    expect((await explain({})).status).toBe(401);
  });

  it.each(['conversation-9999', "' or 1 eq 1", ''])('are not found for "%s"', async (id) => {
    const { explain, bearer } = api();
    const answer = await explain(await bearer(ANN), id);
    expect(answer.status).toBe(404);
    expect(bodyOf(answer)['code']).toBe('conversation-not-found');
  });
});

describe('the automated messages', () => {
  it('are listed for every trigger as they are built in, in the language asked for', async () => {
    const body = bodyOf(await api().list({ locale: 'de-AT' }));
    expect(body).toMatchObject({
      place: { channel: 'live-chat', channelInstance: 'default', locale: 'de-AT' },
      overrides: [],
    });
    const inForce = body['inForce'] as { trigger: string }[];
    expect(inForce).toHaveLength(10);
    expect(inForce).toContainEqual(
      expect.objectContaining({
        trigger: 'customer-disconnected',
        recipient: 'agent',
        active: true,
        builtIn: true,
      }),
    );
  });

  it('are listed with what operators have changed, where it holds [R71]', async () => {
    const { put, list } = api();
    const written = await put('agent-joined', { text: 'Servus', locale: 'de-AT' });
    expect(written.status).toBe(200);
    expect(bodyOf(written)).toEqual({
      trigger: 'agent-joined',
      text: 'Servus',
      locale: 'de-AT',
      active: true,
      etag: etagOf(written),
    });
    const there = bodyOf(await list({ locale: 'de-at' }));
    expect(there['inForce']).toContainEqual({
      trigger: 'agent-joined',
      recipient: 'customer',
      active: true,
      text: 'Servus',
      builtIn: false,
    });
    const elsewhere = bodyOf(await list({ locale: 'fr' }));
    expect(elsewhere['inForce']).toContainEqual(
      expect.objectContaining({ trigger: 'agent-joined', builtIn: true }),
    );
    expect(elsewhere['overrides']).toEqual([bodyOf(written)]);
  });

  it('in force in this process are those that have just been written or taken back', async () => {
    const { put, remove, settings } = api();
    expect((await settings.current(CALL)).messages).toEqual([]);
    await put('agent-left', { active: false });
    expect((await settings.current(CALL)).messages).toEqual([{ trigger: 'agent-left', active: false }]);
    await remove('agent-left');
    expect((await settings.current(CALL)).messages).toEqual([]);
  });

  it('written by somebody else in between are not overwritten: 412, and 428 without a version [R120]', async () => {
    const { put, list } = api();
    const seen = etagOf(await put('agent-left', { text: 'one' }));
    expect((await put('agent-left', { text: 'two' }, { 'if-match': seen })).status).toBe(200);
    expect((await put('agent-left', { text: 'three' }, { 'if-match': seen })).status).toBe(412);
    expect((await put('agent-left', { text: 'three' })).status).toBe(412);
    expect((await put('agent-left', { text: 'three' }, {})).status).toBe(428);
    expect(bodyOf(await list())['overrides']).toMatchObject([{ text: 'two' }]);
  });

  it('are taken back at the place that the query names, in the version that If-Match names', async () => {
    const { put, remove, list } = api();
    const at = { channel: 'live-chat', channelInstance: 'shop', locale: 'de' };
    const etag = etagOf(await put('agent-left', { text: 'here', ...at }));
    await put('agent-left', { text: 'everywhere' });
    expect((await remove('agent-left', { locale: 'de' })).status).toBe(404);
    expect((await remove('agent-left', at, { 'if-match': 'W/"0"' })).status).toBe(412);
    expect(await remove('agent-left', at, { 'if-match': etag })).toEqual({ status: 204 });
    expect(bodyOf(await list())['overrides']).toMatchObject([{ text: 'everywhere' }]);
    const answer = await remove('agent-left', at);
    expect(answer.status).toBe(404);
    expect(bodyOf(answer)['code']).toBe('override-not-found');
  });

  it.each<[number, string, string, unknown]>([
    [404, 'trigger', 'agent-sneezed', { text: 'Hi' }],
    [400, 'body.text', 'agent-left', { text: '{Nonsense}' }],
    [400, 'body', 'agent-left', {}],
  ])('that are malformed are refused with %d, naming %s', async (status, field, trigger, body) => {
    const { put, list } = api();
    const answer = await put(trigger, body);
    expect(answer.status).toBe(status);
    expect(bodyOf(answer)).toMatchObject({ code: 'invalid-input', field });
    expect(bodyOf(await list())['overrides']).toEqual([]);
  });

  it.each([
    ['query.channel', { channel: 'sms' }],
    ['query.channelInstance', { channelInstance: 'a/b' }],
    ['query.locale', { locale: '' }],
  ])('are neither listed nor taken back for a malformed place: 400 naming %s', async (field, query) => {
    const { list, remove } = api();
    for (const answer of [await list(query), await remove('agent-left', query)]) {
      expect(answer.status).toBe(400);
      expect(bodyOf(answer)['field']).toBe(field);
    }
  });

  it('that cannot be read are named by their keys', async () => {
    const { list, store } = api();
    store.unreadable = ['agent-left|*|*|de'];
    expect(bodyOf(await list())['unreadable']).toEqual(['agent-left|*|*|de']);
  });
});

describe('whatever happens', () => {
  it('a storage that is down is a 503 for every call, and says nothing of itself', async () => {
    const { read, write, list, put, remove, explain, bearer, born, store } = api();
    await born();
    store.isDown = true;
    const answers = [
      await read(),
      await write(DOCUMENT),
      await list(),
      await put('agent-left', { active: false }),
      await remove('agent-left'),
      await explain(await bearer(ANN)),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(answer.body).not.toContain('table-storage');
    }
  });

  it('no text of a message comes into the log', async () => {
    const { put, list, remove, store, lines } = api();
    const secret = { text: 'TEXT-OF-A-MESSAGE' };
    await put('agent-left', secret);
    await put('agent-left', { text: 'TEXT-OF-A-MESSAGE {' });
    await list();
    store.isDown = true;
    await put('agent-left', secret);
    await remove('agent-left');
    expect(lines).toHaveLength(3);
    expect(lines.map(({ text }) => text).join('\n')).not.toContain('TEXT-OF-A-MESSAGE');
  });
});
