import type { Log, LogLevel } from '../cli/log';

/** One binding of a function, under its generated name. */
export interface Binding {
  readonly name: string;
  readonly type: string;
  readonly direction: string;
  readonly [option: string]: unknown;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Omit<Binding, 'name'> & { name?: string }>>;
  readonly retryOptions?: unknown;
}

export interface RegisteredFunction {
  readonly name: string;
  readonly metadata: FunctionMetadata;
  readonly callback: (...parameters: unknown[]) => unknown;
  readonly trigger: Binding;
  readonly bindings: readonly Binding[];
}

type Hook = (context: Record<string, unknown>) => unknown;

/** What `@azure/functions` calls back through `setProgrammingModel`. */
export interface ProgrammingModel {
  getInvocationModel(context: unknown): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: unknown): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ returnValue?: unknown }>;
}

const hookNames = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'] as const;
export type HookName = (typeof hookNames)[number];

/** Errors the libraries treat as the platform's own carry this mark. */
function systemError(message: string): Error {
  return Object.assign(new RangeError(message), { isAzureFunctionsSystemError: true });
}

/** What the app has registered, and the object the libraries obtain as `@azure/functions-core`. */
export class CoreApi {
  readonly functions: RegisteredFunction[] = [];
  readonly appHookData = {};
  model?: ProgrammingModel;
  private readonly hooks = new Map<string, Hook[]>(hookNames.map((name) => [name, []]));
  private loaded = false;

  constructor(private readonly log: Log) {}

  /** From here on a registration is the app's mistake, as it is in the real worker. */
  endRegistration(): void {
    this.loaded = true;
  }

  async runHooks(name: HookName, context: Record<string, unknown>): Promise<void> {
    for (const hook of this.hooks.get(name) ?? []) await hook(context);
  }

  /** The module itself. Plain functions, because the library takes them off the object. */
  asModule(): Record<string, unknown> {
    class Disposable {
      constructor(readonly dispose: () => void) {}
    }
    return {
      version: '3.10.0',
      hostVersion: '4.1000.0',
      Disposable,
      setProgrammingModel: (model: ProgrammingModel) => (this.model = model),
      getProgrammingModel: () => this.model,
      registerFunction: (metadata: FunctionMetadata, callback: RegisteredFunction['callback']) => {
        this.register(metadata, callback);
        return new Disposable(() => undefined);
      },
      registerHook: (name: string, hook: Hook) => {
        const hooks = this.hooks.get(name);
        if (!hooks) throw systemError(`Unrecognized hook "${name}"`);
        hooks.push(hook);
        return new Disposable(() => hooks.splice(hooks.indexOf(hook), 1));
      },
      log: (level: LogLevel, _category: string, message: string) => this.log(level, 'worker', message),
    };
  }

  private register(metadata: FunctionMetadata, callback: RegisteredFunction['callback']): void {
    if (this.loaded) {
      throw systemError(`Function "${metadata.name}" was registered after the app had started.`);
    }
    if (this.functions.some(({ name }) => name.toLowerCase() === metadata.name.toLowerCase())) {
      throw systemError(`A function with the name "${metadata.name}" has been registered before.`);
    }
    const bindings = Object.entries(metadata.bindings).map(
      ([name, binding]) => ({ ...binding, name }) as Binding,
    );
    const trigger = bindings.find(({ type }) => /trigger$/i.test(type));
    if (!trigger) throw systemError(`Function "${metadata.name}" has no trigger.`);
    this.functions.push({ name: metadata.name, metadata, callback, trigger, bindings });
  }
}
