import { describe, expect, it } from '@jest/globals';
import type { DeadlineKind } from '../../../shared/conversation/conversation';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { deadlinesOf, type WorkList } from '../../../shared/conversation/work-list';
import { reconcile } from '../../../shared/reconciliation/reconcile-service';
import type { ReconcileReport } from '../../../shared/reconciliation/report';
import { PROFILE } from '../../support/domain/builders';
import { policies } from '../../support/domain/policies';
import {
  accepted,
  agentEnded,
  ANN,
  connected,
  dependenciesOf,
  GRACE,
  ID,
  inConversation,
  inQueue,
  left,
  quiet,
  run,
  scene,
  type Scene,
} from './scene';

const unitsOf = ({ world }: Scene, agentId = ANN.agentId) =>
  world.ledger.load(agentId).holdings.map(({ units }) => units);

/** The agent's last socket is lost, and the agent's minute is over. */
async function agentGone(): Promise<Scene> {
  const made = await inConversation();
  made.world.absentAgents.add(ANN.agentId);
  await made.handle({ type: 'agent-disconnected', agentId: ANN.agentId });
  made.clock.now += MINUTE;
  return quiet(made);
}

/** The agent has ended the conversation, and what `WrapUp` waits for is a matter of policy. */
async function inWrapUp(changes: Parameters<typeof policies>[0] = {}): Promise<Scene> {
  const made = await inConversation();
  made.world.operatorSettings = { policies: policies(changes), messages: [] };
  await made.handle(agentEnded);
  return quiet(made);
}

/** Each kind of deadline that is reached now, though its timer never fires. */
const REACHED = [
  ['an agent who does not come back', agentGone],
  [
    'a wrap-up that blocks capacity for a time',
    async () => {
      const made = await inWrapUp({ wrapUpCapacity: 5 * MINUTE });
      made.clock.now += 5 * MINUTE;
      return made;
    },
  ],
  [
    'a wrap-up that nobody closes',
    async () => {
      const made = await inWrapUp();
      made.clock.now += 15 * MINUTE;
      return made;
    },
  ],
] as const;

describe('a wrapped up conversation of version 1, which knew no automatic closure', () => {
  it('gets one in its turn and is closed by it, though the work list shows no deadline', async () => {
    const made = await inWrapUp();
    const stored = made.world.conversation(ID);
    const { autoClosure: _none, ...rest } = stored;
    made.world.replace({ ...rest, autoClosureCount: 0 });
    made.world.timerList.clear();
    made.world.listed.set(ID, { ...made.world.listed.get(ID)!, deadlines: [] });
    made.clock.now += 60 * MINUTE;
    const reports: ReconcileReport[] = [];
    while (made.world.conversation(ID).state === 'WrapUp' && reports.length < 60) {
      reports.push(await run(made));
      made.clock.now += MINUTE;
    }
    expect(reports.map(({ closuresBegun }) => closuresBegun).filter((begun) => begun > 0)).toEqual([1]);
    expect([...made.world.timerList.values()]).toMatchObject([
      { id: { kind: 'auto-close', number: 1 }, deadline: stored.end!.at + 15 * MINUTE },
    ]);
    expect(made.world.conversation(ID)).toMatchObject({ state: 'Closed', closeReason: 'auto-closed' });
    expect(made.world.listed.size).toBe(0);
  });
});

describe('a deadline whose timer never fired', () => {
  it.each(REACHED)('of %s is met in the next run, and by two runs at once as by one', async (_of, reach) => {
    const made = await reach();
    made.clock.now += 31 * SECOND;
    expect(await run(made)).toMatchObject({ deadlinesMet: 1, expired: 0, failed: 0 });

    const twice = await reach();
    twice.clock.now += 31 * SECOND;
    await Promise.all([run(twice), run(twice)]);
    expect(twice.world.conversation(ID)).toEqual(made.world.conversation(ID));
    expect(twice.world.entriesOf(ID)).toEqual(made.world.entriesOf(ID));
    expect(twice.world.told).toEqual(made.world.told);
    expect(unitsOf(twice)).toEqual(unitsOf(made));
  });

  it.each(REACHED)('of %s is left to its timer while that is hardly late', async (_of, reach) => {
    const made = await reach();
    const before = made.world.conversation(ID);
    made.clock.now += 5 * SECOND;
    expect(await run(made)).toMatchObject({ deadlinesMet: 0 });
    expect(made.world.conversation(ID)).toEqual(before);
  });

  it('gives the conversation of an agent who does not come back to the queue, and the units with it', async () => {
    const made = await agentGone();
    expect(unitsOf(made)).toEqual([20]);
    made.clock.now += 31 * SECOND;
    await run(made);
    expect(made.world.conversation(ID)).toMatchObject({
      state: 'Open',
      requeue: { reason: 'agent-disconnected', agentId: 'ann' },
    });
    expect(unitsOf(made)).toEqual([]);
    expect(made.world.listed.get(ID)).toMatchObject({ state: 'Open', deadlines: [] });
  });

  it('leaves the conversation with an agent of whom the service says that she is there', async () => {
    const made = await agentGone();
    made.world.absentAgents.clear();
    made.clock.now += MINUTE;
    expect(await run(made)).toMatchObject({ healed: 1, deadlinesMet: 0 });
    expect(made.world.conversation(ID)).toMatchObject({ state: 'Active', agent: { id: 'ann' } });
    expect(made.world.conversation(ID).agentDisconnection).toBeUndefined();
  });

  it('gives the units of a wrap-up back when their time is over, and the wrap-up goes on', async () => {
    const made = await inWrapUp({ wrapUpCapacity: 5 * MINUTE });
    made.clock.now += 4 * MINUTE;
    await run(made);
    expect(unitsOf(made)).toEqual([20]);
    made.clock.now += MINUTE + 31 * SECOND;
    await run(made);
    expect(unitsOf(made)).toEqual([]);
    expect(made.world.conversation(ID).state).toBe('WrapUp');
    expect(made.world.pushes).toContainEqual(
      expect.objectContaining({
        audience: { to: 'agent', agentId: 'ann' },
        push: expect.objectContaining({ type: 'capacity-released', units: 20 }),
      }),
    );
  });

  it('closes a wrap-up, which leaves the list and takes no more capacity [R58]', async () => {
    const made = await inWrapUp();
    expect(unitsOf(made)).toEqual([20]);
    made.clock.now += 15 * MINUTE + 31 * SECOND;
    await run(made);
    expect(made.world.conversation(ID)).toMatchObject({ state: 'Closed', closeReason: 'auto-closed' });
    expect(made.world.listed.size).toBe(0);
    expect(unitsOf(made)).toEqual([]);
  });

  it('is met together with another one of the same conversation: the agent gone, and the customer', async () => {
    const made = await agentGone();
    await made.leavesSilently('tab-a');
    made.clock.now += GRACE + 31 * SECOND;
    // Whichever is first: the end is told once, and the agent's units are held by a wrap-up alone.
    expect(await run(made)).toMatchObject({ expired: 1, failed: 0 });
    const { state, end } = made.world.conversation(ID);
    expect(end).toMatchObject({ reason: 'customer-disconnected' });
    expect(made.world.noticesOf(ID)).toHaveLength(1);
    expect(unitsOf(made)).toEqual(state === 'WrapUp' ? [20] : []);
  });
});

describe('a timer that has failed for good', () => {
  const LONG = 50 * MINUTE;
  const PATIENT = { grace: LONG, agentGrace: LONG, wrapUpCapacity: LONG, wrapUpAutoClose: LONG };
  /** How each kind of deadline comes to be waited for. */
  const BEGINS: readonly (readonly [DeadlineKind, (made: Scene) => Promise<unknown>])[] = [
    ['disconnection', (made) => made.leavesSilently('tab-a')],
    [
      'agent-disconnection',
      (made) => {
        made.world.absentAgents.add(ANN.agentId);
        return made.handle({ type: 'agent-disconnected', agentId: ANN.agentId });
      },
    ],
    ['capacity-release', (made) => made.handle(agentEnded)],
    ['auto-close', (made) => made.handle(agentEnded)],
  ];

  it.each(BEGINS)(
    'is started anew within two cycles while the conversation goes on: %s',
    async (kind, begin) => {
      const made = await inConversation();
      made.world.operatorSettings = { policies: policies(PATIENT), messages: [] };
      await begin(made);
      const before = made.world.conversation(ID);
      const waited = deadlinesOf(before).map(({ at, ...one }) => ({
        id: { conversationId: ID, ...one },
        deadline: at,
      }));
      expect(waited.map(({ id }) => id.kind)).toContain(kind);
      made.world.timerList.clear();
      for (let minute = 0; minute < 16; minute += 1) {
        made.clock.now += MINUTE;
        expect(await run(made)).toMatchObject({ expired: 0, deadlinesMet: 0, failed: 0 });
      }
      expect([...made.world.timerList.values()]).toEqual(waited);
      expect(made.world.conversation(ID)).toEqual(before);
    },
  );
});

/** So many customers wait, one second behind the other. */
async function queueOf(
  length: number,
  queueAt: (n: number) => string = () => PROFILE.queue,
): Promise<Scene & { readonly ids: readonly string[] }> {
  const made = scene();
  const ids = Array.from({ length }, (_, n) => `conversation-${String(n + 1).padStart(4, '0')}`);
  for (const [n, id] of ids.entries()) {
    const profile = { ...PROFILE, queue: queueAt(n) };
    await made.service.handle(id, { type: 'connect', conversationId: id, profile });
    made.world.open(id, `tab-of-${id}`);
    await made.service.handle(id, connected(`tab-of-${id}`, made.clock.now));
    made.clock.now += SECOND;
  }
  return { ...quiet(made), ids };
}

/** In the order of the places: customers of different conversations hear at the same time. */
const told = ({ world }: Scene) =>
  world.pushes
    .flatMap(({ conversationId, audience, push }) =>
      push.type === 'queue-position' ? [[conversationId, audience.to, push.position] as const] : [],
    )
    .sort(([, , one], [, , other]) => one - other);

describe('a place in the queue', () => {
  it('is told in the order of waiting, and once [R66]', async () => {
    const made = await queueOf(3);
    expect(await run(made)).toMatchObject({ positionsTold: 3, failed: 0 });
    expect(told(made)).toEqual(made.ids.map((id, index) => [id, 'customer', index + 1]));
    made.clock.now += MINUTE;
    expect(await run(made)).toMatchObject({ positionsTold: 0 });
    expect(told(made)).toHaveLength(3);
  });

  it('is told anew to those who move up, and to nobody else', async () => {
    const made = await queueOf(3);
    await run(made);
    const [first, second, third] = made.ids as [string, string, string];
    await made.service.handle(second, accepted());
    quiet(made);
    expect(await run(made)).toMatchObject({ positionsTold: 1 });
    expect(told(made)).toEqual([[third, 'customer', 2]]);
    await made.service.handle(first, left);
    quiet(made);
    await run(made);
    expect(told(made)).toEqual([[third, 'customer', 1]]);
  });

  it('is told to the first ten [R67]', async () => {
    const made = await queueOf(12);
    await run(made);
    expect(told(made)).toEqual(made.ids.slice(0, 10).map((id, index) => [id, 'customer', index + 1]));
  });

  it('is counted for every queue by itself', async () => {
    const made = await queueOf(2);
    const [first, second] = made.ids as [string, string];
    await made.service.handle(first, accepted());
    await made.service.handle(first, { type: 'agent-transferred', agentId: 'ann', queue: 'billing' });
    quiet(made);
    await run(made);
    expect(told(made).sort()).toEqual([
      [first, 'customer', 1],
      [second, 'customer', 1],
    ]);
  });

  it("is nobody's while its customer is away, and told when it is back [R145]", async () => {
    const made = await queueOf(2);
    const [first, second] = made.ids as [string, string];
    const lost = { connectionId: `tab-of-${first}`, occurredAt: made.clock.now };
    made.world.lose(first, lost.connectionId);
    await made.service.handle(first, { type: 'disconnected', ...lost });
    await run(made);
    expect(told(made)).toEqual([[second, 'customer', 1]]);
    made.world.open(first, 'tab-b');
    await made.service.handle(first, connected('tab-b', made.clock.now));
    await run(made);
    expect(told(made)).toContainEqual([first, 'customer', 1]);
    expect(told(made)).toContainEqual([second, 'customer', 2]);
  });

  it('is not held by persistent chats that were opened for a moment, and these have no turn [R145]', async () => {
    const made = await queueOf(2);
    const [, live] = made.ids as [string, string];
    const ghosts = Array.from({ length: 12 }, (_, n) => `a-ghost-${String(n).padStart(4, '0')}`);
    for (const conversationId of ghosts) {
      const profile = { ...PROFILE, workstream: 'persistent' };
      const handle = (event: ConversationEvent) => made.service.handle(conversationId, event);
      await handle({ type: 'connect', conversationId, profile, signedInFor: 'persistent' });
      const tab = { connectionId: `tab-of-${conversationId}`, occurredAt: made.clock.now };
      await handle({ type: 'connected', ...tab });
      await handle({ type: 'disconnected', ...tab });
    }
    // It comes behind them.
    made.clock.now += SECOND;
    await made.service.handle(live, accepted());
    await made.service.handle(live, { type: 'agent-released', agentId: 'ann' });
    quiet(made);
    const loads = () => made.world.log.filter((entry) => entry === 'load').length;
    const before = loads();
    // Not the first run of all, which compares everybody.
    made.world.comparedUntil = made.clock.now;
    await run(made);
    expect(told(made)).toContainEqual([live, 'customer', 2]);
    expect(loads() - before).toBeLessThan(ghosts.length);
  });

  it('is told to 500 customers in one run, whoever has waited longest first, in however many queues [R146]', async () => {
    const made = await queueOf(503, (n) => `queue-${n}`);
    // The storage has an order of its own.
    const list: WorkList['list'] = async (query) => {
      const page = await made.world.workList.list({ ...query, limit: 1_000 });
      return { ...page, items: page.items.toReversed() };
    };
    const runOfAll = () => reconcile({ ...dependenciesOf(made), workList: { ...made.world.workList, list } });
    expect(await runOfAll()).toMatchObject({ listed: 503, positionsTold: 500 });
    expect(told(made).map(([id]) => id)).toEqual(made.ids.slice(0, 500));
    made.clock.now += MINUTE;
    quiet(made);
    expect(await runOfAll()).toMatchObject({ positionsTold: 3 });
    expect(told(made).map(([id]) => id)).toEqual(made.ids.slice(500));
  });

  it('that could not be pushed is told by a later run', async () => {
    const made = await inQueue();
    made.world.fail('push');
    expect(await run(made)).toMatchObject({ failed: 1, positionsTold: 0 });
    expect(made.world.pushes).toEqual([]);
    made.world.recover();
    made.clock.now += MINUTE;
    expect(await run(made)).toMatchObject({ positionsTold: 1 });
    expect(told(made)).toEqual([[ID, 'customer', 1]]);
    expect(made.world.pushes.map(({ push }) => push)).toContainEqual(
      expect.objectContaining({ type: 'notice', trigger: 'customer-next-in-line' }),
    );
  });
});
