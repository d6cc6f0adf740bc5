interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** As much of the Web PubSub client's `AckManager` as it uses itself: who waits for the word of the service, by ack id. */
export class AckManager {
  private last = 0;
  private readonly waiting = new Map<number, Waiting>();

  registerAck() {
    const ackId = ++this.last;
    let waits: Waiting | undefined;
    const answer = new Promise((resolve, reject) => (waits = { resolve, reject }));
    this.waiting.set(ackId, waits!);
    const wait = (signal?: AbortSignal) => {
      // Prevents: somebody who has given up before is told nothing, for ever.
      if (signal?.aborted) waits!.reject(signal.reason);
      signal?.addEventListener('abort', () => waits!.reject(signal.reason));
      return answer;
    };
    return { ackId, wait };
  }

  resolveAck(ackId: number, result: unknown): void {
    this.take(ackId)?.resolve(result);
  }

  rejectAck(ackId: number, reason: unknown): void {
    this.take(ackId)?.reject(reason);
  }

  discard(ackId: number): void {
    this.take(ackId);
  }

  rejectAll(reasonFor: (ackId: number) => unknown): void {
    for (const ackId of [...this.waiting.keys()]) this.rejectAck(ackId, reasonFor(ackId));
  }

  private take(ackId: number): Waiting | undefined {
    const waits = this.waiting.get(ackId);
    this.waiting.delete(ackId);
    return waits;
  }
}
