/** The parts of the library's untyped testing entry that the driver uses. */
declare module 'durable-functions/lib/src/util/testingUtils' {
  import type { InvocationContext } from '@azure/functions';
  import type { OrchestrationHandler } from 'durable-functions';

  export class DummyOrchestrationContext extends InvocationContext {
    constructor(functionName?: string, invocationId?: string, logHandler?: () => void);
  }

  export class DurableOrchestrationInput {
    constructor(
      instanceId: string,
      history: readonly unknown[],
      input: unknown,
      longRunningTimerIntervalDuration: string,
      maximumShortTimerDuration: string,
      defaultHttpAsyncRequestSleepTimeMillseconds: number,
      schemaVersion: number,
      isReplaying: boolean,
    );
  }

  export function createOrchestrator(
    handler: OrchestrationHandler,
  ): (trigger: DurableOrchestrationInput, context: DummyOrchestrationContext) => Promise<unknown>;
}
