import { DependencyError, RecordTooLargeError, StoredRowError } from '../../shared/app/errors';
import type { AgentCapacity } from '../../shared/capacity/capacity';
import { type Conversation, timerInstanceId } from '../../shared/conversation/conversation';
import type { Presence } from '../../shared/conversation/inputs';
import type { Audience, Push } from '../../shared/conversation/notifications';
import type {
  ConversationStore,
  CustomerIndex,
  DeadlineId,
  DeadlineTimers,
  Participants,
  StoredConversation,
} from '../../shared/conversation/ports';
import type { Instant } from '../../shared/conversation/time';
import type { TranscriptEntry } from '../../shared/conversation/transcript';
import { type WorkList, type WorkListItem, workListItem } from '../../shared/conversation/work-list';
import type { OperatorSettings } from '../../shared/policies/settings';
import type { SettingsSource } from '../../shared/policies/settings-service';
import { policies } from './domain/policies';
import { MemoryCapacity } from './memory-capacity';
import { MemoryDeadLetters } from './memory-dead-letters';

/** The operations of every port, as they appear in the log and as failures name them. */
export type Operation =
  | 'load'
  | 'save'
  | 'presence'
  | 'agent-presence'
  | 'reserve-capacity'
  | 'release-capacity'
  | 'push'
  | 'close-customer-connections'
  | 'close-connection'
  | 'start-timer'
  | 'cancel-timer'
  | 'put-work-list'
  | 'remove-work-list'
  | 'file-dead-letter'
  | 'read-customer'
  | 'remember-customer';

/** Comes before every operation; may wait, or throw to make it fail. */
export type Gate = (operation: Operation) => Promise<void> | void;

/**
 * The ports of the application over memory, one world per test: a table with ETags, sockets that are open or not,
 * timers and the work list. They keep the promises that the ports' comments make; `list` knows no pages.
 */
export class MemoryWorld {
  /** Every operation in the order in which it took effect, and the failed ones where they were tried. */
  readonly log: string[] = [];
  readonly pushes: { readonly conversationId: string; readonly audience: Audience; readonly push: Push }[] =
    [];
  /** Every distinct push of the whole story: receivers drop repetitions by their id. */
  readonly told = new Set<string>();
  /** What the service itself knows: the open sockets of a conversation's customer. */
  readonly openSockets = new Map<string, Set<string>>();
  /** By instance id. A cancelled timer stays, for a second start of the same one is a no-op. */
  readonly timerList = new Map<
    string,
    { readonly id: DeadlineId; readonly deadline: Instant; cancelled?: string }
  >();
  readonly listed = new Map<string, WorkListItem>();
  comparedUntil: Instant | undefined;
  /** Conversations whose row of the work list cannot be read until it is written anew, and when it was written. */
  readonly unreadableRows = new Map<string, Instant>();
  /** Agents with an open socket. Everybody is there unless a test says otherwise. */
  readonly absentAgents = new Set<string>();
  /** What is held of each agent's capacity. */
  readonly ledger = new MemoryCapacity(() => this.now());
  readonly deadLetters = new MemoryDeadLetters(() => this.enter('file-dead-letter'));
  /** Conversations whose row cannot be read, or is full. */
  readonly spoiled = new Map<string, 'unreadable' | 'full'>();
  /** Tests let time jump; only those of outages want to see what a jump looks like from the outside. */
  operatorSettings: OperatorSettings = { policies: policies({ outageAllowance: 0 }), messages: [] };
  now: () => number = () => 0;
  gate: Gate = () => undefined;

  private readonly rows = new Map<string, StoredConversation>();
  private readonly entries = new Map<string, TranscriptEntry[]>();
  private readonly failures = new Map<Operation, number>();
  private crashes = 0;
  private version = 0;

  /** The next `times` tries of the operation fail without effect. */
  fail(operation: Operation, times = Number.POSITIVE_INFINITY): void {
    this.failures.set(operation, times);
  }

  recover(): void {
    this.failures.clear();
  }

  /** The next save is stored, but its answer never arrives: as if the process had died right after it. */
  crashAfterNextSave(): void {
    this.crashes += 1;
  }

  /** The row as another version, or somebody by hand, has written it. */
  replace(conversation: Conversation): void {
    this.version += 1;
    this.rows.set(conversation.id, { conversation, ...this.stamp() });
  }

  private stamp(): Omit<StoredConversation, 'conversation'> {
    return { etag: `W/"${this.version}"`, savedAt: this.now() };
  }

  /** Somebody else writes the row: everyone who has loaded it is too late. */
  touch(id: string): void {
    this.replace(this.conversation(id));
  }

  conversation(id: string): Conversation {
    const stored = this.conversationIfAny(id);
    if (stored === undefined) throw new Error(`no conversation ${id} is stored`);
    return stored;
  }

  conversationIfAny(id: string): Conversation | undefined {
    return this.rows.get(id)?.conversation;
  }

  entriesOf(id: string): readonly TranscriptEntry[] {
    return this.entries.get(id) ?? [];
  }

  /** The notices that tell of the conversation's end. */
  noticesOf(id: string): readonly TranscriptEntry[] {
    return this.entriesOf(id).filter((entry) => entry.kind === 'notice' && entry.reason !== undefined);
  }

  open(conversationId: string, connectionId: string): void {
    this.socketsOf(conversationId).add(connectionId);
  }

  lose(conversationId: string, connectionId: string): void {
    this.socketsOf(conversationId).delete(connectionId);
  }

  socketsOf(conversationId: string): Set<string> {
    const sockets = this.openSockets.get(conversationId) ?? new Set<string>();
    this.openSockets.set(conversationId, sockets);
    return sockets;
  }

  readonly store: ConversationStore = {
    load: async (conversationId) => {
      await this.enter('load');
      if (this.spoiled.get(conversationId) === 'unreadable')
        throw new StoredRowError(`${conversationId}/conversation`, 'state: unreadable');
      return this.rows.get(conversationId);
    },
    save: async ({ before, after, entries }) => {
      await this.enter('save', false);
      if (this.spoiled.get(after.id) === 'full')
        throw new RecordTooLargeError(`${after.id}/conversation`, 'context: too long');
      const current = this.rows.get(after.id);
      // Whoever has damaged the row has changed its ETag as well.
      if (current?.etag !== before?.etag || this.spoiled.get(after.id) === 'unreadable') {
        this.log.push('conflict');
        return 'conflict';
      }
      const written = this.entries.get(after.id) ?? [];
      for (const { sequence } of entries) {
        if (written.some((entry) => entry.sequence === sequence))
          throw new Error(`entry ${sequence} exists twice`);
      }
      this.version += 1;
      const stamp = this.stamp();
      this.rows.set(after.id, { conversation: frozenCopy(after), ...stamp });
      this.entries.set(after.id, [...written, ...entries.map(frozenCopy)]);
      this.log.push('save');
      if (this.crashes > 0) {
        this.crashes -= 1;
        throw new DependencyError('table-storage', 'save');
      }
      return { etag: stamp.etag };
    },
    findMessage: async (conversationId, { by, messageId }) =>
      this.entriesOf(conversationId).find(
        (entry) =>
          entry.kind === 'message' &&
          entry.messageId === messageId &&
          by === (entry.author.role === 'agent' ? `agent.${entry.author.id}` : entry.author.role),
      )?.sequence,
    transcript: async (conversationId, { after, limit }) => {
      const all = this.entriesOf(conversationId).filter(({ sequence }) => sequence > after);
      const entries = all.slice(0, limit);
      const last = entries.at(-1);
      const more = all.length > limit && last ? { nextAfter: last.sequence } : {};
      return { entries, unreadable: [], ...more };
    },
  };

  readonly participants: Participants = {
    push: async (conversationId, audience, push) => {
      await this.enter('push', false);
      this.log.push(`push ${push.type} to ${audience.to}`);
      this.pushes.push({ conversationId, audience, push });
      // News that are repeated reach whoever has the conversation by then, too, who drops what it has heard.
      const whom = audience.to === 'agents' ? { to: audience.to, queues: audience.queues } : audience;
      this.told.add(JSON.stringify([whom, push]));
    },
    closeCustomerConnections: async (conversationId) => {
      await this.enter('close-customer-connections');
      this.socketsOf(conversationId).clear();
    },
    closeConnection: async (connectionId) => {
      await this.enter('close-connection');
      for (const sockets of this.openSockets.values()) sockets.delete(connectionId);
    },
    presenceOf: async (conversationId): Promise<Presence> => {
      await this.enter('presence');
      const [first, ...others] = this.socketsOf(conversationId);
      return first === undefined ? { alive: false } : { alive: true, connectionIds: [first, ...others] };
    },
    isAgentPresent: async (agentId) => {
      await this.enter('agent-presence');
      return !this.absentAgents.has(agentId);
    },
    presentAgents: async () => {
      await this.enter('agent-presence');
      const known = (await this.ledger.everyAgent()).agents.map(({ agentId }) => agentId);
      return new Set(known.filter((agentId) => !this.absentAgents.has(agentId)));
    },
  };

  readonly capacity: AgentCapacity = {
    reserve: async (claim, units) => {
      await this.enter('reserve-capacity');
      return this.ledger.reserve(claim, units);
    },
    release: async (claim) => {
      await this.enter('release-capacity');
      await this.ledger.release(claim);
    },
    loadOf: (agentId) => this.ledger.loadOf(agentId),
    setTotal: (agentId, totalUnits) => this.ledger.setTotal(agentId, totalUnits),
    noteAgent: (agentId, name) => this.ledger.noteAgent(agentId, name),
    everyAgent: () => this.ledger.everyAgent(),
  };

  private readonly customerIds = new Map<string, { conversationIds: readonly string[]; etag: string }>();
  readonly customers: CustomerIndex = {
    conversationsOf: async (customerId) => {
      await this.enter('read-customer');
      return this.customerIds.get(customerId) ?? { conversationIds: [] };
    },
    remember: async (customerId, conversationIds, etag) => {
      await this.enter('remember-customer');
      const before = this.customerIds.get(customerId)?.etag;
      if (before !== etag) return 'conflict';
      this.customerIds.set(customerId, { conversationIds, etag: `${Number(before ?? 0) + 1}` });
      return 'saved';
    },
    everyConversationOf: async (customerId) =>
      (this.customerIds.get(customerId)?.conversationIds ?? []).map((conversationId) => ({
        ...{ conversationId, begunAt: 0 },
      })),
    forget: async (conversationId) => {
      for (const [customer, { conversationIds, etag }] of this.customerIds) {
        const others = conversationIds.filter((id) => id !== conversationId);
        this.customerIds.set(customer, { conversationIds: others, etag: `${Number(etag) + 1}` });
      }
    },
    begunBefore: async () => [],
    hasRowsUnderOtherKeys: async () => false,
  };

  readonly settings: SettingsSource = { current: async () => this.operatorSettings };

  readonly timers: DeadlineTimers = {
    start: async (id, deadline) => {
      await this.enter('start-timer');
      const instance = timerInstanceId(id.conversationId, id.kind, id.number);
      if (!this.timerList.has(instance)) this.timerList.set(instance, { id, deadline });
    },
    cancel: async (id, because) => {
      await this.enter('cancel-timer');
      const timer = this.timerList.get(timerInstanceId(id.conversationId, id.kind, id.number));
      if (timer) timer.cancelled ??= because;
    },
  };

  readonly workList: WorkList = {
    put: async (item) => {
      await this.enter('put-work-list');
      this.unreadableRows.delete(item.conversationId);
      this.listed.set(item.conversationId, item);
    },
    remove: async (conversationId) => {
      await this.enter('remove-work-list');
      this.unreadableRows.delete(conversationId);
      this.listed.delete(conversationId);
    },
    forget: async () => undefined,
    settle: async (conversationId, load, shown) => {
      const conversation = shown ?? (await load());
      const item = conversation && workListItem(conversation);
      await (item === undefined ? this.workList.remove(conversationId) : this.workList.put(item));
    },
    list: async ({ limit, state, agentId, queue }) => ({
      unreadable: [...this.unreadableRows].map(([conversationId, writtenAt]) => ({
        ...{ conversationId, writtenAt },
      })),
      items: [...this.listed.values()]
        .filter(({ conversationId }) => !this.unreadableRows.has(conversationId))
        .filter((item) => state === undefined || item.state === state)
        .filter((item) => agentId === undefined || item.agentId === agentId)
        .filter((item) => queue === undefined || item.queue === queue)
        .slice(0, limit),
    }),
    comparedUntil: async () => this.comparedUntil,
    setComparedUntil: async (moment) => {
      this.comparedUntil = moment;
    },
  };

  private async enter(operation: Operation, logSuccess = true): Promise<void> {
    await this.gate(operation);
    const failures = this.failures.get(operation) ?? 0;
    if (failures > 0) {
      this.failures.set(operation, failures - 1);
      this.log.push(`${operation} fails`);
      throw new DependencyError(dependencyOf(operation), operation);
    }
    if (logSuccess) this.log.push(operation);
  }
}

function dependencyOf(operation: Operation): DependencyError['dependency'] {
  if (operation.endsWith('timer')) return 'durable-functions';
  return ['presence', 'agent-presence', 'push', 'close-customer-connections', 'close-connection'].includes(
    operation,
  )
    ? 'web-pubsub'
    : 'table-storage';
}

/** A table gives back what was written, not the object that was handed in. */
function frozenCopy<T extends object>(value: T): T {
  return deepFreeze(structuredClone(value));
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
