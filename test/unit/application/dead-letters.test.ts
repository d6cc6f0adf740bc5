import { describe, expect, it } from '@jest/globals';
import { DependencyError, StoredRowError } from '../../../shared/app/errors';
import { createVerifiedAgentCapacity } from '../../../shared/capacity/capacity-service';
import type { DeadlineKind } from '../../../shared/conversation/conversation';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import type { Failing } from '../../../shared/dead-letters/dead-letter';
import { createDamageReport, purgeDeadLetters } from '../../../shared/dead-letters/dead-letters-service';
import { reconcile } from '../../../shared/reconciliation/reconcile-service';
import { agentDisconnected } from '../../../shared/web-pubsub/agent-sockets-service';
import { bodyOf, call, request } from '../handlers/request';
import {
  accepted,
  agentEnded,
  ANN,
  connect,
  connected,
  deadline,
  dependenciesOf,
  disconnected,
  GRACE,
  ID,
  inConversation,
  pastTheDeadline,
  quiet,
  scene,
  type Scene,
} from './scene';

const DAY = 24 * 60 * MINUTE;

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields?: object | undefined;
}

/** The dependencies of reconciliation and replay, and what they log, but for the ends (log-end.test.ts). */
function quarantineOf(made: Scene) {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields?: object) => {
    if (message !== 'deadline: reached') lines.push({ level, message, fields });
  };
  const logger = { info: at('info'), warn: at('warn'), error: at('error'), refusal: at('warn') };
  return { ...dependenciesOf(made, logger), lines };
}

/** So many conversations whose customers are away for too long, in the order of the work list. */
async function overdue(made: Scene, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await made.service.handle(id, { ...connect, conversationId: id } as ConversationEvent);
    await made.service.handle(id, connected('tab-a', made.clock.now));
    await made.service.handle(id, disconnected('tab-a', made.clock.now));
  }
  made.clock.now += GRACE + MINUTE;
}

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${name}-${String(n).padStart(4, '0')}`);

/** What its timer files when it gives up for now, because Web PubSub is down. */
const restedAt = (conversationId: string, kind: DeadlineKind, number: number): Failing => ({
  conversationId,
  kind: 'deadline-failed',
  deadline: { kind, number },
  code: 'retries-exhausted',
});

/** The change is stored, and nobody is told. */
async function savedAndUntold(made: Scene, event: ConversationEvent): Promise<void> {
  made.world.fail('push');
  await expect(made.handle(event)).rejects.toThrow(DependencyError);
  made.world.recover();
}

describe('a run of reconciliation', () => {
  it('reaches everybody behind a hundred conversations that cannot be handled', async () => {
    const made = scene();
    const [spoiled, healthy] = [numbered('spoiled', 100), numbered('zz-healthy', 20)];
    await overdue(made, [...spoiled, ...healthy]);
    for (const id of spoiled) made.world.spoiled.set(id, 'unreadable');
    const report = await reconcile(quarantineOf(made));
    expect(report).toMatchObject({ expired: 20, unusable: 100, deadLettersOpened: 100, failed: 0 });
    for (const id of healthy) expect(made.world.conversation(id).state).toBe('Closed');
  });

  it('takes those in quarantine last', async () => {
    const made = scene();
    await overdue(made, ['spoiled-0001', 'healthy-0001']);
    made.world.spoiled.set('spoiled-0001', 'unreadable');
    const deps = quarantineOf(made);
    await reconcile(deps);
    await overdue(made, ['healthy-0002']);
    const order: string[] = [];
    const load = (id: string) => {
      order.push(id);
      return made.world.store.load(id);
    };
    // Both look: the service at the others, the replay at those in quarantine.
    const handle = (id: string, event: ConversationEvent) => {
      order.push(id);
      return made.service.handle(id, event);
    };
    await reconcile({ ...deps, store: { load }, service: { handle } });
    expect(order.at(-1)).toBe('spoiled-0001');
    expect(order).toContain('healthy-0002');
    expect(order.filter((id) => id === 'spoiled-0001')).toHaveLength(1);
  });

  it('tries those in quarantine first that have waited longest, so that all have their turn', async () => {
    const made = scene();
    const spoiled = numbered('spoiled', 100);
    await overdue(made, spoiled);
    for (const id of spoiled) made.world.spoiled.set(id, 'unreadable');
    const deps = quarantineOf(made);
    await reconcile(deps);
    const tried = new Set<string>();
    const load = (id: string) => {
      tried.add(id);
      made.clock.now += SECOND;
      return made.world.store.load(id);
    };
    const sizes: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      await reconcile({ ...deps, store: { load } });
      sizes.push(tried.size);
    }
    expect(sizes[0]).toBeLessThan(100);
    expect(sizes[2]).toBe(100);
  });

  it('logs one line with how often it had to act, and what is broken', async () => {
    const made = scene();
    await overdue(made, ['spoiled-0001', 'healthy-0001', 'healthy-0002']);
    made.world.spoiled.set('spoiled-0001', 'full');
    const { lines, ...deps } = quarantineOf(made);
    await reconcile(deps);
    expect(lines).toEqual([
      {
        level: 'error',
        message: 'dead-letter: opened',
        fields: {
          conversationId: 'spoiled-0001',
          kind: 'record-too-large',
          row: 'spoiled-0001/conversation',
          code: 'record-too-large',
          detail: 'spoiled-0001/conversation: context: too long',
        },
      },
      {
        level: 'warn',
        message: 'reconcile: done',
        fields: {
          acted: 2,
          listed: 3,
          away: 3,
          checked: 3,
          expired: 2,
          healed: 0,
          disconnectionsBegun: 0,
          deadlinesMet: 0,
          closuresBegun: 0,
          positionsTold: 0,
          rowsRepaired: 0,
          failed: 0,
          unusable: 1,
          behindMs: 0,
          deadLettersOpen: 0,
          deadLettersOpened: 1,
          deadLettersResolved: 0,
          due: 3,
        },
      },
    ]);
  });

  it('counts what it does for those in quarantine: after a long failure, that is everybody', async () => {
    const made = scene();
    const ids = numbered('rested', 3);
    await overdue(made, ids);
    for (const id of ids) await made.world.deadLetters.file(restedAt(id, 'disconnection', 2), made.clock.now);
    const { lines, ...deps } = quarantineOf(made);
    expect(await reconcile(deps)).toMatchObject({ expired: 3, deadLettersResolved: 3 });
    expect(lines).toMatchObject([
      { level: 'warn', message: 'reconcile: done', fields: { acted: 3, expired: 3 } },
    ]);
    expect(await reconcile(deps)).toMatchObject({ expired: 0, deadLettersOpen: 0 });
  });

  it('leaves the letter of a full record open until its conversation has ended', async () => {
    const made = await inConversation();
    const full = { conversationId: ID, kind: 'record-too-large', code: 'record-too-large' } as const;
    await made.world.deadLetters.file(full, made.clock.now);
    const deps = quarantineOf(made);
    expect(await reconcile(deps)).toMatchObject({ deadLettersOpen: 1, deadLettersResolved: 0 });
    expect(await reconcile(deps)).toMatchObject({ deadLettersOpen: 1, deadLettersResolved: 0 });
    await made.handle(agentEnded);
    expect(await reconcile(deps)).toMatchObject({ deadLettersOpen: 1, deadLettersResolved: 1 });
    expect(await reconcile(deps)).toMatchObject({ deadLettersOpen: 0 });
  });

  it('counts the end of a conversation once, however many letters it has', async () => {
    const made = await pastTheDeadline();
    for (const letter of [restedAt(ID, 'agent-disconnection', 1), restedAt(ID, 'disconnection', 2)])
      await made.world.deadLetters.file(letter, made.clock.now);
    expect(await reconcile(quarantineOf(made))).toMatchObject({ expired: 1, deadLettersResolved: 2 });
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });

  it('counts what a replay did before it failed', async () => {
    const made = await pastTheDeadline();
    await made.world.deadLetters.file(restedAt(ID, 'disconnection', 2), made.clock.now);
    const deps = quarantineOf(made);
    const handle = (id: string, event: ConversationEvent) =>
      event.type === 'presence-checked'
        ? Promise.reject(new DependencyError('web-pubsub', 'list connections'))
        : made.service.handle(id, event);
    expect(await reconcile({ ...deps, service: { handle } })).toMatchObject({ expired: 1, failed: 1 });
  });

  it('reads a damaged row beside the records again, tells of it once, and leaves its conversation its turn', async () => {
    const made = await pastTheDeadline();
    made.clock.now += MINUTE;
    const row = `ann/holding.${ID}.0000000001`;
    const { deadLetters } = made.world;
    deadLetters.damaged.add(row);
    const tell = createDamageReport({ deadLetters, now: () => made.clock.now });
    const damage = new StoredRowError(row, 'units: unreadable');
    // However often it is met.
    for (let times = 0; times < 9; times += 1) await tell(damage);
    await tell(new StoredRowError('policies/document', 'schemaVersion: newer'));
    expect(deadLetters.all()).toMatchObject([
      { id: `ann.holding.${ID}.0000000001.unreadable-row`, conversationId: ID, row, count: 1 },
      { id: 'policies.document.unreadable-row', row: 'policies/document', count: 1 },
    ]);
    expect(deadLetters.all()[1]).not.toHaveProperty('conversationId');
    const { lines, ...deps } = quarantineOf(made);
    expect(await reconcile(deps)).toMatchObject({
      expired: 1,
      unusable: 1,
      deadLettersResolved: 1,
      failed: 0,
    });
    await reconcile(deps);
    const told = lines.filter(({ message }) => message === 'dead-letter: opened');
    expect(told).toMatchObject([{ fields: { row, detail: `${row}: units: unreadable` } }]);
    deadLetters.damaged.clear();
    expect(await reconcile(deps)).toMatchObject({ deadLettersResolved: 1, unusable: 0 });
    expect(await reconcile(deps)).toMatchObject({ deadLettersOpen: 0 });
  });

  it('ends the others, and says so, when the letter cannot be stored', async () => {
    const made = scene();
    await overdue(made, ['spoiled-0001', 'healthy-0001']);
    made.world.spoiled.set('spoiled-0001', 'unreadable');
    made.world.fail('file-dead-letter');
    expect(await reconcile(quarantineOf(made))).toMatchObject({ expired: 1, failed: 1, unusable: 0 });
  });

  it('ends the others when the letters cannot be read', async () => {
    const made = await pastTheDeadline();
    made.clock.now += MINUTE;
    const deps = quarantineOf(made);
    const list = () => Promise.reject(new DependencyError('table-storage', 'list dead letters'));
    const report = await reconcile({ ...deps, deadLetters: { ...made.world.deadLetters, list } });
    expect(report).toMatchObject({ expired: 1 });
  });
});

describe('a replay', () => {
  const replayed = async (deps: ReturnType<typeof quarantineOf>, deadLetterId: string) => {
    const services = { ...deps, conversations: () => deps.service, loggerOf: () => deps.logger };
    const answer = await call('replay-dead-letter', request({ params: { deadLetterId } }), services);
    return { status: answer.status, ...bodyOf(answer) };
  };

  async function rested() {
    const made = await pastTheDeadline();
    await made.world.deadLetters.file(restedAt(ID, 'disconnection', 2), made.clock.now);
    return { ...made, deps: quarantineOf(made), id: `${ID}.deadline-failed.disconnection.2` };
  }

  it('of a deadline that failed acts upon it', async () => {
    const made = await rested();
    expect(await replayed(made.deps, made.id)).toMatchObject({ status: 200, state: 'resolved' });
    expect(made.world.conversation(ID)).toMatchObject({ state: 'WrapUp' });
    expect(made.world.noticesOf(ID)).toHaveLength(1);
    expect(made.world.listed.get(ID)).toMatchObject({ state: 'WrapUp' });
  });

  it('twice at once is one, with one notice', async () => {
    const made = await rested();
    const answers = await Promise.all([replayed(made.deps, made.id), replayed(made.deps, made.id)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });

  it('tells what was saved and never told', async () => {
    const made = await rested();
    await savedAndUntold(made, deadline(2));
    expect(made.world.pushes).toEqual([]);
    await replayed(made.deps, made.id);
    expect(made.world.pushes.map(({ push }) => push.type)).toContain('conversation-ended');
  });

  it('tells of an end that was saved, too, where the letter is of a row and names no deadline', async () => {
    const made = await pastTheDeadline();
    await savedAndUntold(made, deadline(2));
    const failing = { conversationId: ID, kind: 'unreadable-row', code: 'stored-row-unusable' } as const;
    await made.world.deadLetters.file(failing, made.clock.now);
    await replayed(quarantineOf(made), `${ID}.unreadable-row`);
    expect(made.world.pushes.map(({ push }) => push.type)).toContain('conversation-ended');
  });

  it('tells of a deadline that was saved and is on record no more', async () => {
    const made = await inConversation();
    made.world.absentAgents.add(ANN.agentId);
    await made.handle({ type: 'agent-disconnected', agentId: ANN.agentId });
    made.clock.now += MINUTE;
    const { number } = made.world.conversation(ID).agentDisconnection!;
    await savedAndUntold(made, { type: 'deadline-reached', kind: 'agent-disconnection', number });
    expect(made.world.conversation(ID).state).toBe('Open');
    await made.world.deadLetters.file(restedAt(ID, 'agent-disconnection', number), made.clock.now);
    quiet(made);
    await replayed(quarantineOf(made), `${ID}.deadline-failed.agent-disconnection.${number}`);
    expect(made.world.pushes.map(({ push }) => push.type)).toContain('conversation-queued');
  });

  it('puts the conversation back on the list that has lost it', async () => {
    const made = await inConversation();
    const row = made.world.listed.get(ID);
    made.world.listed.clear();
    const failing = { conversationId: ID, kind: 'unreadable-row', code: 'stored-row-unusable' } as const;
    await made.world.deadLetters.file(failing, made.clock.now);
    await replayed(quarantineOf(made), `${ID}.unreadable-row`);
    expect(made.world.listed.get(ID)).toEqual(row);
  });

  it('ends nobody who is there', async () => {
    const made = await rested();
    made.world.open(ID, 'tab-b');
    expect(await replayed(made.deps, made.id)).toMatchObject({ status: 200, state: 'resolved' });
    expect(made.world.conversation(ID)).toMatchObject({ state: 'Active', liveConnectionIds: ['tab-b'] });
  });

  it('answers 503 while the service is down, which is no failure of its own', async () => {
    const made = await rested();
    made.world.fail('presence');
    expect(await replayed(made.deps, made.id)).toMatchObject({ status: 503 });
    expect(made.world.deadLetters.all()).toMatchObject([{ state: 'open', count: 1 }]);
    expect(made.world.conversation(ID).state).toBe('Active');
  });

  it('starts the timer again where the deadline is still to come', async () => {
    const made = await inConversation();
    await made.leavesSilently('tab-a');
    made.world.timerList.clear();
    const failing = { conversationId: ID, kind: 'unreadable-row', code: 'stored-row-unusable' } as const;
    await made.world.deadLetters.file(failing, made.clock.now);
    await replayed(quarantineOf(made), `${ID}.unreadable-row`);
    expect([...made.world.timerList.keys()]).toEqual([`${ID}.disconnection.2`]);
    expect(made.world.conversation(ID).state).toBe('Active');
  });

  it('of a conversation that was deleted takes it off the list', async () => {
    const made = await inConversation();
    const row = made.world.listed.get(ID)!;
    const ghost = 'a-ghost-0001';
    made.world.listed.set(ghost, { ...row, conversationId: ghost });
    await made.world.deadLetters.file({ conversationId: ghost, kind: 'unreadable-row', code: 'x' }, 0);
    expect(await replayed(quarantineOf(made), `${ghost}.unreadable-row`)).toMatchObject({ status: 200 });
    expect([...made.world.listed.keys()]).toEqual([ID]);
  });

  it.each(['nobody-knows-it', '../secrets', ''])('of %j finds nothing', async (id) => {
    const answer = await replayed(quarantineOf(scene()), id);
    expect(answer).toMatchObject({ status: 404, code: 'dead-letter-not-found' });
  });
});

describe('events from outside', () => {
  it('for a damaged row fail as they did, and leave a letter', async () => {
    const made = await inConversation();
    made.world.spoiled.set(ID, 'unreadable');
    await expect(made.service.receive(ID, { type: 'customer-left' })).rejects.toThrow(StoredRowError);
    expect(made.world.deadLetters.all()).toMatchObject([{ kind: 'unreadable-row', count: 1 }]);
  });

  it('fail with their own failure when the letter cannot be stored', async () => {
    const made = await inConversation();
    made.world.spoiled.set(ID, 'unreadable');
    made.world.fail('file-dead-letter');
    await expect(made.service.receive(ID, { type: 'customer-left' })).rejects.toThrow(StoredRowError);
  });

  it('leave no letter when a service is down', async () => {
    const made = await inConversation();
    made.world.touch(ID);
    made.world.fail('load');
    await expect(made.service.receive(ID, { type: 'customer-left' })).rejects.toThrow(DependencyError);
    expect(made.world.deadLetters.all()).toEqual([]);
  });
});

describe('an agent of whose conversations one cannot be read', () => {
  it('is missed by the others, and has them counted', async () => {
    const made = scene();
    const { world, service, clock } = made;
    const [good, bad] = ['conversation-good', 'conversation-bad'];
    for (const id of [good, bad]) {
      await service.handle(id, { ...connect, conversationId: id } as ConversationEvent);
      await service.handle(id, accepted());
    }
    world.spoiled.set(bad, 'unreadable');
    world.absentAgents.add(ANN.agentId);
    clock.now += 2 * MINUTE;
    const capacity = createVerifiedAgentCapacity({
      ledger: world.ledger,
      holds: async ({ conversationId }) => (await world.store.load(conversationId)) !== undefined,
      now: () => clock.now,
    });
    await agentDisconnected(ANN.agentId, { service, capacity, participants: world.participants });
    expect(world.conversation(good).agentDisconnection).toMatchObject({ agentId: ANN.agentId });
    expect((await capacity.loadOf(ANN.agentId)).holdings).toHaveLength(2);
  });
});

describe('the nightly purge', () => {
  it('removes what was resolved more than thirty days ago, and nothing that is open', async () => {
    const { deadLetters } = scene().world;
    const now = 100 * DAY;
    for (const [id, resolvedAt] of [
      ['old', now - 31 * DAY],
      ['young', now - 29 * DAY],
      ['open', undefined],
    ] as const) {
      await deadLetters.file({ conversationId: id, kind: 'check-failed', code: 'unexpected' }, SECOND);
      const stored = await deadLetters.load(`${id}.check-failed`);
      if (resolvedAt !== undefined) await deadLetters.resolve(stored!, resolvedAt);
    }
    const until = now + SECOND;
    expect(await purgeDeadLetters(deadLetters, () => now, until)).toEqual({
      removed: 1,
      left: 0,
      done: true,
    });
    expect(deadLetters.all().map(({ conversationId }) => conversationId)).toEqual(['young', 'open']);
  });
});
