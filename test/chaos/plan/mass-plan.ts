import { randomOf } from '../random';
import type { Plan } from './plan';
import type { Step } from './step';

/** New customers in a second, so that two cores have time for all of them. */
const ARRIVALS_PER_SECOND = 20;
/** A loss and a return are four events and a timer; a host and a storage that share two cores need their time. */
const RETURNS_PER_SECOND = 8;

/**
 * The service restarts under all its customers. Nine of ten come back within the grace period, at a time of their own;
 * the others never. The grace period grows with the crowd: every return is a handshake that this machine must master.
 */
export function planMass(seed: number, customers: number): Plan {
  const graceMs = 1_000 * Math.max(4, Math.ceil(customers / RETURNS_PER_SECOND));
  const conversations = Array.from({ length: customers }, (_, number) => {
    const random = randomOf(seed, 'mass', number);
    const arrives = Math.round((number * 1_000) / ARRIVALS_PER_SECOND);
    const back: Step[] = random.chance(0.9)
      ? [
          { do: 'wait', ms: random.between(0, graceMs * 0.6) },
          { do: 'open', tabs: 1 },
        ]
      : [];
    return {
      name: `mass customer ${number + 1}`,
      run: 0,
      steps: [{ do: 'wait', ms: arrives }, { do: 'open', tabs: 1 }, { do: 'mass-drop' }, ...back] as Step[],
      eventFaults: { name: `${seed} mass ${number}`, percent: random.chance(0.1) ? 50 : 0 },
    };
  });
  return {
    graceMs,
    stack: { clockOffsetMs: 0, faults: [] },
    conversations,
    isMass: true,
    again: () => `npm run chaos -- --seed ${seed} --mass ${customers}`,
  };
}
