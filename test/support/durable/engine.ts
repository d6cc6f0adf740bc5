import type { OrchestrationHandler } from 'durable-functions';
import {
  createOrchestrator,
  DummyOrchestrationContext,
  DurableOrchestrationInput,
} from 'durable-functions/lib/src/util/testingUtils';
import type { Action, HistoryEvent } from './history';

/** What one episode came back with. */
export interface OrchestratorState {
  readonly isDone: boolean;
  readonly actions: readonly Action[];
  readonly output?: unknown;
  readonly error?: string;
  readonly customStatus?: unknown;
}

const REPLAY_SCHEMA_V4 = 3;
const LONG_TIMER_INTERVAL = '3.00:00:00';
const LONGEST_SHORT_TIMER = '6.00:00:00';
const FAILURE_LABEL = '$OutOfProcData$:';

/** One episode on the library's own engine: the whole history goes in, the whole action list comes out. */
export async function execute(
  orchestrator: OrchestrationHandler,
  instanceId: string,
  input: unknown,
  history: readonly HistoryEvent[],
): Promise<OrchestratorState> {
  const events = history.map((event) => ({ ...event, Timestamp: new Date(event.Timestamp) }));
  const trigger = new DurableOrchestrationInput(
    instanceId,
    events,
    throughJson(input),
    LONG_TIMER_INTERVAL,
    LONGEST_SHORT_TIMER,
    30_000,
    REPLAY_SCHEMA_V4,
    history.some((event) => event.IsPlayed),
  );
  // A context keeps the `df` of its first run, so every episode gets its own.
  const context = new DummyOrchestrationContext('orchestrator', instanceId, () => undefined);
  try {
    const state = await createOrchestrator(orchestrator)(trigger, context);
    return flat(throughJson(state) as RawState);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const label = message.indexOf(FAILURE_LABEL);
    if (label < 0) throw thrown;
    return flat(JSON.parse(message.slice(label + FAILURE_LABEL.length)) as RawState);
  }
}

type RawState = Omit<OrchestratorState, 'actions'> & { readonly actions: readonly (readonly Action[])[] };

const flat = (state: RawState): OrchestratorState => ({ ...state, actions: state.actions.flat() });

/** As it arrives on the other side of the wire. */
export const throughJson = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));
