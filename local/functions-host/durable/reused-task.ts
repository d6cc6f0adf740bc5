import { ActionType } from './protocol';

interface LiveAction {
  actionType?: number;
  functionName?: string;
  externalEventName?: string;
  compoundActions?: LiveAction[];
}

/**
 * Finds a task that was yielded twice inside Task.any/Task.all (known defect of the library: it is scheduled again and
 * the results get swapped). Needs the live objects, before JSON: the same task is the same object. Returns its name.
 */
export function findReusedTask(state: unknown): string | undefined {
  const actions = (state as { actions?: LiveAction[][] } | undefined)?.actions?.[0] ?? [];
  const seen = new Set<LiveAction>();
  const visit = (action: LiveAction): string | undefined => {
    if (seen.has(action)) {
      const name = action.functionName ?? action.externalEventName;
      const kind = Object.entries(ActionType).find(([, value]) => value === action.actionType)?.[0] ?? 'task';
      return name ? `${kind} '${name}'` : kind;
    }
    seen.add(action);
    return first(action.compoundActions ?? []);
  };
  const first = (list: LiveAction[]): string | undefined => {
    for (const action of list) {
      const found = visit(action);
      if (found) return found;
    }
    return undefined;
  };
  return first(actions);
}
