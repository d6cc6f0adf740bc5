import { describe, expect, it } from '@jest/globals';
import { MINUTE } from '../../../shared/conversation/time';
import { AGENT_ACTIONS, type AgentAction } from '../../../shared/conversation/inputs';
import { policies } from '../../support/domain/policies';
import { bodyOf, call, request, type RequestParts } from './request';
import { ANN, BOB, CUSTOMER, ID, NOW, scene } from './scene';

const ACTIONS = AGENT_ACTIONS;
const BODIES: Partial<Record<AgentAction, object>> = {
  offer: { agentId: 'ann' },
  transfer: { queue: 'billing' },
  'extend-wait': { by: 'PT5M' },
};

function api() {
  const here = scene();
  const { deps, bearer } = here;
  type Who = Parameters<typeof bearer>[0];
  const as = async (who: Who, parts: RequestParts) => request({ ...parts, headers: await bearer(who) });
  return {
    ...here,
    list: async (who: Who, query = {}) =>
      call('list-conversations', await as(who, { method: 'GET', query }), deps),
    read: async (who: Who, conversationId = ID, query = {}) =>
      call('read-conversation', await as(who, { method: 'GET', params: { conversationId }, query }), deps),
    act: async (action: AgentAction, who: Who, conversationId = ID, body?: unknown) =>
      call(`${action}-conversation`, await as(who, { params: { conversationId }, body }), deps),
    acceptIf: async (etag: string) => {
      const headers = { ...(await bearer(ANN)), 'if-match': etag };
      return call('accept-conversation', request({ headers, params: { conversationId: ID } }), deps);
    },
    write: (id: string, text: string) =>
      here.service.handle(ID, {
        type: 'customer-message',
        connectionId: 'tab-a',
        messageId: id,
        text,
      }),
  };
}

describe('a call without a good ticket', () => {
  it('is a problem document, touches nothing and is logged without the ticket [R118]', async () => {
    const { deps, world, lines } = scene();
    const headers = { authorization: 'Bearer FORGED.TICKET.HERE' };
    const answer = await call(
      'read-conversation',
      request({ headers, params: { conversationId: ID } }),
      deps,
    );
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'www-authenticate': 'Bearer',
    });
    expect(world.log).toEqual([]);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.text).not.toContain('FORGED');
  });
});

describe('a customer', () => {
  it('reads its own conversation, without what is meant for agents', async () => {
    const { born, write, read } = api();
    await born();
    await write('m-1', 'Where is my parcel?');
    const answer = await read(CUSTOMER);
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(bodyOf(answer)).toMatchObject({
      conversation: { id: ID, state: 'Open', customer: { name: 'Erika Mustermann' } },
      transcript: [{ text: 'Where is my parcel?', sequence: 1 }],
    });
    expect(answer.body).not.toMatch(/tab-a|"disconnection|"connected"/);
  });

  describe('reads for how long its place is kept', () => {
    const DEVICES = [{ id: 'phones', when: { device: ['phone'] }, set: { grace: MINUTE } }] as const;
    const kept = async (
      changes: Parameters<typeof policies>[0],
      { workstream = 'default', events = [] as readonly ('tablet' | 'phone')[] } = {},
    ) => {
      const { born, read, world, service, deps } = api();
      const table = {
        ...policies(changes),
        channels: { archive: 'persistent-chat' },
        rules: DEVICES,
      } as const;
      world.operatorSettings = { ...world.operatorSettings, policies: table };
      await born(ID, workstream);
      for (const device of events) {
        const connectionId = `tab-${device}`;
        world.open(ID, connectionId);
        await service.handle(ID, { type: 'connected', connectionId, occurredAt: NOW, device });
      }
      const { conversation } = bodyOf(await read(CUSTOMER)) as { conversation: { keptFor?: string } };
      // The customer is lost now, at last the device that came first.
      for (const device of [undefined, ...events.toReversed()]) {
        const connectionId = `tab-${device ?? 'a'}`;
        world.lose(ID, connectionId);
        const lost = { type: 'disconnected', connectionId, occurredAt: NOW } as const;
        await service.handle(ID, { ...lost, ...(device && { device }) });
      }
      const { disconnection, autoClosure } = world.conversation(ID);
      const moments = [disconnection?.deadline, autoClosure?.deadline].flatMap((at) => at ?? []);
      return [conversation.keptFor, Math.min(...moments) - deps.now()] as const;
    };

    it('in a live chat its grace period, or what is left before it is closed, and it is so [R250]', async () => {
      expect(await kept({ grace: 3 * MINUTE })).toEqual(['PT3M', 3 * MINUTE]);
      expect(await kept({ grace: 3 * MINUTE, openAutoClose: 2 * MINUTE })).toEqual(['PT2M', 2 * MINUTE]);
    });

    it('of several devices the shortest: which is lost last nobody knows [R250]', async () => {
      expect(await kept({ grace: 3 * MINUTE }, { events: ['phone', 'tablet'] })).toEqual(['PT1M', MINUTE]);
    });

    it('in a persistent chat nothing: nobody waits [R250]', async () => {
      expect((await kept({}, { workstream: 'archive' }))[0]).toBeUndefined();
    });
  });

  it("reads the sender's own id of a message, and never one that names a connection [R132]", async () => {
    const { born, write, read } = api();
    await born();
    await write('tab-a.7', 'Hello');
    await write('sent.m-1.0123456789abcdef', 'Where is my parcel?');
    const { transcript } = bodyOf(await read(CUSTOMER)) as { transcript: object[] };
    expect(transcript[0]).not.toHaveProperty('messageId');
    expect(transcript[1]).toMatchObject({ text: 'Where is my parcel?', messageId: 'm-1' });
  });

  it('gets the same 403 for any other conversation, existing or not', async () => {
    const { born, read, lines, world } = api();
    await born('conversation-0002');
    const before = world.log.length;
    const ids = ['conversation-0002', 'conversation-9999', '../../x'];
    const answers = await Promise.all(ids.map((id) => read(CUSTOMER, id)));
    expect(answers[0]).toMatchObject({ status: 403 });
    expect(answers).toEqual(answers.map(() => answers[0]));
    // Nothing is even looked up, so the time tells no more than the answer.
    expect(world.log).toHaveLength(before);
    expect(lines.every(({ level }) => level === 'warn')).toBe(true);
  });

  const ENDS: readonly (readonly [string, (here: ReturnType<typeof api>) => Promise<unknown>])[] = [
    ['the agent has ended it', ({ act }) => act('end', ANN)],
    [
      'the grace period was over',
      ({ service, clock }) => {
        clock.now += 3 * MINUTE;
        return service.handle(ID, { type: 'deadline-reached', kind: 'disconnection', number: 2 });
      },
    ],
    [
      'the agent has ended it, and closed it',
      async ({ act }) => {
        await act('end', ANN);
        return act('close', ANN);
      },
    ],
  ];

  it.each(ENDS)(
    'who was away reads what was answered meanwhile, for a while after the end, and writes no more: %s [R112 R122]',
    async (_how, end) => {
      const here = api();
      const { born, read, act, service, clock, world, deps, bearer } = here;
      const settings = { policies: policies({ readAfterEnd: 10 * MINUTE }), messages: [] };
      world.operatorSettings = settings;
      await born();
      await act('accept', ANN);
      world.lose(ID, 'tab-a');
      await service.handle(ID, { type: 'disconnected', connectionId: 'tab-a', occurredAt: clock.now });
      const said = {
        type: 'agent-message',
        agentId: 'ann',
        messageId: 'm',
        text: 'Your code is 1234',
      } as const;
      await service.handle(ID, said);
      await end(here);
      const negotiate = async () =>
        bodyOf(await call('negotiate', request({ headers: await bearer(CUSTOMER) }), deps));
      expect(await negotiate()).toMatchObject({ code: 'conversation-ended', conversationId: ID });
      const answer = await read(CUSTOMER);
      expect(answer.status).toBe(200);
      expect(answer.body).toContain('Your code is 1234');
      expect(answer.body).not.toMatch(/tab-a|"disconnection|"connected"|"trigger":"customer-disconnected"/);
      const written = {
        type: 'customer-message',
        connectionId: 'tab-a',
        messageId: 'w',
        text: 'Thanks',
      } as const;
      expect(await service.handle(ID, written)).toMatchObject({ refusal: { code: 'conversation-ended' } });
      expect((await read(CUSTOMER, 'conversation-0002')).status).toBe(403);

      clock.now = world.conversation(ID).end!.at + 10 * MINUTE - 1;
      expect((await read(CUSTOMER)).status).toBe(200);
      clock.now += 1;
      expect((await read(CUSTOMER)).status).toBe(409);
      expect(await negotiate()).not.toHaveProperty('conversationId');
      // What policy says now counts.
      world.operatorSettings = { ...settings, policies: policies({ readAfterEnd: 11 * MINUTE }) };
      expect((await read(CUSTOMER)).status).toBe(200);
      world.operatorSettings = { ...settings, policies: policies({ readAfterEnd: 0 }) };
      clock.now = world.conversation(ID).end!.at;
      expect((await read(CUSTOMER)).status).toBe(409);
      expect(await negotiate()).not.toHaveProperty('conversationId');
    },
  );

  it('reads nothing any more once it has ended the conversation itself [R122]', async () => {
    const { born, write, read, service } = api();
    await born();
    await write('m-1', 'Where is my parcel?');
    await service.handle(ID, { type: 'customer-left' });
    const answer = await read(CUSTOMER);
    expect(answer.status).toBe(409);
    expect(bodyOf(answer)).toMatchObject({ code: 'conversation-ended', reason: 'customer-ended' });
    expect(answer.body).not.toMatch(/parcel|Erika/);
    expect((await read(ANN)).status).toBe(200);
  });

  it.each(ACTIONS)('may not %s', async (action) => {
    const { born, act, writes } = api();
    await born();
    const before = writes();
    expect((await act(action, CUSTOMER, ID, BODIES[action])).status).toBe(403);
    expect(writes()).toEqual(before);
  });

  it('may not see the work list', async () => {
    expect((await api().list(CUSTOMER)).status).toBe(403);
  });
});

describe('an agent', () => {
  it('lists, accepts, ends and closes', async () => {
    const { born, list, act, read } = api();
    await born();
    expect(bodyOf(await list(ANN))).toMatchObject({ items: [{ conversationId: ID, state: 'Open' }] });
    const states = [];
    for (const action of ['accept', 'end', 'close'] as const) {
      const { conversation } = bodyOf(await act(action, ANN)) as { conversation: { state: string } };
      states.push(conversation.state);
    }
    expect(states).toEqual(['Active', 'WrapUp', 'Closed']);
    expect(bodyOf(await read(ANN))).toMatchObject({ conversation: { connected: true, disconnections: 1 } });
  });

  it('is offered a conversation under the name that the offer gives', async () => {
    const { born, act } = api();
    await born();
    const offered = bodyOf(await act('offer', BOB, ID, { agentId: 'ann', agentName: 'Ann Smith' }));
    expect(offered).toMatchObject({
      conversation: { state: 'Active', agent: { id: 'ann', name: 'Ann Smith', accepted: false } },
    });
  });

  it.each(ACTIONS)('gets 404 for %s of a conversation that nobody knows', async (action) => {
    const { act, writes } = api();
    for (const id of ['conversation-9999', 'NOT-AN-ID', '']) {
      const answer = await act(action, ANN, id, BODIES[action]);
      expect(answer.status).toBe(404);
      expect(bodyOf(answer)['code']).toBe('conversation-not-found');
    }
    expect(writes()).toEqual([]);
  });

  it('gets 404 when it reads one', async () => {
    expect((await api().read(ANN, 'conversation-9999')).status).toBe(404);
    expect((await api().read(ANN, "' or 1 eq 1")).status).toBe(404);
  });

  it.each(['accept', 'end'] as const)('gets 409 for %s of an ended conversation', async (action) => {
    const { born, act, service } = api();
    await born();
    await service.handle(ID, { type: 'customer-left' });
    const answer = await act(action, ANN);
    expect(answer.status).toBe(409);
    expect(bodyOf(answer)).toMatchObject({ code: 'conversation-ended', reason: 'customer-ended' });
  });

  it.each([
    ['end', 'illegal-transition'],
    ['close', 'illegal-transition'],
  ] as const)('gets 409 for %s of a conversation in the queue [R21]', async (action, code) => {
    const { born, act } = api();
    await born();
    const answer = await act(action, ANN);
    expect(answer.status).toBe(409);
    expect(bodyOf(answer)).toMatchObject({ code, state: 'Open', action });
  });

  it('who names a version acts on that version only [R120]', async () => {
    const { born, read, write, acceptIf, world } = api();
    await born();
    const etagOf = async () => (await read(ANN)).headers?.['etag'] ?? '';
    const seen = await etagOf();
    await write('m-1', 'Anybody there?');
    const late = await acceptIf(seen);
    expect(late.status).toBe(412);
    expect(bodyOf(late)['code']).toBe('precondition-failed');
    expect(world.conversation(ID).state).toBe('Open');
    const current = await etagOf();
    expect(current).toMatch(/^"[A-Za-z0-9]{1,24}"$/);
    expect(bodyOf(await read(ANN))['etag']).toBe(current);
    expect((await acceptIf(current)).status).toBe(200);
  });

  it('without enough free units gets 409 and no conversation [R46]', async () => {
    const { born, act, world } = api();
    await born();
    await world.capacity.setTotal('ann', 19);
    const answer = await act('accept', ANN);
    expect(answer.status).toBe(409);
    expect(bodyOf(answer)['code']).toBe('agent-at-capacity');
    expect(world.conversation(ID).state).toBe('Open');
    await world.capacity.setTotal('ann', 20);
    expect((await act('accept', ANN)).status).toBe(200);
  });

  it('wins alone when two accept at once', async () => {
    const { born, act, world } = api();
    await born();
    const answers = await Promise.all([act('accept', ANN), act('accept', BOB)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const loser = answers.find(({ status }) => status === 409);
    expect(bodyOf(loser ?? { status: 0 })['code']).toBe('assigned-to-other-agent');
    const winner = answers[0]?.status === 200 ? 'ann' : 'bob';
    expect(world.conversation(ID).agent?.id).toBe(winner);
  });

  it.each([
    ['body', 'not JSON'],
    ['body.agentId', {}],
    ['body.agentId', { agentId: 'a b' }],
    ['body.agentName', { agentId: 'ann', agentName: 'two\nlines' }],
    ['body.agentName', { agentId: 'ann', agentName: '' }],
  ])('gets 400 naming %s for the offer %j', async (field, body) => {
    const { born, act } = api();
    await born();
    const answer = await act('offer', ANN, ID, body);
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)['field']).toBe(field);
  });

  it.each([
    ['query.state', { state: 'Closed' }],
    ['query.agentId', { agentId: "' or 1 eq 1" }],
    ['query.limit', { limit: '0' }],
    ['query.limit', { limit: '501' }],
    ['query.limit', { limit: 'ten' }],
    ['query.limit', { limit: '' }],
    ['query.limit', { limit: '1.5' }],
    ['query.continuationToken', { continuationToken: 'x'.repeat(4_001) }],
    ['query.continuationToken', { continuationToken: 'no-place' }],
    ['query.continuationToken', { continuationToken: 'zzz.CONVERSATION' }],
  ])('gets 400 naming %s for the list %j [R118]', async (field, query) => {
    const answer = await api().list(ANN, query);
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)['field']).toBe(field);
  });

  it('lists who has waited longest first, page by page, whatever comes and goes meanwhile', async () => {
    const { born, list, clock, world } = api();
    const ids = ['conversation-9', 'conversation-1', 'conversation-5', 'conversation-7', 'conversation-3'];
    for (const [index, id] of ids.entries()) {
      await born(id);
      // The last two are of one moment: their ids decide.
      if (index < 3) clock.now += 1_000;
    }
    const page = async (query: Record<string, string>) => {
      const { items, continuationToken } = bodyOf(await list(ANN, query)) as {
        items: { conversationId: string }[];
        continuationToken?: string;
      };
      return { ids: items.map(({ conversationId }) => conversationId), continuationToken };
    };
    const inOrder = [
      'conversation-9',
      'conversation-1',
      'conversation-5',
      'conversation-3',
      'conversation-7',
    ];
    expect(await page({})).toEqual({ ids: inOrder, continuationToken: undefined });
    const first = await page({ limit: '2' });
    expect(first.ids).toEqual(inOrder.slice(0, 2));
    world.listed.delete('conversation-1');
    await born('conversation-0');
    const second = await page({ limit: '2', continuationToken: first.continuationToken ?? '' });
    expect(second.ids).toEqual(['conversation-5', 'conversation-0']);
    const third = await page({ limit: '2', continuationToken: second.continuationToken ?? '' });
    expect(third).toEqual({ ids: ['conversation-3', 'conversation-7'], continuationToken: undefined });
  });

  it('sees every running deadline in one place, the next one first', async () => {
    const { born, list, service, act, world } = api();
    await born();
    const deadlines = async () =>
      (bodyOf(await list(ANN)) as { items: { deadlines: { kind: string; at: string }[] }[] }).items[0]
        ?.deadlines;
    expect(await deadlines()).toEqual([]);
    world.lose(ID, 'tab-a');
    await service.handle(ID, { type: 'disconnected', connectionId: 'tab-a', occurredAt: NOW });
    expect(await deadlines()).toEqual([{ kind: 'disconnection', at: '2026-03-01T10:03:00.000Z' }]);
    await act('accept', ANN);
    await act('end', ANN);
    expect((await deadlines())?.map(({ kind }) => kind)).toEqual(['auto-close']);
  });

  it('reads a transcript in pages [R119]', async () => {
    const { born, write, read } = api();
    await born();
    for (const number of [1, 2, 3]) await write(`m-${number}`, `text ${number}`);
    const first = bodyOf(await read(ANN, ID, { limit: '2' }));
    expect(first).toMatchObject({ transcript: [{ sequence: 1 }, { sequence: 2 }], nextAfter: 2 });
    const second = bodyOf(await read(ANN, ID, { limit: '2', after: '2' }));
    expect(second).toMatchObject({ transcript: [{ sequence: 3 }] });
    expect(second).not.toHaveProperty('nextAfter');
    expect((await read(ANN, ID, { after: '-1' })).status).toBe(400);
  });

  it('gets 503 while the storage or the timers fail, and the repeated call tells the truth', async () => {
    const { born, act, world } = api();
    await born();
    world.fail('load', 1);
    expect((await act('accept', ANN)).status).toBe(503);
    world.fail('push', 1);
    expect((await act('accept', ANN)).status).toBe(503);
    expect((await act('accept', ANN)).status).toBe(200);
    expect(world.conversation(ID)).toMatchObject({ state: 'Active', agent: { id: 'ann' } });
  });
});
