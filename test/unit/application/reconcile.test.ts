import { describe, expect, it } from '@jest/globals';
import { reconcile, type ReconcileReport } from '../../../shared/application/reconcile';
import { workListItem } from '../../../shared/domain/work-list';
import { MINUTE, SECOND } from '../../../shared/domain/time';
import {
  agentEnded,
  GRACE,
  ID,
  inConversation,
  inQueue,
  left,
  pastTheDeadline,
  quiet,
  type Scene,
} from './scene';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const run = ({ world, service, clock }: Scene): Promise<ReconcileReport> =>
  reconcile({ service, workList: world.workList, now: () => clock.now, logger: silent });

/** One run a minute, until every conversation has had its turn. */
async function afterEveryTurn(made: Scene): Promise<ReconcileReport[]> {
  const reports: ReconcileReport[] = [];
  for (let minute = 0; minute < 8; minute += 1) {
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
    made.clock.now += 31 * SECOND;
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
    while (made.world.conversation(ID).disconnection === undefined && reports.length < 8) {
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

  it('writes and asks nothing more than one presence check when all is well', async () => {
    const made = quiet(await inConversation());
    const reports = await afterEveryTurn(made);
    expect(sum(reports, 'checked')).toBe(1);
    expect(made.world.log).toEqual(['load', 'presence']);
  });
});

describe('the work list', () => {
  it('loses the row of a conversation that is closed', async () => {
    const made = await inQueue();
    const row = workListItem(made.world.conversation(ID));
    await made.handle(left);
    made.world.listed.set(ID, row!);
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

  it('loses a row without a conversation, and every other conversation still has its turn', async () => {
    const made = await pastTheDeadline();
    const row = workListItem(made.world.conversation(ID))!;
    made.world.listed.set('a-ghost-0001', { ...row, conversationId: 'a-ghost-0001' });
    made.clock.now += MINUTE;
    expect(await run(made)).toMatchObject({ expired: 1, rowsRepaired: 1 });
    expect(made.world.listed.has('a-ghost-0001')).toBe(false);
  });
});
