import { describe, expect, it } from '@jest/globals';
import { ContentionError, DependencyError } from '../../../shared/app/errors';
import type { Handled } from '../../../shared/conversation/conversation-service';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { workListItem, type WorkListItem } from '../../../shared/conversation/work-list';
import { reconcile } from '../../../shared/reconciliation/reconcile-service';
import type { ReconcileReport } from '../../../shared/reconciliation/report';
import { aConversation, change, customerLeft } from '../../support/domain/builders';
import { MemoryWorld } from '../../support/memory-ports';
import { PACE } from '../../support/pace';
import { silent } from '../../support/silent';
import {
  agentClosed,
  agentEnded,
  dependenciesOf,
  GRACE,
  ID,
  PROFILE,
  inConversation,
  inQueue,
  left,
  message,
  scene,
  connect,
  connected,
  deadline,
  disconnected,
  pastTheDeadline,
  quiet,
  run,
  type Scene,
  withAllowance,
} from './scene';
import { policies } from '../../support/domain/policies';

/**
 * One run a minute for forty minutes, so that everybody's turn has come: the draw is fixed by id and minute. Nothing is
 * closed for its age meanwhile.
 */
async function afterEveryTurn(made: Scene): Promise<ReconcileReport[]> {
  made.world.operatorSettings = { policies: policies({ wrapUpAutoClose: 'never' }), messages: [] };
  const reports: ReconcileReport[] = [];
  for (let minute = 0; minute < 40; minute += 1) {
    reports.push(await run(made));
    made.clock.now += MINUTE;
  }
  return reports;
}

const sum = (reports: ReconcileReport[], figure: keyof ReconcileReport) =>
  reports.reduce((total, report) => total + report[figure], 0);

describe('a disconnection whose timer never fired', () => {
  it('is ended in the next run, with its one notice', async () => {
    const made = await pastTheDeadline();
    made.clock.now += 21 * SECOND;
    expect(await run(made)).toMatchObject({ expired: 1, failed: 0 });
    expect(made.world.conversation(ID)).toMatchObject({
      state: 'WrapUp',
      end: { reason: 'customer-disconnected' },
    });
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });

  it('is left to its timer while that is hardly late', async () => {
    const made = await pastTheDeadline();
    made.clock.now += 5 * SECOND;
    await run(made);
    expect(made.world.conversation(ID).state).toBe('Active');
  });

  it('is ended by a timer of its own, when one allowance more is over, since nobody knows what was down', async () => {
    const made = withAllowance(await pastTheDeadline());
    made.world.timerList.clear();
    made.clock.now += 21 * SECOND;
    expect(await run(made)).toMatchObject({ expired: 0, failed: 0 });
    const due = made.clock.now + MINUTE + SECOND;
    expect([...made.world.timerList.values()]).toEqual([
      { id: { conversationId: ID, kind: 'disconnection', number: 2 }, deadline: due },
    ]);
    made.clock.now = due;
    expect(await made.handle(deadline(2))).toMatchObject({ outcome: { type: 'expired' } });
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });

  it('is ended, each once, within 90 seconds and one allowance where hundreds have failed in a second', async () => {
    const made = withAllowance(scene());
    const ids = Array.from({ length: 400 }, (_, n) => `conversation-${String(n).padStart(4, '0')}`);
    for (const id of ids) {
      await made.service.handle(id, { ...connect, conversationId: id } as typeof connect);
      await made.service.handle(id, connected('tab-a', made.clock.now));
      await made.service.handle(id, disconnected('tab-a', made.clock.now));
    }
    const due = made.clock.now + GRACE;
    // The most unlucky minute: in the run before, not one was overdue by enough.
    made.clock.now = due + PACE.overdueAfter;
    await run(made);
    for (const id of ids) expect(made.world.conversation(id).disconnection?.deadline).toBe(due);
    made.world.timerList.clear();
    // Each takes a tenth of a second of the run.
    made.clock.now += MINUTE;
    let loads = 0;
    made.world.gate = (operation) => {
      if (operation === 'load' && (loads += 1) % 16 === 0) made.clock.now += 100;
    };
    await run(made);
    expect(made.clock.now).toBeLessThan(due + 90 * SECOND);
    const timers = [...made.world.timerList.values()];
    expect(timers).toHaveLength(ids.length);
    for (const { id, deadline } of timers) {
      expect(deadline).toBeLessThan(due + 90 * SECOND + MINUTE);
      made.clock.now = Math.max(made.clock.now, deadline);
      const { kind, number } = id;
      await made.service.handle(id.conversationId, { type: 'deadline-reached', kind, number });
    }
    for (const id of ids) expect(made.world.noticesOf(id)).toHaveLength(1);
  });

  it('is ended once by two runs at the same time', async () => {
    const made = await pastTheDeadline();
    made.clock.now += MINUTE;
    await Promise.all([run(made), run(made)]);
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });

  it('is not ended while the service says that the customer is there', async () => {
    const made = await pastTheDeadline();
    made.world.open(ID, 'tab-b');
    made.clock.now += MINUTE;
    expect(await run(made)).toMatchObject({ expired: 0, healed: 1 });
    expect(made.world.conversation(ID)).toMatchObject({ state: 'Active', liveConnectionIds: ['tab-b'] });
  });

  it('is not ended while the service does not answer, and then is', async () => {
    const made = await pastTheDeadline();
    made.clock.now += MINUTE;
    made.world.fail('presence');
    expect(await run(made)).toMatchObject({ expired: 0, failed: 1 });
    expect(made.world.conversation(ID).state).toBe('Active');
    made.world.recover();
    expect(await run(made)).toMatchObject({ expired: 1 });
  });
});

describe('the comparison with the service', () => {
  it('begins a disconnection for a customer whose `disconnected` never came, with the whole grace period', async () => {
    const made = await inConversation();
    made.world.lose(ID, 'tab-a');
    made.clock.now += 20 * MINUTE;
    const noticedFrom = made.clock.now;
    const reports: ReconcileReport[] = [];
    while (made.world.conversation(ID).disconnection === undefined && reports.length < 40) {
      reports.push(await run(made));
      if (made.world.conversation(ID).disconnection === undefined) made.clock.now += MINUTE;
    }
    expect(sum(reports, 'disconnectionsBegun')).toBe(1);
    const { disconnection } = made.world.conversation(ID);
    expect(disconnection?.since).toBeGreaterThanOrEqual(noticedFrom);
    expect(disconnection?.deadline).toBe(made.clock.now + GRACE);
    expect([...made.world.timerList.values()].map(({ id }) => id.number)).toContain(2);
    expect([...made.world.told].join()).toContain('connection-lost');
  });

  it('ends that disconnection when nobody comes back', async () => {
    const made = await inQueue();
    made.world.lose(ID, 'tab-a');
    await afterEveryTurn(made);
    await afterEveryTurn(made);
    expect(made.world.conversation(ID)).toMatchObject({ state: 'Closed' });
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });

  it('adds a connection whose `connected` never came and drops one whose `disconnected` never came', async () => {
    const made = await inConversation();
    made.world.open(ID, 'tab-b');
    made.world.lose(ID, 'tab-a');
    expect(sum(await afterEveryTurn(made), 'healed')).toBe(1);
    expect(made.world.conversation(ID)).toMatchObject({
      liveConnectionIds: ['tab-b'],
      endedConnectionIds: ['tab-a'],
    });
  });

  it('costs one read and a question about each side every time, and writes nothing, when all is well', async () => {
    const made = quiet(await inConversation());
    const checked = sum(await afterEveryTurn(made), 'checked');
    expect(checked).toBeGreaterThan(0);
    expect(made.world.log).toEqual(
      Array.from({ length: checked }, () => ['load', 'presence', 'agent-presence']).flat(),
    );
  });
});

describe('the work list', () => {
  it('loses the row of a conversation that is closed', async () => {
    const made = await inQueue();
    const row = workListItem(made.world.conversation(ID));
    await made.handle(left);
    made.world.listed.set(ID, row!);
    made.clock.now += 2 * MINUTE;
    expect(sum(await afterEveryTurn(made), 'rowsRepaired')).toBe(1);
    expect(made.world.listed.size).toBe(0);
  });

  it('shows the stored state again where an older one was written last', async () => {
    const made = await inConversation();
    const older = workListItem(made.world.conversation(ID));
    await made.handle(agentEnded);
    made.world.listed.set(ID, older!);
    await afterEveryTurn(made);
    expect(made.world.listed.get(ID)).toMatchObject({ state: 'WrapUp' });
  });

  it('is not called repaired where the record is so young that its own writer may be about to write the row', async () => {
    const made = await inConversation();
    const older = workListItem(made.world.conversation(ID))!;
    // A run that begins a moment after the save of the end: here at every minute, for one of them is its turn.
    const reports: ReconcileReport[] = [];
    for (let minute = 0; minute < 20; minute += 1) {
      made.world.touch(ID);
      made.world.listed.set(ID, { ...older, customerName: 'as it was before' });
      made.clock.now += SECOND;
      reports.push(await run(made));
      made.clock.now += MINUTE - SECOND;
    }
    expect(sum(reports, 'checked')).toBeGreaterThan(0);
    expect(sum(reports, 'rowsRepaired')).toBe(0);
    expect(made.world.log).toContain('put-work-list');
  });

  it('gets the newest state, also where that is saved between the comparison and the row', async () => {
    const made = await inQueue();
    const row = workListItem(made.world.conversation(ID))!;
    made.world.listed.set(ID, { ...row, customerName: 'as it was before' });
    let loads = 0;
    made.world.gate = (operation) => {
      if (operation === 'load' && (loads += 1) % 2 === 0 && made.world.conversation(ID).state === 'Open')
        made.world.replace(change(made.world.conversation(ID), customerLeft(), made.clock.now).conversation);
    };
    await afterEveryTurn(made);
    expect(loads).toBeGreaterThan(1);
    expect(made.world.listed.size).toBe(0);
  });

  it('loses an old row without a conversation', async () => {
    const made = await inQueue();
    const row = workListItem(made.world.conversation(ID))!;
    made.world.listed.set('a-ghost-0001', { ...row, conversationId: 'a-ghost-0001' });
    await afterEveryTurn(made);
    expect([...made.world.listed.keys()]).toEqual([ID]);
  });

  it('keeps a young row without a conversation, which may be just about to be created', async () => {
    const made = await inQueue();
    const row = workListItem(made.world.conversation(ID))!;
    for (let n = 0; n < 50; n += 1) {
      const conversationId = `a-new-one-${String(n).padStart(4, '0')}`;
      made.world.listed.set(conversationId, { ...row, conversationId, createdAt: made.clock.now });
    }
    expect((await run(made)).checked).toBeGreaterThan(0);
    expect(made.world.listed.size).toBe(51);
  });

  it('leads to a conversation of which nothing but the first save happened', async () => {
    const made = scene();
    made.world.crashAfterNextSave();
    await expect(made.handle(connect)).rejects.toThrow();
    made.clock.now += GRACE + MINUTE;
    expect(await run(made)).toMatchObject({ expired: 1 });
    expect(made.world.conversation(ID).state).toBe('Closed');
  });

  it('makes reconciliation repeat the pushes of an end that was never told', async () => {
    const made = await inConversation();
    made.world.fail('push');
    for (let attempt = 0; attempt < 2; attempt += 1) await made.handle(left).catch(() => undefined);
    made.world.recover();
    await afterEveryTurn(made);
    expect([...made.world.told].join()).toContain('conversation-ended');
    expect(made.world.socketsOf(ID).size).toBe(0);
    expect(made.world.listed.get(ID)).toMatchObject({ state: 'WrapUp' });
  });
});

describe('an end that was never told', () => {
  it.each<[string, (made: Scene) => Promise<unknown>]>([
    ['its agent closes the conversation before reconciliation comes', (made) => made.handle(agentClosed)],
    [
      'it gives the capacity of its agent back before reconciliation comes',
      async (made) => {
        made.clock.now += MINUTE;
        return made.handle({ type: 'deadline-reached', kind: 'capacity-release', number: 1 });
      },
    ],
  ])('is told when %s', async (_when, next) => {
    const made = await inConversation();
    made.world.operatorSettings = { policies: policies({ wrapUpCapacity: MINUTE }), messages: [] };
    made.world.fail('push');
    await expect(made.handle(agentEnded)).rejects.toThrow();
    made.world.recover();
    expect(made.world.socketsOf(ID).size).toBe(1);
    await next(made);
    expect([...made.world.told].join()).toContain('conversation-ended');
    expect(made.world.socketsOf(ID).size).toBe(0);
  });
});

describe('an end that was never told, of a conversation that reconciliation looks at for another reason', () => {
  const leaveUntold = async (made: Scene): Promise<Scene> => {
    made.world.fail('push');
    await expect(made.handle(left)).rejects.toThrow();
    made.world.recover();
    return made;
  };
  const isTold = async (made: Scene): Promise<boolean> => {
    for (let minute = 0; minute < 5; minute += 1) {
      made.clock.now += MINUTE;
      await run(made);
    }
    expect(made.world.listed.has(ID)).toBe(false);
    return [...made.world.told].join().includes('conversation-ended');
  };

  it('is told where its customer would be told a place in the queue', async () => {
    expect(await isTold(await leaveUntold(await inQueue()))).toBe(true);
  });

  it('is told where its row cannot be read', async () => {
    const made = await leaveUntold(await inQueue());
    made.world.unreadableRows.set(ID, made.clock.now);
    expect(await isTold(made)).toBe(true);
  });

  it('is told where the deadline of an earlier disconnection has passed', async () => {
    const made = await inQueue();
    await made.leavesSilently('tab-a');
    made.world.fail('push');
    await expect(made.arrives('tab-b')).rejects.toThrow();
    expect(made.world.listed.get(ID)).toHaveProperty('disconnection');
    expect(await isTold(await leaveUntold(made))).toBe(true);
  });
});

describe('a conversation whose closure is put off by what its customer writes', () => {
  it('is compared like every other, and its row is not overdue for ever', async () => {
    const made = scene();
    const strict = { openAutoClose: 20 * MINUTE, openAutoCloseWhileConnected: true };
    made.world.operatorSettings = { policies: policies(strict), messages: [] };
    await made.arrives('tab-a');
    const compared: string[] = [];
    const handle: Scene['service']['handle'] = (id, event) => {
      compared.push(event.type);
      return made.service.handle(id, event);
    };
    for (let minute = 0; minute < 60; minute += 1) {
      made.clock.now += MINUTE;
      if (minute % 5 === 0) await made.handle(message(`m-${minute}`));
      await reconcile({ ...dependenciesOf(made), service: { handle } });
    }
    expect(compared.filter((type) => type === 'presence-checked').length).toBeGreaterThan(3);
    expect(compared.filter((type) => type === 'deadline-reached').length).toBeLessThan(6);
    expect(made.world.conversation(ID).state).toBe('Open');
  });

  it('is not overdue for ever either where policy says never meanwhile, and is closed when policy wants it again', async () => {
    const made = await inConversation();
    await made.handle(agentEnded);
    made.world.operatorSettings = { policies: policies({ wrapUpAutoClose: 'never' }), messages: [] };
    made.clock.now += 20 * MINUTE;
    await run(made);
    expect(made.world.listed.get(ID)?.deadlines).toEqual([]);
    made.world.operatorSettings = { policies: policies(), messages: [] };
    for (let minute = 0; minute < 20; minute += 1) {
      await run(made);
      made.clock.now += MINUTE;
    }
    expect(made.world.conversation(ID).state).toBe('Closed');
  });
});

describe('a row of the list without a conversation', () => {
  it.each<[string, (made: Scene) => void]>([
    ['', () => undefined],
    [' that cannot be read', ({ world, clock }) => void world.unreadableRows.set(ID, clock.now)],
  ])('%s is removed, but not before its conversation has had time to be stored', async (_what, spoil) => {
    const made = scene();
    made.world.listed.set(ID, workListItem({ ...aConversation(), id: ID, createdAt: made.clock.now })!);
    spoil(made);
    const rows = () => [...made.world.listed.keys(), ...made.world.unreadableRows.keys()];
    for (let minute = 0; minute < 5; minute += 1) {
      await run(made);
      expect(rows()).toContain(ID);
      made.clock.now += MINUTE;
    }
    await afterEveryTurn(made);
    expect(rows()).toEqual([]);
  });
});

describe('the row of a closure that policy does not want any more', () => {
  it('is not overdue for ever when it could not be written, though its customer is there', async () => {
    const made = scene();
    const profile = { ...PROFILE, workstream: 'persistent' };
    await made.handle({ ...connect, profile, signedInFor: 'persistent' } as typeof connect);
    made.world.open(ID, 'tab-a');
    await made.handle(connected('tab-a', made.clock.now));
    // Its place in the queue is told: nothing else writes its row.
    await run(made);
    const never = { id: 'never', when: {}, set: { openAutoClose: 'never' } } as const;
    made.world.operatorSettings = { policies: { ...policies(), rules: [never] }, messages: [] };
    made.clock.now += 31 * 24 * 60 * MINUTE;
    made.world.fail('put-work-list');
    const { autoClosureCount: number = 0 } = made.world.conversation(ID);
    const reached = { type: 'deadline-reached', kind: 'auto-close', number } as const;
    await expect(made.handle(reached)).rejects.toThrow();
    made.world.recover();
    for (let runs = 0; runs < 3; runs += 1) {
      made.clock.now += MINUTE;
      await run(made);
    }
    expect(made.world.listed.get(ID)?.deadlines).toEqual([]);
  });
});

describe('one run', () => {
  const anItem = (n: number, more: Partial<WorkListItem> = {}): WorkListItem => ({
    conversationId: `conversation-${String(n).padStart(6, '0')}`,
    channel: 'live-chat',
    state: 'Open',
    queue: 'default',
    customerName: 'Ann',
    accepted: false,
    createdAt: 0,
    stateSince: 0,
    deadlines: [],
    ...more,
  });

  /** A list of that many rows, and which of them were handled in so many runs, one a minute. */
  async function handledOf(
    items: readonly WorkListItem[],
    runs: number,
    { handle = async () => agrees, pace = PACE } = {},
  ) {
    const handled = new Set<string>();
    let now = Date.parse('2026-03-01T10:00:00Z');
    const world = new MemoryWorld();
    for (const item of items) world.listed.set(item.conversationId, item);
    for (let count = 0; count < runs; count += 1) {
      await reconcile({
        service: {
          handle: (id) => {
            handled.add(id);
            return handle();
          },
        },
        store: world.store,
        deadLetters: world.deadLetters,
        workList: { ...world.workList, list: async () => ({ items, unreadable: [] }) },
        pace,
        now: () => now,
        logger: silent,
      });
      now += MINUTE;
    }
    return handled;
  }
  const agrees: Handled = {
    kind: 'accepted',
    outcome: { type: 'superseded' },
    conversation: aConversation(),
    etag: '1',
  };

  it('leaves nobody out for good in a list that is longer than one run can compare', async () => {
    // Three times as many as one run compares, and all of them are due in every minute.
    const items = Array.from({ length: 3_000 }, (_, n) => anItem(n));
    const pace = { ...PACE, compareEvery: 1 };
    expect((await handledOf(items, 1, { pace })).size).toBeLessThan(1_100);
    expect((await handledOf(items, 12, { pace })).size).toBe(3_000);
  });

  it('compares everybody within two cycles, wherever in a cycle the first run falls', async () => {
    const items = Array.from({ length: 2_000 }, (_, n) => anItem(n));
    expect((await handledOf(items, 2 * PACE.compareEvery - 1)).size).toBe(2_000);
  });

  it('handles every overdue disconnection first, wherever it stands in the list', async () => {
    const overdue = { number: 2, since: 0, deadline: 1 };
    const items = [
      ...Array.from({ length: 9_000 }, (_, n) => anItem(n)),
      anItem(9_999, { disconnection: overdue }),
    ];
    expect((await handledOf(items, 1)).has('conversation-009999')).toBe(true);
  });

  /** The longest time for which any of 250 conversations was not compared in such runs, in minutes. */
  async function longestWait(runs: readonly number[]): Promise<number> {
    const from = Date.parse('2026-03-01T10:00:00Z');
    // Something was done, so nobody looks at the row of the list as well.
    const present = { ...agrees, outcome: { type: 'customer-present' } } as const;
    const items = Array.from({ length: 250 }, (_, n) => anItem(n));
    const last = new Map(items.map(({ conversationId }) => [conversationId, from]));
    const world = new MemoryWorld();
    let now = from;
    let longest = 0;
    await world.workList.setComparedUntil(from);
    const handle = async (id: string) => {
      longest = Math.max(longest, now - last.get(id)!);
      last.set(id, now);
      return present;
    };
    for (const minute of runs) {
      now = from + minute * MINUTE;
      const { workList, store, deadLetters } = world;
      await reconcile({
        ...{ service: { handle }, store, deadLetters, pace: PACE, now: () => now, logger: silent },
        workList: { ...workList, list: async () => ({ items, unreadable: [] }) },
      });
    }
    return Math.max(longest, ...[...last.values()].map((at) => now - at)) / MINUTE;
  }
  /** Four hours, thirty cycles: what comes in them comes again in every four. */
  const everyMinutes = (step: number) => Array.from({ length: 240 / step }, (_, n) => (n + 1) * step);

  it.each([1, 2, 4, 5, 8, 16])(
    'that comes every %d minutes leaves nobody without a comparison for two cycles, or a cycle and the pause between runs [R184]',
    async (step) => {
      expect(await longestWait(everyMinutes(step))).toBeLessThanOrEqual(
        Math.max(2 * PACE.compareEvery, PACE.compareEvery + step),
      );
    },
  );

  it('makes up for those that were skipped, once or one in two', async () => {
    const everySecond = everyMinutes(1).filter((minute) => minute % 3 === 0 || minute % 5 === 0);
    expect(await longestWait(everySecond)).toBeLessThanOrEqual(2 * PACE.compareEvery);
    const withoutAnHour = everyMinutes(1).filter((minute) => minute < 100 || minute >= 160);
    expect(await longestWait(withoutAnHour)).toBeLessThanOrEqual(60 + PACE.compareEvery);
  });

  it('that is cut short says how far it is behind, and the next goes on where it has left off', async () => {
    const items = Array.from({ length: 2_000 }, (_, n) => anItem(n));
    const world = new MemoryWorld();
    let now = Date.parse('2026-03-01T10:00:00Z');
    const handled: string[] = [];
    const one = async (limit: number) => {
      let left = limit;
      const handle = async (id: string) => {
        handled.push(id);
        // The time of the run is over.
        if ((left -= 1) <= 0) now += MINUTE;
        return agrees;
      };
      const { workList, store, deadLetters } = world;
      return reconcile({
        ...{ service: { handle }, store, deadLetters, pace: PACE, now: () => now, logger: silent },
        workList: { ...workList, list: async () => ({ items, unreadable: [] }) },
      });
    };
    // Nobody knows where the run before has left off: everybody is due.
    const first = await one(1_000);
    expect(first.behindMs).toBeGreaterThan(2 * MINUTE);
    expect(handled.length).toBeLessThan(1_100);
    const second = await one(Number.POSITIVE_INFINITY);
    expect(second.behindMs).toBe(0);
    expect(new Set(handled).size).toBe(2_000);
  });

  it('compares everybody where a clock that was ahead has written when the last one was', async () => {
    const world = new MemoryWorld();
    const now = Date.parse('2026-03-01T10:00:00Z');
    await world.workList.setComparedUntil(now + 60 * MINUTE);
    const items = Array.from({ length: 200 }, (_, n) => anItem(n, { state: 'Active' }));
    const { store, deadLetters } = world;
    const report = await reconcile({
      ...{
        service: { handle: async () => agrees },
        store,
        deadLetters,
        pace: PACE,
        now: () => now,
        logger: silent,
      },
      workList: { ...world.workList, list: async () => ({ items, unreadable: [] }) },
    });
    expect(report).toMatchObject({ checked: 200, behindMs: 0 });
    expect(world.comparedUntil).toBe(now);
  });

  it.each([
    ['that others were faster for', () => new ContentionError(24)],
    [
      'whose sockets the service counts and does not list',
      () => new DependencyError('web-pubsub', 'presence: connected, but not listed', { isDown: false }),
    ],
  ])(
    'tries a conversation %s once more, files its letter, and takes it for no outage [R180]',
    async (_which, error) => {
      const overdue = { number: 2, since: 0, deadline: 1 };
      const items = Array.from({ length: 100 }, (_, n) => anItem(n, { disconnection: overdue }));
      const [failing, works] = [
        new Set(items.slice(0, 90).map(({ conversationId }) => conversationId)),
        anItem(95),
      ];
      const tries: string[] = [];
      const world = new MemoryWorld();
      const { store, deadLetters } = world;
      const handle = async (id: string) => {
        tries.push(id);
        if (failing.has(id)) throw error();
        return agrees;
      };
      const deps = {
        ...{ service: { handle }, store, deadLetters, pace: PACE, now: () => MINUTE * 60, logger: silent },
        workList: { ...world.workList, list: async () => ({ items, unreadable: [] }) },
      };
      expect(await reconcile(deps)).toMatchObject({ failed: 0, unusable: 90, deadLettersOpened: 90 });
      expect(tries).toContain(works.conversationId);
      expect(tries.filter((id) => id === items[0]!.conversationId)).toHaveLength(2);
      expect(deadLetters.all()[0]).toMatchObject({ kind: 'deadline-failed', state: 'open' });
    },
  );

  it('gives up soon while a service is down', async () => {
    const items = Array.from({ length: 5_000 }, (_, n) => anItem(n));
    const failing = () => Promise.reject(new DependencyError('web-pubsub', 'presence'));
    expect((await handledOf(items, 1, { handle: failing })).size).toBeLessThanOrEqual(32);
  });
});
