import type { HttpData, TypedData } from '../local/functions-host/worker/typed-data';

/** Requests on the wire, by who gets them. */
export interface Requests {
  tables: number;
  webPubSub: number;
  /** The Functions host, by the durable client: starts, cancels and questions. */
  durable: number;
}

/** Requests to tables, by what they are: a row that is read, rows of one partition that are saved together, a row that is. */
export interface Calls {
  read: number;
  transaction: number;
  write: number;
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
  readonly calls: Calls;
  readonly results: readonly TypedData[];
}
