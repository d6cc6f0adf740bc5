import { jest } from '@jest/globals';
import type { Logger } from '../../../shared/app/log';
import type { ConversationService, Handled } from '../../../shared/conversation/conversation-service';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { type Instant, MINUTE, SECOND } from '../../../shared/conversation/time';
import { reconcile } from '../../../shared/reconciliation/reconcile-service';
import type { ReconcileReport } from '../../../shared/reconciliation/report';
import { policies } from '../../support/domain/policies';
import { MemoryWorld } from '../../support/memory-ports';
import { PACE } from '../../support/pace';
import { serviceOver } from '../../support/service';
import { silent } from '../../support/silent';

export const ID = 'conversation-0001';
export const GRACE = 3 * MINUTE;
export const T0: Instant = Date.parse('2026-03-01T10:00:00.000Z');
export const ANN = { agentId: 'ann', agentName: 'Ann Smith' };
export const BOB = { agentId: 'bob', agentName: 'Bob Jones' };
export const PROFILE = {
  name: 'Erika Mustermann',
  locale: 'de-DE',
  queue: 'support',
  workstream: 'default',
  channelInstance: 'default',
  context: { order: 'A-4711' },
};

export const connect: ConversationEvent = { type: 'connect', conversationId: ID, profile: PROFILE };
export const connected = (connectionId: string, occurredAt = T0): ConversationEvent => ({
  type: 'connected',
  connectionId,
  occurredAt,
});
export const disconnected = (connectionId: string, occurredAt = T0): ConversationEvent => ({
  type: 'disconnected',
  connectionId,
  occurredAt,
});
export const message = (messageId: string, connectionId = 'tab-a'): ConversationEvent => ({
  type: 'customer-message',
  connectionId,
  messageId,
  text: 'Where is my parcel?',
});
export const offered = (agent = ANN): ConversationEvent => ({ type: 'agent-offered', ...agent });
export const accepted = (agent = ANN): ConversationEvent => ({ type: 'agent-accepted', ...agent });
export const agentEnded: ConversationEvent = { type: 'agent-ended', agentId: ANN.agentId };
export const agentClosed: ConversationEvent = { type: 'agent-closed', agentId: ANN.agentId };
export const left: ConversationEvent = { type: 'customer-left' };
export const deadline = (number: number): ConversationEvent => ({
  type: 'deadline-reached',
  kind: 'disconnection',
  number,
});

/** The service over memory, and the steps that stories are made of. */
export interface Scene {
  readonly world: MemoryWorld;
  readonly clock: { now: Instant };
  readonly service: ConversationService;
  readonly handle: (event: ConversationEvent) => Promise<Handled>;
  /** The same in another process of the app. */
  readonly elsewhere: (event: ConversationEvent) => Promise<Handled>;
  /** A socket opens, and its events are handled. */
  readonly arrives: (connectionId: string) => Promise<void>;
  /** A socket closes, and its event is handled. */
  readonly leavesSilently: (connectionId: string) => Promise<void>;
}

export function scene(): Scene {
  const world = new MemoryWorld();
  const clock = { now: T0 };
  const now = () => clock.now;
  world.now = now;
  const service = serviceOver({ ...world, now });
  const handle = (event: ConversationEvent) => service.handle(ID, event);
  const other = serviceOver({ ...world, now });
  return {
    world,
    clock,
    service,
    handle,
    elsewhere: (event) => other.handle(ID, event),
    arrives: async (connectionId) => {
      await handle(connect);
      world.open(ID, connectionId);
      await handle(connected(connectionId, clock.now));
    },
    leavesSilently: async (connectionId) => {
      world.lose(ID, connectionId);
      await handle(disconnected(connectionId, clock.now));
    },
  };
}

/** What reconciliation, replays and the activities of timers need. */
export function dependenciesOf({ world, service, clock }: Scene, logger: Logger = silent) {
  const { store, workList, deadLetters } = world;
  return { service, store, workList, deadLetters, pace: PACE, now: () => clock.now, logger };
}

/** A deadline that is reached late gives a minute more, as it does by default. */
export function withAllowance(made: Scene): Scene {
  made.world.operatorSettings = { policies: policies(), messages: [] };
  return made;
}

/** One run of reconciliation. */
export const run = (made: Scene): Promise<ReconcileReport> => reconcile(dependenciesOf(made));

/** A customer is connected, the agent has accepted, and the log is empty. */
export async function inConversation(): Promise<Scene> {
  const made = scene();
  await made.arrives('tab-a');
  await made.handle(accepted());
  return quiet(made);
}

/** As `inConversation`, then the customer is lost (disconnection 2) and the deadline is now. */
export async function pastTheDeadline(prepared = inConversation()): Promise<Scene> {
  const made = await prepared;
  made.clock.now += 10 * SECOND;
  await made.leavesSilently('tab-a');
  made.clock.now += GRACE;
  return quiet(made);
}

/** A customer waits in the queue. */
export async function inQueue(): Promise<Scene> {
  const made = scene();
  await made.arrives('tab-a');
  return quiet(made);
}

export function quiet(made: Scene): Scene {
  made.world.log.length = 0;
  made.world.pushes.length = 0;
  return made;
}

/** Between two attempts the service pauses for a random time; in tests it goes on at once. */
export function withoutPauses(): void {
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(((wake: () => void) => {
    setImmediate(wake);
  }) as unknown as typeof setTimeout);
}
