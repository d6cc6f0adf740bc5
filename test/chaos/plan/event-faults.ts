import type { Fault } from '../../../local/web-pubsub';
import { randomOf } from '../random';

/** What may become of the webhooks of one conversation. */
export interface EventFaults {
  readonly name: string;
  /** How many of a hundred events meet with a fault. */
  readonly percent: number;
  /** All of them are lost from and until these times, in milliseconds of the story. */
  readonly silence?: readonly [from: number, until: number];
}

/**
 * The official client asks every 20 s and gives its connection up after 120 s without a frame; here both fit into a grace
 * period. It looks every third of that time.
 */
export const keepAliveOf = (graceMs: number) => ({ intervalMs: graceMs / 12, timeoutMs: graceMs / 2 });
export type KeepAlive = ReturnType<typeof keepAliveOf>;

export function drawEventFaults(name: string, graceMs: number): EventFaults {
  const random = randomOf(name);
  const percent = random.pick([0, 0, 30, 60]);
  if (!random.chance(0.12)) return { name, percent };
  const from = random.between(0, 2_000);
  return { name, percent, silence: [from, from + random.between(graceMs / 2, graceMs * 2)] };
}

/** The fault for the nth event of its kind: drawn from the names, so it does not depend on what came before. */
export function faultOf(faults: EventFaults, eventName: string, nth: number, graceMs: number): Fault {
  const random = randomOf(faults.name, eventName, nth);
  if (!random.chance(faults.percent / 100)) return 'deliver';
  const repeat = { repeat: random.between(2, 3) };
  const short = { delayMs: random.between(50, graceMs / 3) };
  // What would be minutes for a grace period of minutes.
  const long = { delayMs: random.between(graceMs, graceMs * 4) };
  // The handshake and a message wait for their webhooks: hours of delay would only be hours of waiting.
  if (eventName === 'connect') {
    // The client leaves while the app decides: the app has let somebody in of whom it never hears again.
    return random.pick<Fault>(['drop', short, { cutAfterMs: random.between(0, 60) }]);
  }
  if (eventName === 'message') {
    // The line breaks while the app decides: the service gives the call up and tells of the loss at once.
    // The app answers so late that a keep-alive gives up: pings wait behind the message.
    const slow = { answerAfterMs: random.between(graceMs * 0.8, graceMs * 1.5) };
    return random.pick<Fault>(['drop', repeat, repeat, short, slow, { cutAfterMs: random.between(0, 60) }]);
  }
  return random.pick<Fault>(['drop', 'drop', 'drop', repeat, repeat, short, short, long, long]);
}
