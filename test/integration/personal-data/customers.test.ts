import { beforeAll, describe, expect, test } from '@jest/globals';
import { encodeEntry } from '../../../shared/conversation/conversation-table';
import { createEraser } from '../../../shared/personal-data/erase-service';
import { SETTLING_TIME } from '../../../shared/personal-data/erasure';
import { PROFILE } from '../../support/domain/builders';
import { stepOf } from '../../support/part-of';
import { CALL } from '../../support/service';
import { bodyOf, call, request } from '../../unit/handlers/request';
import { messageOf } from '../../unit/storage/samples';
import { scene } from './scene';

const { tables, world, store, customers, service, dependencies, eraser, ...here } = scene();
const { erasures } = dependencies;

beforeAll(() => tables.ensureTables());

let born = 0;
const newCustomer = () => `erika-${(born += 1)}@shop.example`;
/** A conversation that the customer negotiates, and opens. */
async function begun(customerId: string, isOpened = true): Promise<string> {
  const id = `conversation-${String((born += 1)).padStart(4, '0')}`;
  const { conversationIds, etag } = await customers.conversationsOf(customerId);
  await customers.remember(customerId, [id, ...conversationIds], etag);
  if (isOpened) await service.handle(id, { type: 'connect', conversationId: id, profile: PROFILE });
  return id;
}
const services = {
  eraser: () => eraser,
  erasures,
  store,
  customers,
  settings: world.settings,
  now: here.now,
};
const ask = async (id: string, body: object) =>
  bodyOf(await call(id, request({ body }), { ...services, loggerOf: dependencies.loggerOf }));

describe('the erasure of a customer', () => {
  test('erases all of its conversations, and nobody else’s [R207]', async () => {
    const [customerId, other] = [newCustomer(), newCustomer()];
    const ids = [await begun(customerId), await begun(customerId), await begun(customerId, false)];
    const theirs = await begun(other);
    const answer = await ask('erase-customer', { customerId });
    expect(answer).toMatchObject({ status: 'erased', remaining: [], incomplete: false });
    const erased = answer['erased'] as { conversationId: string }[];
    expect(erased.map(({ conversationId }) => conversationId).sort()).toEqual(ids);
    for (const id of ids) {
      const connect = { type: 'connect', conversationId: id, profile: PROFILE } as const;
      expect(await service.receive(id, connect)).toMatchObject({ kind: 'refused' });
    }
    expect((await store.load(theirs))?.conversation.id).toBe(theirs);
    expect(await ask('erase-customer', { customerId })).toMatchObject({ status: 'erased', erased: [] });
  });

  test('erases what begins meanwhile as well [R207]', async () => {
    const customerId = newCustomer();
    await begun(customerId);
    let meanwhile: string | undefined;
    const busy = createEraser({
      ...dependencies,
      customers: {
        ...customers,
        forget: async (id) => {
          await customers.forget(id);
          meanwhile ??= await begun(customerId);
        },
      },
    })(CALL);
    const { erased, remaining } = await busy.eraseCustomer(customerId);
    expect(remaining).toEqual([]);
    expect(erased.map(({ conversationId }) => conversationId)).toContain(meanwhile);
  });

  test('names what has failed, and does it when it is repeated [R207]', async () => {
    const customerId = newCustomer();
    const [good, bad] = [await begun(customerId), await begun(customerId)];
    const failing = createEraser({
      ...dependencies,
      erasures: {
        ...erasures,
        removeRows: async (erasure) => {
          if (erasure.conversationId === bad) throw new Error('CANARY');
          return erasures.removeRows(erasure);
        },
      },
    })(CALL);
    const { erased, remaining } = await failing.eraseCustomer(customerId);
    expect(erased.map(({ conversationId }) => conversationId)).toEqual([good]);
    expect(remaining).toEqual([bad]);
    expect(await ask('erase-customer', { customerId })).toMatchObject({
      status: 'erased',
      erased: [{ conversationId: bad }],
    });
  });

  test('that is cut off at any operation is done when it is repeated', async () => {
    for (let at = 1, isCutOff = true; isCutOff; at += 3 * stepOf(2)) {
      const customerId = newCustomer();
      const ids = [await begun(customerId), await begun(customerId)];
      here.crashAt(at);
      await eraser.eraseCustomer(customerId).catch(() => undefined);
      isCutOff = here.operations() >= at;
      here.crashAt(0);
      expect(await ask('erase-customer', { customerId })).toMatchObject({ status: 'erased', remaining: [] });
      here.pass(SETTLING_TIME);
      await eraser.finishErasures();
      for (const id of ids) {
        const left = (await here.rowsOf(id)).filter(
          (name) => !/^(conversations|erasures|customers begun)/.test(name),
        );
        expect(left).toEqual([]);
      }
    }
  });

  test('of a conversation that never came to be, its rows go by its age', async () => {
    const customerId = newCustomer();
    const id = await begun(customerId, false);
    here.pass(367 * 24 * 60 * 60_000);
    await eraser.finishErasures();
    expect(await here.rowsOf(id)).toEqual([]);
    expect(await customers.conversationsOf(customerId)).toEqual({ conversationIds: [] });
  });
});

describe('the export', () => {
  const fill = async (id: string, from: number, to: number) => {
    for (let sequence = from; sequence <= to; sequence += 100) {
      const entries = Array.from({ length: Math.min(100, to - sequence + 1) }, (_, i) =>
        messageOf(sequence + i),
      );
      const rows = entries.map((entry) => ['create', encodeEntry(id, entry)] as const);
      await tables.conversations.submitTransaction(rows.map(([kind, row]) => [kind, row]));
    }
    const last = {
      partitionKey: id,
      rowKey: 'conversation',
      lastSequence: { type: 'Int32' as const, value: to },
    };
    await tables.conversations.updateEntity(last, 'Merge');
  };
  type Page = {
    exports: { conversationId: string; transcript: { sequence: number }[] }[];
    next?: { conversationId: string; after: number };
  };

  test('of a customer has every entry of every conversation once, page by page [R208]', async () => {
    const customerId = newCustomer();
    const ids = [await begun(customerId), await begun(customerId), await begun(customerId, false)];
    await fill(ids[0]!, 1, 1_250);
    await fill(ids[1]!, 1, 900);
    const seen = new Map<string, number[]>();
    let from: Page['next'];
    let pages = 0;
    do {
      const page = (await ask('export-customer', { customerId, ...(from && { from }) })) as unknown as Page;
      const count = page.exports.reduce((sum, { transcript }) => sum + transcript.length, 0);
      expect(count).toBeLessThanOrEqual(1_000);
      for (const { conversationId, transcript } of page.exports)
        seen.set(conversationId, [
          ...(seen.get(conversationId) ?? []),
          ...transcript.map(({ sequence }) => sequence),
        ]);
      from = page.next;
      pages += 1;
    } while (from !== undefined);
    expect(pages).toBe(3);
    const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);
    expect(seen.get(ids[0]!)).toEqual(upTo(1_250));
    expect(seen.get(ids[1]!)).toEqual(upTo(900));
  });

  test('of a conversation whose last entries are gone comes to its end [R208]', async () => {
    const id = await begun(newCustomer());
    await fill(id, 1, 30);
    for (const sequence of [29, 30]) {
      const { partitionKey, rowKey } = encodeEntry(id, messageOf(sequence));
      await tables.conversations.deleteEntity(partitionKey, rowKey);
    }
    const page = async (after: string) =>
      bodyOf(
        await call(
          'export-conversation',
          request({ method: 'GET', params: { conversationId: id }, query: { after } }),
          { ...services, loggerOf: dependencies.loggerOf },
        ),
      );
    const whole = await page('0');
    expect(whole['transcript']).toHaveLength(28);
    expect(whole['nextAfter']).toBeUndefined();
    expect(await page('28')).toMatchObject({ transcript: [], conversationId: id });
    expect((await page('28'))['nextAfter']).toBeUndefined();
  });
});
