import type { HttpData, TypedData } from '../local/functions-host/worker/typed-data';

/** Requests on the wire, by who gets them. */
export interface Requests {
  tables: number;
  webPubSub: number;
  /** The Functions host, by the durable client: starts, cancels and questions. */
  durable: number;
}

/** Invocations of the app, one after the other. */
export interface Order {
  readonly events: readonly {
    readonly functionName: string;
    readonly http?: HttpData;
    /** The input of an activity. */
    readonly activity?: unknown;
  }[];
}

export interface Answer {
  readonly cpuMs: number;
  readonly requests: Requests;
  readonly results: readonly TypedData[];
}
