import { HostError } from '../cli/host-error';
import type { RegisteredFunction } from './core-api';

const triggers = ['httpTrigger', 'timerTrigger', 'orchestrationTrigger', 'activityTrigger'];

/** Refuses, by name, every function with a trigger, binding or option that would be silently wrong here. */
export function refuseUncovered(functions: readonly RegisteredFunction[]): void {
  const refused = functions.flatMap((fn) => {
    const uncovered = fn.bindings
      .filter((binding) => {
        if (binding === fn.trigger) return !triggers.includes(binding.type);
        if (binding.direction === 'in') return binding.type !== 'durableClient';
        return !(binding.type === 'http' && binding.name === '$return');
      })
      .map((binding) => binding.type);
    if (fn.metadata.retryOptions) uncovered.push('retry policy');
    return uncovered.map((what) => `${fn.name} (${what})`);
  });
  if (refused.length > 0) {
    throw new HostError(
      `This local stand-in does not cover: ${refused.join(', ')}. Run these with Azure Functions Core Tools.`,
    );
  }
}
