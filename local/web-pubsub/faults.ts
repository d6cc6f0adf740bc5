import { pause, type After } from './time';

/** What an interceptor sees of an event that is about to be sent. */
export interface InterceptedEvent {
  type: string;
  eventName: string;
  connectionId: string;
  userId: string | undefined;
  ceId: number;
}

/**
 * `drop` loses the event, `repeat` sends it that many times with one and the same id.
 *
 * `delayMs` sends it late. Until it is answered, everything else that the client sends waits, its pings, too.
 *
 * `answerAfterMs` is a webhook that answers so slowly: the app has handled the event by then, and everything else of the client
 * waits as well. A client whose keep-alive gives up meanwhile never hears what became of it.
 *
 * `cutAfterMs` cuts the client's TCP connection so long after the event was sent. The call of the webhook is then given
 * up, and without a recovery window `disconnected` is sent at once. A client that is cut during its `connect` was never
 * there: there is no `disconnected`.
 */
export type Fault =
  | 'deliver'
  | 'drop'
  | { delayMs: number }
  | { answerAfterMs: number }
  | { repeat: number }
  | { cutAfterMs: number };

/** What tests make go wrong between the service and its app. */
export interface Faults {
  /** A network that loses, delays and repeats events on their way to the webhook. */
  intercept?: (event: InterceptedEvent) => Fault | undefined;
  /** Asked for every message that the app sends by the REST API: true answers 503. All other calls work. */
  refuseSend?: () => boolean;
}

/**
 * Runs `send` as the interceptor decides. The answer of the first sending counts; `undefined` means lost.
 * @param after how a delay waits
 * @param stopped ends a delay early and loses the event
 * @param cut cuts the client's TCP connection
 */
export async function withFaults<T>(
  faults: Faults,
  event: InterceptedEvent,
  after: After,
  stopped: AbortSignal,
  cut: () => void,
  send: () => Promise<T>,
): Promise<T | undefined> {
  const fault = faults.intercept?.(event) ?? 'deliver';
  if (fault === 'drop') return undefined;
  if (fault === 'deliver') return send();
  if ('delayMs' in fault) {
    await pause(after, fault.delayMs, stopped);
    return stopped.aborted ? undefined : send();
  }
  if ('answerAfterMs' in fault) {
    const answer = await send();
    await pause(after, fault.answerAfterMs, stopped);
    return stopped.aborted ? undefined : answer;
  }
  if ('cutAfterMs' in fault) {
    after(fault.cutAfterMs, cut);
    return send();
  }
  const first = await send();
  for (let count = 1; count < fault.repeat; count += 1) await send();
  return first;
}
