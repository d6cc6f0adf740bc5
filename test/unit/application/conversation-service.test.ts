import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ContentionError, DependencyError } from '../../../shared/app/errors';
import {
  accepted,
  agentEnded,
  ANN,
  connect,
  connected,
  deadline,
  disconnected,
  GRACE,
  ID,
  inConversation,
  inQueue,
  message,
  offered,
  pastTheDeadline,
  PROFILE,
  quiet,
  scene,
  type Scene,
  withAllowance,
  withoutPauses,
} from './scene';
import { watchAvailability } from '../../../shared/app/availability';
import { SECOND } from '../../../shared/conversation/time';
import { serviceOver } from '../../support/service';

beforeEach(withoutPauses);
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** Runs once, before the next save takes effect. */
function beforeNextSave({ world }: Scene, interruption: () => Promise<unknown> | void): void {
  world.gate = async (operation) => {
    if (operation !== 'save') return;
    world.gate = () => undefined;
    await interruption();
  };
}

const count = ({ world }: Scene, entry: string) => world.log.filter((logged) => logged === entry).length;
const presenceChecks = (made: Scene) => count(made, 'presence');

describe('a process that has no time for those who come', () => {
  it('takes nobody for absent meanwhile, and ends who stays away once it answers again [R285]', async () => {
    const made = withAllowance(await inConversation());
    await made.leavesSilently('tab-a');
    jest.useFakeTimers({ now: made.clock.now });
    const watched = watchAvailability(Date.now);
    const [{ policy }] = watched.policiesOf('storage') as [ReturnType<typeof watched.policiesOf>[number]];
    const storageAnswers = () =>
      policy.sendRequest({} as never, async () => ({ status: 200, headers: new Map() }) as never);
    const service = serviceOver({ ...made.world, now: Date.now, ...watched });
    await storageAnswers();
    let letGo = () => undefined as void;
    made.world.gate = (operation) =>
      operation === 'load' ? new Promise<void>((resolve) => (letGo = resolve)) : undefined;
    jest.advanceTimersByTime(GRACE - 10 * SECOND);
    const other = { type: 'connect', conversationId: 'conversation-0002', profile: PROFILE } as const;
    const knocking = service.receive('conversation-0002', other);
    made.world.gate = () => undefined;
    jest.advanceTimersByTime(10 * SECOND);
    expect(await service.handle(ID, deadline(2))).toMatchObject({ outcome: { type: 'not-reached' } });
    expect(made.world.conversation(ID)).toMatchObject({
      state: 'Active',
      disconnection: { deadline: made.clock.now + GRACE + 61 * SECOND, allowance: { because: 'outage' } },
    });
    letGo();
    await knocking;
    await storageAnswers();
    jest.advanceTimersByTime(61 * SECOND);
    expect(await service.handle(ID, deadline(2))).toMatchObject({ outcome: { type: 'expired' } });
  });
});

describe('when somebody else was faster', () => {
  it('decides again on what is stored now: an agent who accepts first turns Closed into WrapUp', async () => {
    const made = await pastTheDeadline(inQueue());
    beforeNextSave(made, () => made.elsewhere(accepted()));
    const handled = await made.handle(deadline(2));
    expect(handled).toMatchObject({ kind: 'accepted', outcome: { type: 'expired' } });
    expect(made.world.conversation(ID)).toMatchObject({ state: 'WrapUp', agent: { id: ANN.agentId } });
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });

  it('refuses what the faster one has made impossible', async () => {
    const made = await inConversation();
    beforeNextSave(made, () => made.elsewhere({ type: 'customer-left' }));
    const handled = await made.handle(agentEnded);
    expect(handled).toMatchObject({ kind: 'refused', refusal: { code: 'conversation-ended' } });
    expect(made.world.noticesOf(ID)).toMatchObject([{ reason: 'customer-ended' }]);
  });

  it('creates one conversation when two first sockets ask at once', async () => {
    const made = scene();
    beforeNextSave(made, () => made.elsewhere(connect));
    expect(await made.handle(connect)).toMatchObject({ outcome: { type: 'admitted' } });
    expect([...made.world.timerList.keys()]).toEqual([`${ID}.disconnection.1`]);
  });

  it('gives up after a bounded number of attempts, with an error that may be retried', async () => {
    const made = await inConversation();
    const before = made.world.conversation(ID);
    made.world.gate = (operation) => {
      if (operation === 'save') made.world.touch(ID);
    };
    const failure = await made.handle(message('m1')).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(ContentionError);
    expect(failure).toMatchObject({ retryable: true });
    expect(count(made, 'conflict')).toBeLessThanOrEqual(50);
    expect(made.world.conversation(ID)).toEqual(before);
    expect(made.world.pushes).toEqual([]);
  });
});

describe('asking the service who is there', () => {
  it('does so neither for connects, messages and agents nor for the loss of the only connection', async () => {
    const made = scene();
    await made.arrives('tab-a');
    await made.handle(offered());
    await made.handle(accepted());
    await made.handle(message('m1'));
    await made.leavesSilently('tab-a');
    expect(presenceChecks(made)).toBe(0);
  });

  it('does so for a message of a socket that is thought lost, until the record is right [R134]', async () => {
    const made = await inConversation();
    await made.handle(disconnected('tab-a'));
    await made.handle(message('m1'));
    expect(made.world.conversation(ID)).toMatchObject({ liveConnectionIds: ['tab-a'] });
    expect(made.world.conversation(ID)).not.toHaveProperty('disconnection');
    expect(made.world.timerList.get(`${ID}.disconnection.2`)).toMatchObject({
      cancelled: 'customerReconnected',
    });
    expect(made.world.pushes.map(({ push }) => push.type)).toContain('customer-back');
    await made.handle(message('m2'));
    expect(presenceChecks(made)).toBe(1);
  });

  it('does without an answer for a message, which is stored, and leaves the record as it is', async () => {
    const made = await inConversation();
    await made.handle(disconnected('tab-a'));
    made.world.absentAgents.add(ANN.agentId);
    await made.handle({ type: 'agent-disconnected', agentId: ANN.agentId });
    made.world.fail('presence');
    made.world.fail('agent-presence');
    await made.handle(message('m1'));
    await made.handle({ type: 'agent-message', agentId: ANN.agentId, messageId: 'm2', text: 'Hello' });
    expect(made.world.conversation(ID)).toMatchObject({
      liveConnectionIds: [],
      disconnection: { number: 2 },
      agentDisconnection: { number: 1 },
    });
    const stored = made.world.entriesOf(ID).filter(({ kind }) => kind === 'message');
    expect(stored).toMatchObject([{ messageId: 'm1' }, { messageId: 'm2' }]);
  });

  it('does so for the loss of one connection of several', async () => {
    const made = await inConversation();
    await made.arrives('tab-b');
    await made.leavesSilently('tab-a');
    expect(presenceChecks(made)).toBe(1);
    expect(made.world.conversation(ID)).toMatchObject({ liveConnectionIds: ['tab-b'] });
  });

  it('does so once at the deadline, but not before the deadline and not for another disconnection', async () => {
    const made = await pastTheDeadline();
    const { clock } = made;
    clock.now -= 1;
    expect(await made.handle(deadline(2))).toMatchObject({ outcome: { type: 'not-reached' } });
    expect(await made.handle(deadline(7))).toMatchObject({ outcome: { type: 'superseded' } });
    expect(presenceChecks(made)).toBe(0);
    clock.now += 1;
    expect(await made.handle(deadline(2))).toMatchObject({ outcome: { type: 'expired' } });
    expect(presenceChecks(made)).toBe(1);
  });

  it('asks anew after a conflict, for that may be what has changed', async () => {
    const made = await pastTheDeadline();
    beforeNextSave(made, () => {
      made.world.open(ID, 'tab-b');
      made.world.touch(ID);
    });
    expect(await made.handle(deadline(2))).toMatchObject({ outcome: { type: 'customer-present' } });
    expect(presenceChecks(made)).toBe(2);
    expect(made.world.conversation(ID)).toMatchObject({ state: 'Active', liveConnectionIds: ['tab-b'] });
  });

  it.each([
    ['at the deadline', pastTheDeadline, deadline(2)],
    ['when one of two tabs closes', withTwoTabs, disconnected('tab-a')],
  ])('ends and saves nothing without an answer: %s', async (_when, prepare, event) => {
    const made = await prepare();
    const before = made.world.conversation(ID);
    made.world.fail('presence');
    await expect(made.handle(event)).rejects.toBeInstanceOf(DependencyError);
    expect(made.world.conversation(ID)).toEqual(before);
    expect(made.world.log).toEqual(['load', 'presence fails']);
  });
});

describe('handle', () => {
  it('of an event whose change was saved and not told performs it all, without a second notice', async () => {
    const made = await pastTheDeadline();
    made.world.fail('push');
    await expect(made.handle(deadline(2))).rejects.toBeInstanceOf(DependencyError);
    expect(made.world.noticesOf(ID)).toHaveLength(1);
    made.world.recover();

    expect(await quiet(made).handle(deadline(2))).toMatchObject({ outcome: { type: 'expired' } });
    expect(made.world.pushes.map(({ audience, push }) => [audience.to, push.type])).toEqual([
      ['agent', 'notice'],
      ['agents', 'conversation-ended'],
      ['customer', 'conversation-ended'],
    ]);
    expect(made.world.log).toEqual(expect.arrayContaining(['put-work-list', 'close-customer-connections']));
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });

  it('an event of a conversation that does not exist is refused, not thrown, and writes nothing', async () => {
    const { handle, world } = scene();
    expect(await handle(deadline(1))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'conversation-not-found' },
    });
    expect(world.log).toEqual(['load']);
  });

  it('returns the conversation as it is stored', async () => {
    const made = await inConversation();
    const handled = await made.handle(message('m1'));
    expect(handled).toMatchObject({ kind: 'accepted', conversation: made.world.conversation(ID) });
  });
});

describe('budgets', () => {
  it.each([
    ['connected', inQueueWithoutSocket, connected('tab-a'), { load: 0, save: 1 }],
    ['disconnected', inConversation, disconnected('tab-a'), { load: 0, save: 1, 'start-timer': 1 }],
    ['message', inConversation, message('m1'), { load: 0, save: 1, 'put-work-list': 0 }],
    ['repeated connected', inConversation, connected('tab-a'), { load: 1, save: 0 }],
  ])('%s stays within its reads and writes', async (_event, prepare, event, budget) => {
    const made = await prepare();
    await made.handle(event);
    for (const [operation, times] of Object.entries(budget)) {
      expect([operation, count(made, operation)]).toEqual([operation, times]);
    }
  });
});

async function withTwoTabs(): Promise<Scene> {
  const made = await inConversation();
  await made.arrives('tab-b');
  made.world.lose(ID, 'tab-a');
  return quiet(made);
}

async function inQueueWithoutSocket(): Promise<Scene> {
  const made = scene();
  await made.handle(connect);
  return quiet(made);
}

const clockThatIs = (error: number) => ({ error, ahead: undefined });

describe('a machine whose clock differs from that of the storage', () => {
  it.each([
    ['ahead by more than five seconds', 5_001, 'Active'],
    ['behind by more than five seconds', -5_001, 'Active'],
    ['right within five seconds', 5_000, 'WrapUp'],
  ])('%s: what becomes of a deadline [R138]', async (_what, clockError, state) => {
    const made = await inConversation();
    made.world.lose(ID, 'tab-a');
    await made.handle(disconnected('tab-a'));
    const { deadline } = made.world.conversation(ID).disconnection!;
    const service = serviceOver({ ...made.world, now: () => deadline, clock: clockThatIs(clockError) });
    const reached = service.handle(ID, { type: 'deadline-reached', kind: 'disconnection', number: 2 });
    const outcome = await reached.then(
      () => 'handled',
      (thrown: unknown) => thrown,
    );
    if (state === 'Active') {
      expect(outcome).toMatchObject({ code: 'clock-wrong', retryable: true });
      expect((outcome as Error).message).toMatch(
        /differs from the storage's by -?5 s: no deadline is acted on/,
      );
    }
    expect(made.world.conversation(ID).state).toBe(state);
  });

  it('begins no wait that is shorter than it has to be', async () => {
    const made = await inConversation();
    const behind = { clock: clockThatIs(-60_000), now: () => made.clock.now - 60_000 };
    const service = serviceOver({ ...made.world, ...behind });
    await service.handle(ID, { type: 'agent-disconnected', agentId: ANN.agentId });
    expect(made.world.conversation(ID).agentDisconnection).toMatchObject({ since: made.clock.now });
  });

  it('goes on with everything else', async () => {
    const made = await inConversation();
    // What is compared is a fraction of a millisecond at times; what is stored is whole.
    const service = serviceOver({ ...made.world, now: () => made.clock.now, clock: clockThatIs(60_000.4) });
    await service.handle(ID, disconnected('tab-a'));
    await service.handle(ID, connected('tab-b'));
    const { lastDisconnection } = made.world.conversation(ID);
    expect([lastDisconnection?.endedAt, lastDisconnection?.deadline].every(Number.isInteger)).toBe(true);
    expect(made.world.conversation(ID)).toMatchObject({ liveConnectionIds: ['tab-b'] });
  });
});
