import type { RegisteredFunction } from '../worker/core-api';

/** Finds orchestrators and activities by name, case-insensitively as the extension does. */
export class FunctionTable {
  private readonly byKey = new Map<string, RegisteredFunction>();

  constructor(private readonly functions: readonly RegisteredFunction[]) {
    for (const fn of functions) this.byKey.set(`${fn.trigger.type}/${fn.name.toLowerCase()}`, fn);
  }

  orchestrator(name: string): RegisteredFunction | undefined {
    return this.byKey.get(`orchestrationTrigger/${name.toLowerCase()}`);
  }

  orchestratorNames(): string[] {
    return this.functions
      .filter(({ trigger }) => trigger.type === 'orchestrationTrigger')
      .map(({ name }) => name);
  }

  activity(name: string): RegisteredFunction | undefined {
    return this.byKey.get(`activityTrigger/${name.toLowerCase()}`);
  }
}
