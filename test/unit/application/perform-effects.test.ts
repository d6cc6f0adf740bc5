import { describe, expect, it } from '@jest/globals';
import { DependencyError } from '../../../shared/app/errors';
import type { Operation } from '../../support/memory-ports';
import {
  accepted,
  agentClosed,
  agentEnded,
  ANN,
  BOB,
  connect,
  connected,
  deadline,
  disconnected,
  ID,
  inConversation,
  inQueue,
  left,
  message,
  pastTheDeadline,
  quiet,
  scene,
  type Scene,
} from './scene';

/** Everything that anyone outside can see afterwards. */
function visible({ world }: Scene) {
  return {
    conversation: world.conversation(ID),
    entries: world.entriesOf(ID),
    told: [...world.told].sort(),
    // A cancel that is lost does no harm: the timer finds its number superseded.
    timers: [...world.timerList.values()].map(({ cancelled, ...timer }) =>
      cancelled === 'deadlineObsolete' ? timer : { ...timer, cancelled },
    ),
    capacity: [ANN, BOB].flatMap(({ agentId }) =>
      world.ledger
        .load(agentId)
        .holdings.map(({ version: _version, ...holding }) => ({ agentId, ...holding })),
    ),
    listed: [...world.listed.values()],
    sockets: [...world.socketsOf(ID)],
  };
}

const EVENTS = [
  ['connect', async () => scene(), connect],
  ['connected', created, connected('tab-a')],
  ['connected after a loss', lost, connected('tab-b')],
  ['connected behind the end', endedBehindTheBack, connected('tab-b')],
  ['disconnected', inConversation, disconnected('tab-a')],
  ['message', inConversation, message('m1')],
  ['message that overtakes its connected', lost, message('m1', 'tab-b')],
  ['deadline-reached', pastTheDeadline, deadline(2)],
  ['deadline-reached in the queue', () => pastTheDeadline(inQueue()), deadline(2)],
  ['deadline-reached with the customer there', presentAtTheDeadline, deadline(2)],
  ['leave', inConversation, left],
  ['leave while disconnected', lost, left],
  ['accept', inQueue, accepted()],
  ['agent-ended', inConversation, agentEnded],
  ['agent-ended while disconnected', lost, agentEnded],
  ['agent-closed', inWrapUp, agentClosed],
] as const;

describe('a process that dies between the save and the effects', () => {
  it.each(EVENTS)('%s: the repeated event completes what is due', async (_event, prepare, event) => {
    const undisturbed = await prepare();
    await undisturbed.handle(event);

    const made = await prepare();
    const saves = made.world.conversationIfAny(ID);
    made.world.crashAfterNextSave();
    const first = await made.handle(event).catch((thrown: unknown) => thrown);
    const hasSaved = made.world.log.includes('save');
    if (hasSaved) {
      expect(first).toBeInstanceOf(DependencyError);
      expect(made.world.pushes).toEqual([]);
      expect(made.world.conversationIfAny(ID)).not.toEqual(saves);
    }
    await made.handle(event);
    expect(visible(made)).toEqual(visible(undisturbed));
  });
});

describe('an effect that fails', () => {
  const failing: readonly (readonly [(typeof EVENTS)[number][0], Operation])[] = [
    ['connect', 'start-timer'],
    ['connect', 'put-work-list'],
    ['connected', 'cancel-timer'],
    ['connected after a loss', 'push'],
    ['disconnected', 'start-timer'],
    ['disconnected', 'push'],
    ['message', 'push'],
    ['deadline-reached', 'push'],
    ['deadline-reached', 'close-customer-connections'],
    ['deadline-reached in the queue', 'remove-work-list'],
    ['leave', 'push'],
    ['leave while disconnected', 'cancel-timer'],
    ['accept', 'push'],
    ['agent-ended', 'push'],
    ['agent-closed', 'remove-work-list'],
  ];

  it.each(failing)(
    '%s, %s fails: the event fails, and its repetition makes good',
    async (name, operation) => {
      const [, prepare, event] = EVENTS.find(([known]) => known === name) ?? EVENTS[0];
      const undisturbed = await prepare();
      await undisturbed.handle(event);

      const made = await prepare();
      made.world.fail(operation);
      await expect(made.handle(event)).rejects.toMatchObject({ retryable: true });
      made.world.recover();
      await made.handle(event);
      expect(visible(made)).toEqual(visible(undisturbed));
    },
  );

  it('keeps no timer or push from being tried, but leaves the row as it was, for reconciliation to see', async () => {
    const made = await inConversation();
    made.world.lose(ID, 'tab-a');
    made.world.fail('start-timer');
    await expect(made.handle(disconnected('tab-a'))).rejects.toBeInstanceOf(DependencyError);
    expect(made.world.log).toEqual(
      expect.arrayContaining(['start-timer fails', 'push connection-lost to agents']),
    );
    expect(made.world.log).not.toContain('put-work-list');
  });

  it('among the pushes leaves the sockets open, so that the repetition still reaches them', async () => {
    const made = await inConversation();
    made.world.fail('push', 1);
    await expect(made.handle(agentEnded)).rejects.toBeInstanceOf(DependencyError);
    expect(made.world.socketsOf(ID).size).toBe(1);
    await made.handle(agentEnded);
    expect(made.world.socketsOf(ID).size).toBe(0);
  });

  it('adds no second entry, however often the event is repeated', async () => {
    const made = await inConversation();
    made.world.fail('push', 3);
    for (let attempt = 0; attempt < 3; attempt += 1) await made.handle(message('m1')).catch(() => undefined);
    await made.handle(message('m1'));
    expect(made.world.entriesOf(ID)).toMatchObject([
      { kind: 'notice', trigger: 'agent-joined' },
      { kind: 'message', messageId: 'm1', sequence: 2 },
    ]);
  });
});

describe('the order of effects', () => {
  it.each([
    ['at the deadline', pastTheDeadline, deadline(2)],
    ['when the agent ends', inConversation, agentEnded],
    ['behind the end', endedBehindTheBack, connected('tab-b')],
  ])('says why before it closes a socket: %s', async (_when, prepare, event) => {
    const made = await prepare();
    // The slowest possible push: everything else that could overtake it does.
    made.world.gate = (operation) =>
      operation === 'push' ? new Promise((resolve) => setImmediate(() => setImmediate(resolve))) : undefined;
    await made.handle(event);
    const { log } = made.world;
    const firstClose = log.findIndex((entry) => entry.startsWith('close-'));
    const lastPush = log.findLastIndex((entry) => entry.startsWith('push '));
    expect(lastPush).toBeGreaterThanOrEqual(0);
    expect(firstClose).toBeGreaterThan(lastPush);
  });
});

async function created(): Promise<Scene> {
  const made = scene();
  await made.handle(connect);
  made.world.open(ID, 'tab-a');
  return quiet(made);
}

/** Disconnection 2 runs, and a new socket is open that the record does not know yet. */
async function lost(): Promise<Scene> {
  const made = await inConversation();
  await made.leavesSilently('tab-a');
  made.world.open(ID, 'tab-b');
  return quiet(made);
}

async function presentAtTheDeadline(): Promise<Scene> {
  const made = await pastTheDeadline();
  made.world.open(ID, 'tab-b');
  return made;
}

async function inWrapUp(): Promise<Scene> {
  const made = await inConversation();
  await made.handle(agentEnded);
  return quiet(made);
}

/** The conversation ended between the socket's `connect` and its `connected`. */
async function endedBehindTheBack(): Promise<Scene> {
  const made = await inWrapUp();
  made.world.open(ID, 'tab-b');
  return made;
}
