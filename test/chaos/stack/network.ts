import type { AttemptReport, Fault, InterceptedEvent } from '../../../local/web-pubsub';
import { shortId } from '../customers/customer';
import type { Observed } from '../model/observed';
import { faultOf, type EventFaults } from '../plan/event-faults';
import type { Tally } from './tally';

const DELIVERED = 'deliver';

/** Between the service and the webhook: loses, repeats and delays events as planned, and knows what the app answered. */
export class Network {
  /** While true, everything of customers is lost. */
  allLost = false;
  /** No delayed event is under way any more after this moment. */
  busyUntil = 0;
  private readonly conversations = new Map<string, Conversation>();
  private readonly toldAt = new Map<string, number>();

  constructor(
    private readonly graceMs: number,
    private readonly tally: Tally,
    private readonly sinceStart: () => number,
  ) {}

  add(seen: Observed, faults: EventFaults): void {
    this.conversations.set(`customer.${seen.conversationId}`, { seen, faults, counts: new Map(), held: [] });
  }

  /** When the app first answered 2xx to an event of this connection other than `connect`. */
  toldOf(connectionId: string): number | undefined {
    return this.toldAt.get(connectionId);
  }

  readonly intercept = ({ eventName, connectionId, userId }: InterceptedEvent): Fault => {
    const conversation = this.conversations.get(userId ?? '');
    if (conversation === undefined) return DELIVERED;
    const { seen, faults, counts, held } = conversation;
    const nth = (counts.get(eventName) ?? 0) + 1;
    counts.set(eventName, nth);
    const now = Date.now();
    if (held.some((one) => one.until > now && one.connectionId !== connectionId)) {
      this.tally.add('overtaken by an event of another connection');
    }
    const [from, until] = faults.silence ?? [0, 0];
    const isSilent = this.sinceStart() >= from && this.sinceStart() < until;
    const fault = this.allLost || isSilent ? 'drop' : faultOf(faults, eventName, nth, this.graceMs);
    if (fault === DELIVERED) return fault;
    const why = this.allLost ? ' (all webhooks lost)' : isSilent ? ' (all of this conversation lost)' : '';
    const what =
      fault === 'drop'
        ? 'dropped'
        : 'repeat' in fault
          ? 'repeated'
          : 'cutAfterMs' in fault
            ? 'cut'
            : 'answerAfterMs' in fault
              ? 'answered late'
              : 'delayed';
    seen.faults.push(`${eventName} ${what}`);
    this.tally.add(`${eventName} ${what}`);
    const more = typeof fault === 'object' ? ` ${JSON.stringify(fault)}` : '';
    seen.timeline.push({
      at: now,
      what: `${eventName} of ${shortId({ connectionId })} ${what}${more}${why}`,
    });
    if (typeof fault === 'object' && 'cutAfterMs' in fault) {
      const socket = seen.sockets.find((one) => one.connectionId === connectionId);
      if (socket !== undefined) socket.cutAt = now + fault.cutAfterMs;
    }
    if (typeof fault === 'object' && 'answerAfterMs' in fault) {
      const socket = seen.sockets.find((one) => one.connectionId === connectionId);
      const until = now + fault.answerAfterMs;
      if (socket !== undefined) socket.held = { from: now, until };
      this.busyUntil = Math.max(this.busyUntil, until);
    }
    if (typeof fault === 'object' && 'delayMs' in fault) {
      held.push({ connectionId, until: now + fault.delayMs });
      this.busyUntil = Math.max(this.busyUntil, now + fault.delayMs);
    }
    return fault;
  };

  readonly onAttempt = ({ eventName, connectionId, userId, attempt, status, error }: AttemptReport): void => {
    const conversation = this.conversations.get(userId ?? '');
    if (conversation === undefined) return;
    const isGood = status !== undefined && status < 300;
    const at = Date.now();
    if (isGood && eventName !== 'connect' && !this.toldAt.has(connectionId))
      this.toldAt.set(connectionId, at);
    const answer = status ?? error ?? '?';
    const which = attempt > 1 ? ` (attempt ${attempt})` : '';
    conversation.seen.timeline.push({
      at,
      what: `${eventName} of ${shortId({ connectionId })} answered ${answer}${which}`,
    });
  };
}

interface Conversation {
  readonly seen: Observed;
  readonly faults: EventFaults;
  /** Events so far, by kind. */
  readonly counts: Map<string, number>;
  readonly held: { readonly connectionId: string; readonly until: number }[];
}
