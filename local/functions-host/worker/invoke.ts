import { randomUUID } from 'node:crypto';
import type { Log, LogLevel } from '../cli/log';
import type { CoreApi, RegisteredFunction } from './core-api';
import type { TypedData } from './typed-data';

export interface Invocation {
  readonly input: TypedData;
  readonly triggerMetadata?: Record<string, TypedData>;
  /** W3C; empty for what has no caller that the host knows, as of a host without telemetry. */
  readonly traceParent?: string;
}

export interface InvocationResult {
  /** What the handler returned, before it was turned into typed data. */
  readonly raw: unknown;
  readonly returnValue?: TypedData | null;
}

export type Invoke = (fn: RegisteredFunction, invocation: Invocation) => Promise<InvocationResult>;

/** Supplies the value of an extra input (here only `durableClient`). */
export type ExtraInput = (type: string) => TypedData;

/**
 * One invocation in the order of the Node worker: arguments, preInvocation hooks, handler, postInvocation hooks (which
 * may change result and error), response. Rejects with what the handler threw.
 */
export function createInvoke(core: CoreApi, extraInput: ExtraInput, log: Log): Invoke {
  return async (fn, { input, triggerMetadata = {}, traceParent = '' }) => {
    const model = core.model;
    if (!model) throw new Error('No programming model has been set.');
    const invocationId = randomUUID();
    const inputs = fn.bindings.filter(({ direction }) => direction === 'in');
    const coreContext = {
      invocationId,
      request: {
        invocationId,
        functionId: fn.name,
        inputData: inputs.map((binding) => ({
          name: binding.name,
          data: binding === fn.trigger ? input : extraInput(binding.type),
        })),
        triggerMetadata,
        traceContext: { traceParent, traceState: '', attributes: {} },
      },
      metadata: fn.metadata,
      state: undefined as string | undefined,
      log: (level: LogLevel, _category: string, message: string) => log(level, fn.name, message),
    };
    const invocation = model.getInvocationModel(coreContext);
    const { context, inputs: parameters } = await invocation.getArguments();
    const shared = { hookData: {}, appHookData: core.appHookData, invocationContext: context };

    coreContext.state = 'preInvocationHooks';
    const before = { ...shared, functionCallback: fn.callback as unknown, inputs: parameters };
    await core.runHooks('preInvocation', before);

    const after = {
      ...shared,
      inputs: before.inputs,
      result: undefined as unknown,
      error: undefined as unknown,
    };
    coreContext.state = 'invocation';
    try {
      after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (thrown) {
      after.error = thrown ?? new Error('The function threw nothing.');
    }
    coreContext.state = 'postInvocationHooks';
    await core.runHooks('postInvocation', after);
    coreContext.state = undefined;
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- handlers may throw anything; it is passed on as it is
    if (after.error !== undefined && after.error !== null) throw after.error;

    const { returnValue } = await invocation.getResponse(context, after.result);
    return { raw: after.result, returnValue: returnValue as TypedData | null | undefined };
  };
}
