import { fits } from '../../../shared/capacity/capacity';
import type { Conversation, DeadlineKind } from '../../../shared/conversation/conversation';
import { decide } from '../../../shared/conversation/decide';
import type { Decided, Effect, Question } from '../../../shared/conversation/decision';
import type { Answers, ConversationEvent, Presence } from '../../../shared/conversation/inputs';
import { type Instant, type Milliseconds, SECOND } from '../../../shared/conversation/time';
import type { TranscriptEntry } from '../../../shared/conversation/transcript';
import type { PolicyTable } from '../../../shared/policies/policy';
import { CONVERSATION_ID, GRACE, PROFILE, START } from './builders';
import { policies } from './policies';

/** How the service delivers one event: each number is the delay of one copy; an empty list loses the event. */
export interface Delivery {
  readonly copies: readonly Milliseconds[];
  /** The first copy is saved, but its effects fail, so the service repeats it a second later. */
  readonly effectsFail: boolean;
}

export const PROMPT: Delivery = { copies: [0], effectsFail: false };

export interface Socket {
  readonly id: string;
  readonly openedAt: Instant;
  closedAt?: Instant;
  /** One of its events has been handled, so the conversation can know of it. */
  known: boolean;
}

export interface Step {
  readonly now: Instant;
  readonly event: ConversationEvent;
  /** What the decision asked for. */
  readonly answers: Answers;
  readonly before: Conversation | undefined;
  readonly after: Conversation | undefined;
  readonly decision: Decided;
  /** How many sockets were really open when it was decided. */
  readonly open: number;
}

/**
 * The world around the decision function: the truth about sockets, a service whose clock may be wrong and whose
 * deliveries may be late, doubled or lost, and the caller's loop. It knows the events and effects of the domain,
 * but none of its rules.
 */
export class World {
  now: Instant = START;
  conversation: Conversation | undefined;
  readonly transcript: TranscriptEntry[] = [];
  readonly sockets: Socket[] = [];
  /** Every event that was handled, for replays. */
  readonly handled: ConversationEvent[] = [];
  /** Timers by kind and number; a finished or cancelled one keeps its entry, as an instance id does. */
  readonly timers = new Map<string, { dueAt: Instant; pending: boolean }>();
  /** Agents without an open socket. */
  readonly absentAgents = new Set<string>();
  /** Units that this conversation holds, by agent and assignment: what the ledger would say. */
  readonly ledger = new Map<string, number>();
  private queue: { at: Instant; order: number; run: () => void }[] = [];
  private order = 0;
  private messages = 0;

  constructor(
    private readonly options: {
      /** The service's clock minus ours. */
      readonly skew: Milliseconds;
      /** Timers fire this much too late. */
      readonly timerLag: Milliseconds;
      readonly cancelsAreLost: boolean;
      readonly policies?: PolicyTable;
      readonly workstream?: string;
      /** Units that every agent has. */
      readonly agentUnits?: number;
      readonly onStep: (step: Step, world: World) => void;
    },
  ) {}

  // --- what customers and agents do ---

  /** A tab asks to connect; its socket opens when it is admitted (and the handshake succeeds). */
  open(delivery: Delivery, handshakeFails = false): Socket | undefined {
    const workstream = this.options.workstream ?? PROFILE.workstream;
    const decision = this.handle({
      type: 'connect',
      conversationId: CONVERSATION_ID,
      profile: { ...PROFILE, workstream },
      signedInFor: workstream,
    });
    if (decision.kind === 'refused' || handshakeFails) return undefined;
    const socket: Socket = { id: `socket-${this.sockets.length + 1}`, openedAt: this.now, known: false };
    this.sockets.push(socket);
    this.deliver({ type: 'connected', connectionId: socket.id, occurredAt: this.stamp() }, delivery);
    return socket;
  }

  close(socket: Socket | undefined, delivery: Delivery): void {
    if (socket === undefined || socket.closedAt !== undefined) return;
    socket.closedAt = this.now;
    this.deliver({ type: 'disconnected', connectionId: socket.id, occurredAt: this.stamp() }, delivery);
  }

  write(socket: Socket | undefined, delivery: Delivery): void {
    if (socket === undefined || socket.closedAt !== undefined) return;
    const messageId = `${socket.id}.${(this.messages += 1)}`;
    this.deliver(
      {
        type: 'customer-message',
        connectionId: socket.id,
        messageId,
        text: `customer ${messageId}`,
      },
      delivery,
    );
  }

  leave(delivery: Delivery): void {
    if (this.openSockets().length > 0) this.deliver({ type: 'customer-left' }, delivery);
  }

  agentWrites(agentId: string): void {
    const messageId = `agent.${(this.messages += 1)}`;
    this.handle({ type: 'agent-message', agentId, messageId, text: `agent ${messageId}` });
  }

  /** The agent's last socket is gone, or its first one is open; the event may be lost. */
  agentSocket(agentId: string, open: boolean, delivery: Delivery): void {
    if (open) this.absentAgents.delete(agentId);
    else this.absentAgents.add(agentId);
    const event: ConversationEvent = open
      ? { type: 'agent-connected', agentId, connectionId: `${agentId}.${(this.messages += 1)}` }
      : { type: 'agent-disconnected', agentId };
    // The caller asks the service before it believes in an absence.
    this.deliver(event, delivery, () => open || this.absentAgents.has(agentId));
  }

  /** Anything of the past arrives once more. */
  replay(index: number): void {
    const event = this.handled[index % Math.max(1, this.handled.length)];
    if (event) this.handle(event);
  }

  // --- time ---

  /** Lets time pass, running what falls due on the way. */
  wait(length: Milliseconds): void {
    const until = this.now + length;
    for (let next = this.due(until); next; next = this.due(until)) {
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = until;
  }

  /** Runs everything that is still to come: late deliveries and timers. */
  settle(): void {
    while (this.queue.length > 0)
      this.wait(Math.max(0, Math.max(...this.queue.map((item) => item.at)) - this.now));
  }

  // --- truth ---

  openSockets(): readonly Socket[] {
    return this.sockets.filter((socket) => socket.closedAt === undefined);
  }

  /** One of the open sockets, chosen by a random index. */
  someSocket(index: number): Socket | undefined {
    const open = this.openSockets();
    return open[index % Math.max(1, open.length)];
  }

  presence(): Presence {
    const [first, ...more] = this.openSockets().map((socket) => socket.id);
    return first === undefined ? { alive: false } : { alive: true, connectionIds: [first, ...more] };
  }

  // --- the caller's loop: decide, ask when needed, save, perform ---

  handle(event: ConversationEvent, effectsFail = false): Decided {
    const context = { now: this.now, policies: this.policies, messages: [] };
    const before = this.conversation;
    const open = this.openSockets().length;
    let answers: Answers = {};
    let decision = decide(before, event, context);
    for (let questions = 0; !('effects' in decision); questions += 1) {
      if (questions === 3) throw new Error('each question is asked once');
      answers = { ...answers, ...this.answer(decision) };
      decision = decide(before, event, context, answers);
    }
    if (decision.kind === 'changed') {
      this.conversation = decision.conversation;
      this.transcript.push(...decision.entries);
    }
    // Something is remembered of a refusal.
    if (decision.kind === 'refused') this.conversation = decision.conversation ?? before;
    if ('connectionId' in event) {
      for (const socket of this.sockets) if (socket.id === event.connectionId) socket.known = true;
    }
    this.handled.push(event);
    if (!effectsFail) decision.effects.forEach((effect) => this.perform(effect));
    this.options.onStep(
      { now: this.now, event, answers, before, after: this.conversation, decision, open },
      this,
    );
    return decision;
  }

  get policies(): PolicyTable {
    return this.options.policies ?? policies({ grace: GRACE });
  }

  /** What the agent's conversations hold. There is only this one here. */
  unitsHeldBy(agentId: string): number {
    return [...this.ledger].reduce(
      (sum, [key, units]) => sum + (key.startsWith(`${agentId}.`) ? units : 0),
      0,
    );
  }

  private answer(question: Question): Answers {
    switch (question.kind) {
      case 'presence-needed':
        return { presence: this.presence() };
      case 'agent-presence-needed':
        return { agentPresent: !this.absentAgents.has(question.agentId) };
      case 'message-needed': {
        const found = this.transcript.find(
          (entry) => entry.kind === 'message' && entry.messageId === question.messageId,
        );
        return { stored: found?.sequence ?? 0 };
      }
      case 'capacity-needed': {
        const { agentId, assignment, units } = question;
        const load = {
          totalUnits: this.options.agentUnits ?? 100,
          holdings: [{ units: this.unitsHeldBy(agentId) }],
        };
        if (!fits(load, units)) return { capacity: 'full' };
        this.ledger.set(`${agentId}.${assignment}`, units);
        return { capacity: 'reserved' };
      }
    }
  }

  private perform(effect: Effect): void {
    if (effect.type === 'start-timer' && !this.timers.has(`${effect.kind}.${effect.number}`)) {
      this.schedule(effect.kind, effect.number, effect.deadline);
    }
    if (effect.type === 'cancel-timer' && !this.options.cancelsAreLost) {
      const timer = this.timers.get(`${effect.kind}.${effect.number}`);
      if (timer) timer.pending = false;
    }
    if (effect.type === 'release-capacity') this.ledger.delete(`${effect.agentId}.${effect.assignment}`);
    if (effect.type === 'close-customer-connections')
      this.openSockets().forEach((socket) => this.shut(socket));
    if (effect.type === 'close-connection') {
      this.openSockets()
        .filter((socket) => socket.id === effect.connectionId)
        .forEach((socket) => this.shut(socket));
    }
  }

  private shut(socket: Socket): void {
    socket.closedAt = this.now;
    this.deliver({ type: 'disconnected', connectionId: socket.id, occurredAt: this.stamp() }, PROMPT);
  }

  private schedule(kind: DeadlineKind, number: number, deadline: Instant): void {
    const timer = { dueAt: Math.max(deadline, this.now) + this.options.timerLag, pending: true };
    this.timers.set(`${kind}.${number}`, timer);
    this.at(timer.dueAt, () => {
      if (!timer.pending) return;
      timer.pending = false;
      const decision = this.handle({ type: 'deadline-reached', kind, number });
      const notReached =
        decision.kind !== 'refused' && decision.outcome.type === 'not-reached' && decision.outcome;
      if (notReached) this.schedule(kind, number, notReached.deadline);
    });
  }

  private deliver(
    event: ConversationEvent,
    { copies, effectsFail }: Delivery,
    isStillTrue: () => boolean = () => true,
  ): void {
    const hand = (fails: boolean) => {
      if (isStillTrue()) this.handle(event, fails);
    };
    copies.forEach((delay, index) => {
      const fails = effectsFail && index === 0;
      this.at(this.now + delay, () => hand(fails));
      if (fails) this.at(this.now + delay + SECOND, () => hand(false));
    });
  }

  /** `ce-time`: the service's clock, whole seconds. */
  private stamp(): Instant {
    return Math.floor((this.now + this.options.skew) / SECOND) * SECOND;
  }

  private at(at: Instant, run: () => void): void {
    this.queue.push({ at, order: (this.order += 1), run });
  }

  private due(until: Instant) {
    const [next] = this.queue
      .filter((item) => item.at <= until)
      .sort((one, other) => one.at - other.at || one.order - other.order);
    if (next) this.queue = this.queue.filter((item) => item !== next);
    return next;
  }
}
