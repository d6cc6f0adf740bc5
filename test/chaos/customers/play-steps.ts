import { setTimeout as delay } from 'node:timers/promises';
import { lastSeen } from '../model/judge';
import { keepAliveOf } from '../plan/event-faults';
import type { Step } from '../plan/step';
import type { Customer } from './customer';

export interface Shared {
  readonly graceMs: number;
  /** Resolves when everybody has asked for it and all connections are dropped. */
  readonly massDrop: () => Promise<void>;
}

/** Plays what a customer does. */
export async function playSteps(customer: Customer, steps: readonly Step[], shared: Shared): Promise<void> {
  for (const step of steps) await play(customer, step, shared);
  customer.seen.doneAt = Date.now();
}

async function play(customer: Customer, step: Step, { graceMs, massDrop }: Shared): Promise<void> {
  switch (step.do) {
    case 'open':
      return customer.openTabs(step.tabs, step.protocol ?? 'json', step.keepAlive && keepAliveOf(graceMs));
    case 'offer':
      return customer.agent.offers();
    case 'accept':
      return customer.agent.accepts();
    case 'close-after-end':
      return customer.agent.closesAfterEnd(step.ms, graceMs);
    case 'say':
      return customer.say();
    case 'leave':
      return customer.leave();
    case 'lose':
      return customer.lose(step.tabs, step.how);
    case 'blip':
      return customer.blip();
    case 'wait':
      return void (await delay(step.ms));
    case 'wait-for-deadline': {
      const deadline = lastSeen(customer.seen, Date.now()) + graceMs;
      return void (await delay(Math.max(0, deadline + step.plusMs - Date.now())));
    }
    case 'mass-drop':
      return massDrop();
  }
}
