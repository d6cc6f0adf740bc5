/** The client whose request waits for the webhook. */
export interface Caller {
  /** Aborted as soon as the client's TCP connection is gone: nobody waits for the answer any more. */
  readonly gone: AbortSignal;
  /** Cuts that TCP connection. */
  terminate(): void;
}

export const CLIENT_GONE = 'the client is gone';

/** A signal that is aborted with `CLIENT_GONE` when the listener that it hands out is called. */
export function abortedBy(subscribe: (abort: () => void) => unknown): AbortSignal {
  const controller = new AbortController();
  subscribe(() => controller.abort(CLIENT_GONE));
  return controller.signal;
}
