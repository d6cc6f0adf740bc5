import { pause, type After } from './time';

/** What an interceptor sees of an event that is about to be sent. */
export interface InterceptedEvent {
  type: string;
  eventName: string;
  connectionId: string;
  userId: string | undefined;
  ceId: number;
}

/** `drop` loses the event, `delayMs` sends it late, `repeat` sends it that many times with one and the same id. */
export type Fault = 'deliver' | 'drop' | { delayMs: number } | { repeat: number };

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
 */
export async function withFaults<T>(
  faults: Faults,
  event: InterceptedEvent,
  after: After,
  stopped: AbortSignal,
  send: () => Promise<T>,
): Promise<T | undefined> {
  const fault = faults.intercept?.(event) ?? 'deliver';
  if (fault === 'drop') return undefined;
  if (fault === 'deliver') return send();
  if ('delayMs' in fault) {
    await pause(after, fault.delayMs, stopped);
    return stopped.aborted ? undefined : send();
  }
  const first = await send();
  for (let count = 1; count < fault.repeat; count += 1) await send();
  return first;
}
