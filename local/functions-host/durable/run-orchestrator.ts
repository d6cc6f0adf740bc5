import type { Log } from '../cli/log';
import { toError } from '../cli/to-error';
import type { FunctionTable } from './function-table';
import type { Invoke } from '../worker/invoke';
import { toJsonText } from '../worker/typed-data';
import type { OrchestratorOutcome } from './episode';
import type { InstanceRecord } from './instance';
import { orchestratorInput } from './orchestrator-input';
import type { HistoryEvent, OrchestratorState } from './protocol';
import { findReusedTask } from './reused-task';

const outOfProcessLabel = '$OutOfProcData$:';

/** A failing orchestrator throws; behind a label in the message is the same JSON that success returns. */
function outcomeOfThrow(thrown: unknown): OrchestratorOutcome {
  const { message } = toError(thrown);
  const label = message.lastIndexOf(outOfProcessLabel);
  if (label < 0) return { failure: message };
  return { state: JSON.parse(message.slice(label + outOfProcessLabel.length)) as OrchestratorState };
}

/** In the extension's words. */
const unknownOrchestrator = (name: string, known: readonly string[]): string =>
  `The function '${name}' doesn't exist, is disabled, or is not an orchestrator function. Additional info: ${
    known.length > 0
      ? `The following are the known orchestrator functions: '${known.join("', '")}'.`
      : 'No orchestrator functions are currently registered!'
  }`;

export type RunOrchestrator = (
  record: InstanceRecord,
  history: readonly HistoryEvent[],
) => Promise<OrchestratorOutcome>;

/** Runs the orchestrator function over a history. Never rejects: whatever goes wrong in user code is an outcome. */
export function createRunOrchestrator(functions: FunctionTable, invoke: Invoke, log: Log): RunOrchestrator {
  const reported = new Set<string>();
  return async (record, history) => {
    const fn = functions.orchestrator(record.name);
    if (!fn) return { failure: unknownOrchestrator(record.name, functions.orchestratorNames()) };
    try {
      const { raw, returnValue } = await invoke(fn, {
        input: orchestratorInput(record, history),
        traceParent: record.traceParent,
      });
      const reused = findReusedTask(raw);
      if (reused && !reported.has(record.executionId)) {
        reported.add(record.executionId);
        log(
          'critical',
          record.name,
          `${record.instanceId}: a task (${reused}) was yielded a second time inside Task.any or Task.all. It is scheduled again and results get swapped, in Azure too. Create a fresh task for every race.`,
        );
      }
      return { state: JSON.parse(toJsonText(returnValue)) as OrchestratorState };
    } catch (thrown) {
      return outcomeOfThrow(thrown);
    }
  };
}
