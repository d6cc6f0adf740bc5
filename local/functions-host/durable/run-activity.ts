import { toError } from '../cli/to-error';
import type { Invoke } from '../worker/invoke';
import { toJsonText, type TypedData } from '../worker/typed-data';
import type { FunctionTable } from './function-table';
import { payloadLimit } from './instance';
import { EventType, type HistoryEvent } from './protocol';

/** The library encodes string inputs itself, so a string is already JSON text; null and undefined send nothing. */
function activityData(input: unknown): TypedData {
  if (input === null || input === undefined) return {};
  return { string: typeof input === 'string' ? input : JSON.stringify(input) };
}

/** A provider set with `setExceptionPropertiesProvider` puts this JSON into the message of the error. */
function failureDetails(message: string): unknown {
  try {
    const details = JSON.parse(message) as Record<string, unknown> | null;
    if (typeof details?.['errorMessage'] !== 'string') return null;
    return {
      ErrorType: details['errorType'],
      ErrorMessage: details['errorMessage'],
      StackTrace: details['stackTrace'],
      IsNonRetriable: details['isNonRetriable'] ?? false,
      Properties: details['properties'],
    };
  } catch {
    return null;
  }
}

/** Runs the activity a TaskScheduled event asks for and returns its TaskCompleted or TaskFailed. Never rejects. */
export async function runActivity(
  scheduled: HistoryEvent,
  instanceId: string,
  functions: FunctionTable,
  invoke: Invoke,
  traceParent?: string,
): Promise<HistoryEvent> {
  const name = scheduled.Name ?? '';
  const answer = { EventId: -1, IsPlayed: false, TaskScheduledId: scheduled.EventId };
  const at = () => new Date().toISOString();
  try {
    const fn = functions.activity(name);
    if (!fn) throw new Error(`The app has no activity function named '${name}'.`);
    const [input] = JSON.parse(scheduled.Input ?? '[]') as unknown[];
    const data = activityData(input);
    const { returnValue } = await invoke(fn, {
      input: data,
      traceParent,
      triggerMetadata: { instanceId: { string: instanceId }, data },
    });
    const result = toJsonText(returnValue);
    if (result.length > payloadLimit)
      throw new Error(`Its result is longer than ${payloadLimit} characters.`);
    return { ...answer, EventType: EventType.TaskCompleted, Timestamp: at(), Result: result };
  } catch (thrown) {
    const error = toError(thrown);
    return {
      ...answer,
      EventType: EventType.TaskFailed,
      Timestamp: at(),
      Reason: `Activity function '${name}' failed: ${error.message}`.slice(0, payloadLimit),
      Details: (error.stack ?? error.message).slice(0, payloadLimit),
      FailureDetails: failureDetails(error.message),
    };
  }
}
