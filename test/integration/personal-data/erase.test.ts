import { beforeAll, describe, expect, test } from '@jest/globals';
import { ErasedError } from '../../../shared/app/errors';
import { encodeEntry } from '../../../shared/conversation/conversation-table';
import { MINUTE } from '../../../shared/conversation/time';
import { createEraser } from '../../../shared/personal-data/erase-service';
import { SETTLING_TIME, TOMBSTONE_TIME } from '../../../shared/personal-data/erasure';
import { PROFILE } from '../../support/domain/builders';
import { stepOf } from '../../support/part-of';
import { CALL, serviceOver } from '../../support/service';
import { messageOf } from '../../unit/storage/samples';
import { type Crash, namesOf, scene } from './scene';

const {
  tables,
  world,
  store,
  workList,
  deadLetters,
  capacity,
  customers,
  service,
  stubborn,
  dependencies,
  eraser,
  ...here
} = scene();
/** Everybody has an agent of its own, who has room. */
const agent = () => ({ agentId: `agent-${born}`, agentName: 'Anna' });

beforeAll(() => tables.ensureTables());

/** Thousands of requests, one after the other: minutes where others compute as well. */
const MINUTES = 5 * MINUTE;

let born = 0;
/** A conversation whose customer has a socket, and has written. */
async function begun(): Promise<string> {
  born += 1;
  const id = `conversation-${born}`;
  await service.handle(id, { type: 'connect', conversationId: id, profile: PROFILE });
  world.open(id, `tab-${born}`);
  const occurredAt = here.now();
  await service.handle(id, { type: 'connected', connectionId: `tab-${born}`, occurredAt });
  await say(id, 'my number is 555-0100');
  return id;
}
const say = (id: string, text: string) =>
  service.handle(id, { type: 'customer-message', connectionId: `tab-${born}`, messageId: text, text });
const accepted = async () => {
  const id = await begun();
  await service.handle(id, { type: 'agent-accepted', ...agent() });
  return id;
};
/** With a row in every table, and a timer of each sort. */
async function everywhere(): Promise<string> {
  const id = await accepted();
  await customers.remember(`customer of ${id}`, [id], undefined);
  world.lose(id, `tab-${born}`);
  const occurredAt = here.now();
  await service.handle(id, { type: 'disconnected', connectionId: `tab-${born}`, occurredAt });
  const failing = { conversationId: id, kind: 'check-failed', code: 'unexpected' } as const;
  await deadLetters.file(failing, here.now());
  // Units of a process that has died between the reservation and the save.
  await capacity.reserve({ agentId: 'ben', conversationId: id, assignment: 9 }, 5);
  return id;
}
const timersOf = (id: string) =>
  [...world.timerList.keys()].filter((instance) => instance.startsWith(`${id}.`));
/** Nothing but the tombstone, and what leads to its removal. */
const REMAINS = /^(conversations .*\/conversation|erasures tombstones\/.*|customers begun\..*)$/;
async function expectErased(...ids: string[]) {
  const rows = await here.rows();
  for (const id of ids) {
    await expect(store.load(id)).rejects.toThrow(ErasedError);
    expect(namesOf(rows, id).filter((name) => !REMAINS.test(name))).toEqual([]);
    expect(timersOf(id)).toEqual([]);
    expect(world.socketsOf(id)).toEqual(new Set());
  }
}
const settled = async () => {
  here.pass(SETTLING_TIME);
  await eraser.finishErasures();
};

describe('of an erased conversation', () => {
  test('nothing is left but a tombstone without anything personal [R200]', async () => {
    const id = await everywhere();
    expect((await here.rowsOf(id)).map((name) => name.split(' ')[0])).toEqual([
      ...['conversations', 'conversations', 'conversations', 'workList'],
      ...[
        'agentCapacity',
        'agentCapacity',
        'customers',
        'customers',
        'customers',
        'customers',
        'deadLetters',
      ],
    ]);
    expect(timersOf(id).length).toBeGreaterThan(1);
    expect(await eraser.eraseConversation(id, 'request')).toEqual({
      ...{ status: 'erased', conversationId: id, erasedAt: here.now(), found: true },
    });
    await settled();
    await expectErased(id);
    const tombstone = await tables.conversations.getEntity(id, 'conversation');
    const { partitionKey: _, rowKey: __, etag: ___, timestamp: ____, ...columns } = tombstone;
    expect(Object.keys(columns).sort()).toEqual(['erasedAt', 'odata.metadata', 'schemaVersion']);
    expect((await capacity.loadOf('ben')).holdings).toEqual([]);
  });

  test('no entry is left, however many there were', async () => {
    const id = await begun();
    const entries = Array.from({ length: 1_050 }, (_, index) => encodeEntry(id, messageOf(index + 100)));
    for (let i = 0; i < entries.length; i += 100)
      await tables.conversations.submitTransaction(
        entries.slice(i, i + 100).map((entry) => ['create', entry]),
      );
    await eraser.eraseConversation(id, 'request');
    await settled();
    await expectErased(id);
  });

  test('nothing that comes later has an effect: no event begins it anew [R201]', async () => {
    const id = await everywhere();
    await eraser.eraseConversation(id, 'request');
    await settled();
    const before = await here.rowsOf(id);
    const occurredAt = here.now();
    for (const event of [
      { type: 'connect', conversationId: id, profile: PROFILE },
      { type: 'connected', connectionId: 'tab-x', occurredAt },
      { type: 'disconnected', connectionId: 'tab-x', occurredAt },
      { type: 'customer-message', connectionId: 'tab-x', messageId: 'm', text: 'hello?' },
      { type: 'customer-left' },
      { type: 'customer-returning' },
      { type: 'agent-accepted', ...agent() },
      { type: 'agent-message', agentId: agent().agentId, messageId: 'm', text: 'hello?' },
      { type: 'presence-checked', endUntold: true },
      { type: 'deadline-reached', kind: 'disconnection', number: 2 },
      { type: 'deadline-reached', kind: 'auto-close', number: 1 },
    ] as const) {
      const handled = await service.receive(id, event);
      expect(handled).toMatchObject({ kind: 'refused', refusal: { code: 'conversation-not-found' } });
    }
    expect(await here.rowsOf(id)).toEqual(before);
    expect(timersOf(id)).toEqual([]);
  });

  test('its tombstone goes when no ticket can be valid any more [R202]', async () => {
    const id = await begun();
    await eraser.eraseConversation(id, 'request');
    await settled();
    here.pass(TOMBSTONE_TIME - SETTLING_TIME);
    await eraser.finishErasures();
    expect(await here.rowsOf(id)).toHaveLength(2);
    here.pass(MINUTE);
    await eraser.finishErasures();
    expect(await here.rowsOf(id)).toEqual([]);
  });
});

describe('what goes on', () => {
  test('is ended first: its agent is told, and free again [R203]', async () => {
    const id = await accepted();
    world.pushes.length = 0;
    await eraser.eraseConversation(id, 'request');
    const told = world.pushes.filter(({ conversationId }) => conversationId === id);
    expect(told.map(({ push }) => push.type)).toContain('conversation-ended');
    expect(told.some(({ audience }) => audience.to !== 'customer')).toBe(true);
    const held = (await capacity.loadOf(agent().agentId)).holdings.filter(
      ({ conversationId }) => conversationId === id,
    );
    expect(held).toEqual([]);
    await settled();
    await expectErased(id);
  });

  test('is left alone where only its age has asked', async () => {
    const id = await accepted();
    expect(await eraser.eraseConversation(id, 'retention')).toEqual({
      status: 'goes-on',
      conversationId: id,
    });
    expect((await store.load(id))?.conversation.state).toBe('Active');
    await service.handle(id, { type: 'agent-ended', agentId: agent().agentId });
    await service.handle(id, { type: 'agent-closed', agentId: agent().agentId });
    expect(await eraser.eraseConversation(id, 'retention')).toMatchObject({ status: 'erased' });
    await expectErased(id);
  });

  test('is erased, too, when nobody can read its record', async () => {
    const id = await everywhere();
    const record = { partitionKey: id, rowKey: 'conversation', disconnectionSince: 'yesterday' };
    await tables.conversations.updateEntity(record, 'Merge');
    expect(await eraser.eraseConversation(id, 'request')).toMatchObject({ status: 'erased', found: true });
    await settled();
    await expectErased(id);
  });
});

describe('what was negotiated and never opened', () => {
  test('cannot be opened after its erasure', async () => {
    const id = 'conversation-never';
    expect(await eraser.eraseConversation(id, 'request')).toMatchObject({ status: 'erased', found: false });
    const connect = { type: 'connect', conversationId: id, profile: PROFILE } as const;
    expect(await service.receive(id, connect)).toMatchObject({ kind: 'refused' });
    await settled();
    await expectErased(id);
  });

  test('what is left of a record that somebody has deleted by hand is removed', async () => {
    const id = await everywhere();
    await tables.conversations.deleteEntity(id, 'conversation');
    expect(await eraser.eraseConversation(id, 'request')).toMatchObject({ status: 'erased', found: true });
    expect((await here.rowsOf(id)).filter((name) => !REMAINS.test(name))).toEqual([
      `erasures unfinished/${id}`,
    ]);
  });
});

describe('an erasure that is cut off', () => {
  const EACH = stepOf(3);

  /** Every operation fails once, each in the erasure of another conversation; those whose erasure was cut off. */
  const everyCrash = async (how: Crash, next: (id: string) => Promise<unknown> = async () => undefined) => {
    const ids: string[] = [];
    for (let at = 1; ; at += EACH) {
      const id = await everywhere();
      here.crashAt(at, how);
      const isCutOff = await eraser.eraseConversation(id, 'request').then(
        () => here.operations() >= at,
        () => true,
      );
      here.crashAt(0);
      await next(id);
      ids.push(id);
      if (!isCutOff) return ids;
    }
  };

  test(
    'at any operation is done when it is repeated [R204]',
    async () => {
      const ids = await everyCrash('before', async (id) =>
        expect(await eraser.eraseConversation(id, 'request')).toMatchObject({ status: 'erased' }),
      );
      expect(ids.length * EACH).toBeGreaterThan(20);
      await settled();
      await expectErased(...ids);
    },
    MINUTES,
  );

  test(
    'at any operation is finished by the next run, unless it had not begun [R204]',
    async () => {
      const ids = await everyCrash('after');
      const rows = await here.rows();
      const begun = ids.filter((id) => namesOf(rows, id).includes(`erasures unfinished/${id}`));
      const untouched = ids.filter((id) => !begun.includes(id));
      for (const id of untouched) expect((await store.load(id))?.conversation.state).toBe('Active');
      expect(untouched.length).toBeLessThanOrEqual(Math.ceil(5 / EACH));
      expect(begun.length * EACH).toBeGreaterThan(15);
      await settled();
      await settled();
      await expectErased(...begun);
      const after = await here.rows();
      for (const id of begun)
        expect(namesOf(after, id).filter((name) => /unfinished/.test(name))).toEqual([]);
    },
    MINUTES,
  );

  test('by a timer that has not ended yet is under way, and finished by the next run', async () => {
    const id = await everywhere();
    stubborn.add(`${id}.disconnection.2`);
    expect(await eraser.eraseConversation(id, 'request')).toMatchObject({ status: 'under-way' });
    await expect(store.load(id)).rejects.toThrow(ErasedError);
    await eraser.finishErasures();
    await settled();
    await expectErased(id);
  });

  test('by sockets that cannot be closed has removed everything else', async () => {
    const id = await accepted();
    await service.handle(id, { type: 'agent-ended', agentId: agent().agentId });
    await service.handle(id, { type: 'agent-closed', agentId: agent().agentId });
    world.fail('close-customer-connections');
    await expect(eraser.eraseConversation(id, 'request')).rejects.toThrow('web-pubsub');
    expect(await here.rowsOf(id)).toEqual([`conversations ${id}/conversation`, `erasures unfinished/${id}`]);
    world.recover();
    await eraser.finishErasures();
    await settled();
    await expectErased(id);
  });
});

describe('beside an event', () => {
  test('that saves first, it is decided anew; what the event still writes is removed by the second pass', async () => {
    const id = await begun();
    const { conversation } = (await store.load(id))!;
    const racing = createEraser({
      ...dependencies,
      erasures: {
        ...dependencies.erasures,
        async bury(...args) {
          if ((await here.rowsOf(id)).some((name) => name.includes('entry.000000000009'))) {
            return dependencies.erasures.bury(...args);
          }
          // Another writer is faster.
          await tables.conversations.createEntity(encodeEntry(id, messageOf(9)));
          await tables.conversations.updateEntity(
            { partitionKey: id, rowKey: 'conversation', device: 'phone' },
            'Merge',
          );
          return dependencies.erasures.bury(...args);
        },
      },
    })(CALL);
    expect(await racing.eraseConversation(id, 'request')).toMatchObject({ status: 'erased' });
    // The row of the work list comes last, of a writer that had saved before.
    await workList.put({
      ...{ conversationId: id, channel: 'live-chat', state: 'Open', queue: 'support', customerName: 'Kim' },
      ...{
        accepted: false,
        createdAt: conversation.createdAt,
        stateSince: conversation.createdAt,
        deadlines: [],
      },
    });
    await settled();
    await expectErased(id);
  });

  test.each(['for the first time', 'once more'])(
    'of a customer who comes back too late, %s, what is kept of it is not written behind the erasure [R200]',
    async (time) => {
      const id = await begun();
      world.lose(id, `tab-${born}`);
      const occurredAt = here.now();
      await service.handle(id, { type: 'disconnected', connectionId: `tab-${born}`, occurredAt });
      here.pass(60 * MINUTE);
      await service.handle(id, { type: 'deadline-reached', kind: 'disconnection', number: 2 });
      const back = { type: 'customer-returning' } as const;
      const refused = { kind: 'refused', refusal: { code: 'conversation-ended', state: 'Closed' } };
      if (time === 'once more') expect(await service.handle(id, back)).toMatchObject(refused);
      const { participants, timers, settings } = world;
      const ports = { store, deadLetters, capacity, participants, timers, settings, now: here.now };
      const late = serviceOver({
        ...ports,
        workList: {
          ...workList,
          async remove(conversationId, closed) {
            expect(await eraser.eraseConversation(id, 'retention')).toMatchObject({ status: 'erased' });
            await workList.remove(conversationId, closed);
          },
        },
      });
      expect(await late.handle(id, back)).toMatchObject(refused);
      await expectErased(id);
    },
  );

  test('that meets the tombstone, the row that it has listed is taken off again', async () => {
    const id = 'conversation-raced';
    const racing = {
      ...store,
      save: async (change: Parameters<typeof store.save>[0]) => {
        await eraser.eraseConversation(id, 'request');
        return store.save(change);
      },
    };
    const { participants, timers, settings } = world;
    const other = serviceOver({
      store: racing,
      workList,
      deadLetters,
      participants,
      timers,
      capacity,
      settings,
      now: here.now,
    });
    const connect = { type: 'connect', conversationId: id, profile: PROFILE } as const;
    expect(await other.receive(id, connect)).toMatchObject({ kind: 'refused' });
    expect((await here.rowsOf(id)).filter((name) => name.startsWith('workList'))).toEqual([]);
  });
});
