/**
 * A stand-in for `@azure/functions-core`, the module that the Functions worker injects: it records what the
 * function files register. Jest needs it as a virtual mock, before the first function file is loaded:
 *
 *   import type * as recorder from '../support/functions-core';
 *
 *   jest.mock(
 *     '@azure/functions-core',
 *     () => jest.requireActual<typeof recorder>('../support/functions-core').functionsCore,
 *     { virtual: true },
 *   );
 */

export interface Binding {
  readonly type: string;
  readonly name: string;
  readonly direction: 'in' | 'out' | 'inout';
  readonly [option: string]: unknown;
}

export interface RecordedFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly trigger: Binding;
  readonly handler: (...args: never[]) => unknown;
}

const functions = new Map<string, RecordedFunction>();

/** Everything registered so far, by name. */
export const recordedFunctions = (): readonly RecordedFunction[] =>
  [...functions.values()].sort((a, b) => a.name.localeCompare(b.name));

/** @throws when no function of that name is registered. */
export function recordedFunction(name: string): RecordedFunction {
  const found = functions.get(name);
  if (found === undefined) throw new Error(`no function "${name}" is registered`);
  return found;
}

interface Metadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
}

class Disposable {
  constructor(private readonly callOnDispose: () => unknown) {}
  dispose(): unknown {
    return this.callOnDispose();
  }
}

/** What the worker gives to the library. Two functions with one name are an error, as they are for the host. */
export const functionsCore = {
  version: '3.12.0',
  hostVersion: '4.1042.100.0',
  Disposable,
  setProgrammingModel: (): void => undefined,
  getProgrammingModel: (): undefined => undefined,
  registerHook: (): Disposable => new Disposable(() => undefined),
  log: (): void => undefined,
  registerFunction: ({ name, bindings }: Metadata, handler: RecordedFunction['handler']): Disposable => {
    const trigger = Object.values(bindings).find(({ type }) => /trigger$/i.test(type));
    if (trigger === undefined) throw new Error(`function "${name}" has no trigger`);
    if (functions.has(name)) throw new Error(`two functions are named "${name}"`);
    functions.set(name, { name, bindings, trigger, handler });
    return new Disposable(() => functions.delete(name));
  },
};
